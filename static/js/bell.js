// The number at the bell: asked every eight seconds while the page is in sight, at once when it
// comes into sight. Nobody at the keyboard for half an hour: once a minute. Each person can stop
// it (data-live="off"); an ended session stops it too.
"use strict";
(() => {
  const EVERY = 8000;
  const RESTING = 60000;
  const REST_AFTER = 30 * 60000;
  const bell = () => document.getElementById("bell");
  if (!bell() || !window.htmx || bell().dataset.live === "off") return;
  let asked = Date.now();
  let touched = Date.now();
  let timer = 0;
  const stop = () => { clearInterval(timer); timer = 0; };
  const ask = () => {
    if (document.hidden || !timer || !bell()) return;
    asked = Date.now();
    window.htmx.trigger(bell(), "ask");
  };
  const tick = () => {
    const pace = Date.now() - touched > REST_AFTER ? RESTING : EVERY;
    if (Date.now() - asked >= pace - 500) ask();
  };
  for (const name of ["keydown", "pointerdown", "pointermove"]) {
    document.addEventListener(name, () => { touched = Date.now(); }, { passive: true });
  }
  document.addEventListener("visibilitychange", () => {
    touched = Date.now();
    if (!document.hidden && Date.now() - asked >= 1000) ask();
  });
  timer = setInterval(tick, EVERY);
  const mine = (event) => event.detail.elt && event.detail.elt.id === "bell";
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!mine(event)) return;
    // An ended session or a refusal: the old number stays, nothing is asked any more.
    if (event.detail.xhr.status !== 200) { event.detail.shouldSwap = false; stop(); }
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.requestConfig && event.detail.requestConfig.path.includes("/notices/bell/")) {
      document.dispatchEvent(new CustomEvent("bell-changed"));
    }
  });
  // The list of notices renews itself with the number, unless somebody is at work in it.
  document.addEventListener("bell-changed", () => {
    const list = document.getElementById("notice-list");
    if (!list || list.contains(document.activeElement) || list.querySelector("details[open]")) return;
    window.htmx.ajax("GET", location.href, { target: "#notice-list", swap: "innerHTML" });
  });
})();
