// Names for the choice fields of Django's admin: select2 leaves them without one for screen readers.
"use strict";
window.addEventListener("load", () => {
  for (const select of document.querySelectorAll("select.admin-autocomplete")) {
    const box = select.nextElementSibling;
    const label = select.labels[0] || document.querySelector(`label[for="${select.id}"]`);
    if (!box || !label) continue;
    label.id = label.id || `${select.id}-label`;
    const shown = box.querySelector(".select2-selection");
    const value = shown.querySelector(".select2-selection__rendered");
    shown.setAttribute("aria-labelledby", value.id ? `${label.id} ${value.id}` : label.id);
    const typed = box.querySelector(".select2-search__field");
    if (typed) typed.setAttribute("aria-labelledby", label.id);
    if (value.tagName === "UL") value.setAttribute("role", "presentation");
  }
});
