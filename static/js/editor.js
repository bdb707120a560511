// The mirror under the reply's text carries the marks; it must lie exactly under the letters.
// A half-second old mirror is cleared while typing, so that no mark points at the wrong words.
"use strict";
(() => {
  const text = document.getElementById("reply-text");
  if (!text) return;
  const mirror = () => document.getElementById("mirror");
  const follow = () => { const m = mirror(); if (m) { m.scrollTop = text.scrollTop; } };
  text.addEventListener("scroll", follow);
  text.addEventListener("input", () => { const m = mirror(); if (m && m.textContent !== text.value) m.textContent = text.value; });
  document.addEventListener("htmx:oobAfterSwap", follow);
  // What the case knows already is put at the caret; the panel answers as to typing.
  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("[data-insert]");
    if (!button) return;
    const at = text.selectionStart;
    const gap = at && !/\s/.test(text.value[at - 1]) ? " " : "";
    text.setRangeText(gap + button.dataset.insert, at, text.selectionEnd, "end");
    text.focus();
    text.dispatchEvent(new Event("input", { bubbles: true }));
  });
  // A text left unsaved by a closed tab is sent once more with the page.
  window.addEventListener("pagehide", () => {
    const form = document.getElementById("reply");
    if (!form || text.value === text.defaultValue) return;
    const data = new FormData(form);
    navigator.sendBeacon(form.action.replace("submit-reply/", "draft/"), data);
  });
})();
