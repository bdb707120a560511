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
  // A text left unsaved by a closed tab is sent once more with the page.
  window.addEventListener("pagehide", () => {
    const form = document.getElementById("reply");
    if (!form || text.value === text.defaultValue) return;
    const data = new FormData(form);
    navigator.sendBeacon(form.action.replace("submit-reply/", "draft/"), data);
  });
})();
