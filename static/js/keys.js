// Keys: every letter has a visible button or link with data-key; letters act outside fields only,
// never with Ctrl, Alt or Meta, and can be switched off in the profile (WCAG 2.1.4).
"use strict";
(() => {
  const typing = (el) => el && (el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName) && !/^(checkbox|radio|button|submit)$/.test(el.type));
  const press = (el) => {
    if (el.tagName === "DETAILS") { el.open = !el.open; (el.querySelector("select, input, textarea, summary") || el).focus(); return; }
    if (el.type === "checkbox" || el.type === "radio") { el.click(); return; }
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName)) { el.focus(); return; }
    el.click();
  };
  const rows = () => [...document.querySelectorAll("tr.case a.case-title, .review-list a, .desk-list a")];
  const step = (by) => {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(document.activeElement);
    const next = all[Math.min(all.length - 1, Math.max(0, at + by))] || all[0];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  };
  let went = 0;
  document.addEventListener("keydown", (event) => {
    const { code } = event;
    if (code === "Enter" && (event.ctrlKey || event.metaKey)) {
      const form = event.target.closest && event.target.closest("form");
      const button = (form && form.querySelector('[data-key="ctrl+Enter"]')) || document.querySelector('[data-key="ctrl+Enter"]');
      if (button) { event.preventDefault(); button.click(); }
      return;
    }
    if (code === "Escape") {
      if (typing(event.target)) { event.target.blur(); return; }
      const cancel = document.querySelector('[data-key="Escape"]');
      if (cancel) cancel.click();
      return;
    }
    if (typing(event.target) || event.ctrlKey || event.altKey || event.metaKey) return;
    if (document.body.dataset.letterKeys === "off") return;
    if (event.key === "?" || (code === "Slash" && event.shiftKey)) { const help = document.getElementById("keys-help"); if (help) { event.preventDefault(); help.showModal(); } return; }
    if (code === "Slash") { const field = document.querySelector('input[type="search"]'); if (field) { event.preventDefault(); field.focus(); } return; }
    if (code === "KeyG") { went = Date.now(); return; }
    if (code === "KeyQ" && Date.now() - went < 1500) { location.href = "/"; return; }
    const goal = Date.now() - went < 1500 && document.querySelector(`[data-go="${code}"]`);
    if (goal) { event.preventDefault(); went = 0; goal.click(); return; }
    if (code === "KeyJ" && rows().length) { step(1); return; }
    if (code === "KeyK" && rows().length) { step(-1); return; }
    // One that is not shown (a bar for chosen rows while none is chosen) does not answer.
    const wanted = [...document.querySelectorAll(`[data-key="${code}"]`)].find((el) => !el.checkVisibility || el.checkVisibility());
    if (wanted) { event.preventDefault(); press(wanted); }
  });
  document.addEventListener("click", (event) => {
    const copy = event.target.closest && event.target.closest("[data-copy]");
    if (copy) {
      const source = document.querySelector(copy.dataset.copy);
      const done = () => { copy.setAttribute("aria-pressed", "true"); };
      if (navigator.clipboard) navigator.clipboard.writeText(source.value).then(done, () => { source.select(); document.execCommand("copy"); done(); });
      else { source.select(); document.execCommand("copy"); done(); }
    }
  });
  // A verdict without the ground it needs says so where it is chosen; the page stays.
  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("button[data-needs]");
    if (!button) return;
    const boxes = [...button.form.querySelectorAll(`[name="${button.dataset.needs}"]`)];
    const missing = document.getElementById(`${button.dataset.needs}-missing`);
    if (!boxes.length || !missing || boxes.some((box) => box.checked)) return;
    event.preventDefault();
    missing.hidden = false;
    boxes[0].focus();
    button.form.addEventListener("change", () => { missing.hidden = true; }, { once: true });
  });
  // One press, one request: a second one would be told that the first had changed the case.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    if (event.submitter) event.submitter.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
    for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  });
  // What can be done for some seconds only goes when they have passed.
  const soonGone = (root) => { for (const part of root.querySelectorAll("[data-gone-in]")) setTimeout(() => part.remove(), Number(part.dataset.goneIn)); };
  soonGone(document);
  document.addEventListener("htmx:afterSwap", (event) => soonGone(event.detail.elt));
  const errors = document.getElementById("errors");
  if (errors) errors.focus();
  // Refusals of htmx requests carry a sentence: show it where the answer would have stood.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if ([401, 403, 404, 409, 412, 422].includes(event.detail.xhr.status)) { event.detail.shouldSwap = true; event.detail.isError = false; }
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const heading = event.detail.elt.querySelector && event.detail.elt.querySelector("[data-focus]");
    if (heading) heading.focus();
  });
})();
