// «@» in a note offers colleagues who may see the case; without this script a name is typed whole.
"use strict";
(() => {
  const at = /(?:^|[\s(«"])@([\p{L}\d_.+ -]{0,40})$/u;
  for (const text of document.querySelectorAll("textarea[data-mentions]")) {
    const list = document.createElement("ul");
    list.id = `${text.id}-colleagues`;
    list.className = "mentions";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", text.dataset.mentionsTitle || "@");
    list.hidden = true;
    text.after(list);
    const said = document.createElement("p");
    said.className = "visually-hidden";
    said.setAttribute("role", "status");
    list.after(said);
    text.setAttribute("aria-autocomplete", "list");
    text.setAttribute("aria-controls", list.id);
    let chosen = -1, timer = 0, asked = 0;
    const close = () => { list.hidden = true; chosen = -1; text.removeAttribute("aria-activedescendant"); };
    const begun = () => at.exec(text.value.slice(0, text.selectionStart));
    const mark = (next) => {
      const all = [...list.children];
      chosen = (next + all.length) % all.length;
      all.forEach((one, n) => one.setAttribute("aria-selected", String(n === chosen)));
      text.setAttribute("aria-activedescendant", all[chosen].id);
      all[chosen].scrollIntoView({ block: "nearest" });
    };
    const take = (one) => {
      const found = begun();
      if (!found) return close();
      const end = text.selectionStart, start = end - found[1].length - 1;
      text.setRangeText(`@${one.dataset.username} `, start, end, "end");
      close();
      text.focus();
    };
    const show = (people) => {
      list.replaceChildren(...people.map((person, n) => {
        const one = document.createElement("li");
        one.id = `${list.id}-${n}`;
        one.setAttribute("role", "option");
        one.dataset.username = person.username;
        const name = document.createElement("b");
        name.textContent = person.name;
        const rest = document.createElement("span");
        rest.textContent = ` @${person.username}${person.agency ? `, ${person.agency}` : ""}`;
        one.append(name, rest);
        one.addEventListener("mousedown", (event) => { event.preventDefault(); take(one); });
        return one;
      }));
      list.hidden = !people.length;
      said.textContent = people.length ? `${list.getAttribute("aria-label")}: ${people.length}` : "";
      if (people.length) mark(0); else close();
    };
    text.addEventListener("input", () => {
      clearTimeout(timer);
      const found = begun();
      if (!found) return close();
      const mine = ++asked;
      timer = setTimeout(async () => {
        try {
          const answer = await fetch(`${text.dataset.mentions}?q=${encodeURIComponent(found[1].trim())}`, { headers: { Accept: "application/json" } });
          if (answer.ok && !answer.redirected && mine === asked) show(await answer.json());
        } catch { close(); }
      }, 150);
    });
    text.addEventListener("keydown", (event) => {
      if (list.hidden) return;
      if (event.key === "ArrowDown") mark(chosen + 1);
      else if (event.key === "ArrowUp") mark(chosen - 1);
      else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") take(list.children[chosen]);
      else if (event.key === "Escape") close();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    text.addEventListener("blur", close);
  }
})();
