// Once a minute the list of cases is fetched anew, so that the time left stays true;
// «stop refreshing» in the foot of the list ends it for this tab. When the portal does not
// answer, the old list stays, a notice says of what time it is, and the next try follows.
"use strict";
(() => {
  const rows = document.getElementById("rows");
  const stop = document.getElementById("stop-refresh");
  const failure = document.getElementById("rows-failure");
  if (!rows || !window.htmx) return;
  const renew = () => window.htmx.ajax("GET", location.href, { target: "#rows", swap: "innerHTML" });
  const timer = setInterval(() => {
    if (document.hidden || rows.contains(document.activeElement)) return;
    renew();
  }, 60000);
  if (stop) stop.addEventListener("click", () => { clearInterval(timer); stop.disabled = true; });
  if (!failure) return;
  const mine = (event) => event.detail.target === rows;
  const failed = (event) => { if (mine(event)) failure.hidden = false; };
  document.addEventListener("htmx:sendError", failed);
  document.addEventListener("htmx:timeout", failed);
  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:afterSwap", (event) => {
    if (!mine(event)) return;
    failure.hidden = true;
    const at = failure.querySelector("time");
    if (at) at.textContent = new Date().toLocaleTimeString("ru-RU", { hour: "2-digit", minute: "2-digit" });
  });
  document.getElementById("rows-again").addEventListener("click", renew);
})();
