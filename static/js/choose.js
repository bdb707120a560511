// Lists of cases: the menu of conditions, and choosing rows: X on the row in focus (another letter where the form names one),
// with Shift on to it from the one chosen last, the box in the head for the whole page. The minute's renewal keeps the choice.
"use strict";
(() => {
  // The menu of conditions: arrows go through it, Escape closes it.
  document.addEventListener("keydown", (event) => {
    const box = event.target.closest && event.target.closest(".filter-box");
    if (!box) return;
    if (event.code === "Escape") { box.open = false; box.querySelector("summary").focus(); event.stopPropagation(); return; }
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.code];
    const menu = [...box.querySelectorAll(".filter-menu a")];
    const at = menu.indexOf(event.target);
    if (!by || at < 0) return;
    event.preventDefault();
    menu[(at + by + menu.length) % menu.length].focus();
  }, true);
  document.addEventListener("toggle", (event) => {
    const first = event.target.matches(".filter-box[open]") && event.target.querySelector("[data-focus]");
    if (first) first.focus();
  }, true);
  // What was done to many can be undone for a while: from the page of its result, and from the list one has gone back to.
  const STORE = "undo-many";
  const keep = () => {
    const offer = document.querySelector("form.undo-many");
    if (!offer || offer.dataset.kept) return;
    offer.dataset.kept = "yes";
    const { person, title, goneIn } = offer.dataset;
    sessionStorage.setItem(STORE, JSON.stringify({ person, title, until: Date.now() + Number(goneIn), url: location.href }));
    offer.addEventListener("submit", () => sessionStorage.removeItem(STORE));
  };
  keep();
  document.addEventListener("htmx:afterSettle", keep);
  const again = document.getElementById("undo-last");
  const done = again && JSON.parse(sessionStorage.getItem(STORE) || "null");
  if (done && done.person === again.dataset.person && done.until > Date.now()) {
    const link = again.querySelector("a");
    link.href = done.url;
    link.querySelector("b").textContent = done.title;
    again.hidden = false;
    setTimeout(() => { again.hidden = true; }, done.until - Date.now());
  }
  const form = document.getElementById("choose");
  if (!form) return;
  const letter = form.dataset.chooseKey || "KeyX";
  const ROW = "tr.case, .choose-row";
  const told = form.querySelector("[data-chosen]");
  const boxes = () => [...form.querySelectorAll('input[name="case"]')];
  let last = "";
  let kept = null;
  const tell = () => {
    const all = boxes();
    const chosen = all.filter((box) => box.checked).length;
    const every = form.querySelector('input[name="all"]');
    told.textContent = every && every.checked ? told.dataset.all : told.dataset.chosen.replace("{n}", chosen);
    const page = form.querySelector("[data-choose-page]");
    if (!page) return;
    page.hidden = false;
    page.checked = chosen > 0 && chosen === all.length;
    page.indeterminate = chosen > 0 && chosen < all.length;
  };
  const reach = (to) => {
    const all = boxes();
    const from = all.findIndex((box) => box.value === last);
    const at = all.indexOf(to);
    if (from < 0) return;
    for (let row = Math.min(from, at); row <= Math.max(from, at); row += 1) all[row].checked = all[from].checked;
  };
  const chose = (box, further) => {
    if (further) reach(box);
    last = box.value;
    tell();
  };
  form.addEventListener("click", (event) => {
    const box = event.target;
    if (box.matches("[data-choose-page]")) { for (const one of boxes()) one.checked = box.checked; tell(); }
    else if (box.name === "case") chose(box, event.shiftKey);
    else if (box.name === "all") tell();
  });
  form.addEventListener("reset", () => setTimeout(tell));
  document.addEventListener("keydown", (event) => {
    if (event.code !== letter || event.ctrlKey || event.altKey || event.metaKey) return;
    if (document.body.dataset.letterKeys === "off" || document.querySelector("dialog[open]")) return;
    const at = event.target;
    if (/^(TEXTAREA|SELECT)$/.test(at.tagName) || (at.tagName === "INPUT" && at.type !== "checkbox")) return;
    const row = at.closest(ROW) || form.querySelector(ROW);
    if (!row) return;
    event.preventDefault();
    const box = row.querySelector('input[name="case"]');
    if (!row.contains(at)) row.querySelector("a.case-title, a.row-link").focus();
    box.checked = !box.checked;
    chose(box, event.shiftKey);
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id !== "rows") return;
    const every = form.querySelector('input[name="all"]');
    kept = { numbers: boxes().filter((box) => box.checked).map((box) => box.value), all: Boolean(every && every.checked) };
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "rows" || !kept) return;
    for (const box of boxes()) box.checked = kept.numbers.includes(box.value);
    const every = form.querySelector('input[name="all"]');
    if (every) every.checked = kept.all;
    tell();
  });
  window.addEventListener("pageshow", tell);
  tell();
})();
