// Tells the portal that this page of a case is before somebody's eyes, and shows who else has it.
// Every ten seconds while in sight, at once when the writing begins; leaving says so.
"use strict";
(() => {
  const place = document.getElementById("presence");
  if (!place || !window.htmx) return;
  const EVERY = 10000;
  const text = document.getElementById("reply-text");
  const writes = document.getElementById("presence-writes");
  // Each showing of the page has a name: a beat overtaken by the page's leaving is dropped.
  const page = document.getElementById("presence-page");
  const named = () => { page.value = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 12)}`; };
  named();
  let typed = 0;
  let told = 0;
  let stopped = false;
  const beat = () => {
    if (document.hidden || stopped) return;
    writes.value = Date.now() - typed < 15000 ? "1" : "";
    if (writes.value) told = Date.now();
    window.htmx.trigger(place, "beat");
  };
  if (text) text.addEventListener("input", (event) => {
    if (!event.isTrusted) return;
    typed = Date.now();
    if (Date.now() - told > EVERY) beat();
  });
  setInterval(beat, EVERY);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) beat(); });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target !== place) return;
    // An ended session or a case that went elsewhere: nothing is said, nothing asked any more.
    if (event.detail.xhr.status !== 200) { event.detail.shouldSwap = false; stopped = true; place.replaceChildren(); }
  });
  window.addEventListener("pagehide", () => {
    if (stopped) return;
    const data = new FormData();
    const headers = JSON.parse(document.body.getAttribute("hx-headers") || "{}");
    data.append("csrfmiddlewaretoken", headers["X-CSRFToken"] || "");
    data.append("leave", "1");
    data.append("page", page.value);
    navigator.sendBeacon(place.getAttribute("hx-post"), data);
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) { named(); beat(); } });
})();
