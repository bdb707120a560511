// Django's admin draws its autocomplete fields without a name: give each the words of its label.
"use strict";
window.addEventListener("load", () => {
  document.querySelectorAll(".select2-container").forEach((box) => {
    const field = box.previousElementSibling;
    const label = field && field.id && document.querySelector(`label[for="${field.id}"]`);
    if (!label) return;
    const words = label.textContent.replace(/:\s*$/, "").trim();
    box.querySelectorAll('[role="combobox"], [role="textbox"], [role="searchbox"]').forEach((el) => {
      el.removeAttribute("aria-labelledby");
      el.setAttribute("aria-label", words);
    });
  });
});
