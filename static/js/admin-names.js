// Names for the choice fields of Django's admin: select2 leaves them without one for screen readers.
"use strict";
(() => {
  const name = () => {
    for (const select of document.querySelectorAll("select.admin-autocomplete")) {
      const box = select.nextElementSibling;
      const label = (select.labels && select.labels[0]) || document.querySelector(`label[for="${select.id}"]`);
      if (!box || !label || box.dataset.named) continue;
      const shown = box.querySelector(".select2-selection");
      const value = box.querySelector(".select2-selection__rendered");
      if (!shown || !value) continue;
      box.dataset.named = "yes";
      label.id = label.id || `${select.id}-label`;
      shown.setAttribute("aria-labelledby", value.id ? `${label.id} ${value.id}` : label.id);
      if (value.tagName === "UL") value.setAttribute("role", "presentation");
      else value.setAttribute("aria-labelledby", label.id);
      const typed = box.querySelector(".select2-search__field");
      if (typed) typed.setAttribute("aria-labelledby", label.id);
    }
  };
  // A wide list scrolls inside its box: by keyboard too, under the name of the page.
  const box = () => {
    const results = document.querySelector("#changelist .results");
    if (!results) return;
    results.tabIndex = 0;
    results.setAttribute("role", "region");
    results.setAttribute("aria-label", document.querySelector("h1")?.textContent || "");
  };
  window.addEventListener("DOMContentLoaded", box);
  // select2 builds its boxes in a jQuery callback of its own: name each as it appears.
  new MutationObserver(name).observe(document.documentElement, { childList: true, subtree: true });
  window.addEventListener("load", name);
})();
