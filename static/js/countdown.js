// Once a minute the list of cases is fetched anew, so that the time left stays true;
// «stop refreshing» in the foot of the list ends it for this tab.
"use strict";
(() => {
  const rows = document.getElementById("rows");
  const stop = document.getElementById("stop-refresh");
  if (!rows || !window.htmx) return;
  const timer = setInterval(() => {
    if (document.hidden || rows.contains(document.activeElement)) return;
    window.htmx.ajax("GET", location.href, { target: "#rows", swap: "innerHTML" });
  }, 60000);
  if (stop) stop.addEventListener("click", () => { clearInterval(timer); stop.disabled = true; });
})();
