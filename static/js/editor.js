// The mirror under the reply's text carries the marks; it must lie exactly under the letters.
// A half-second old mirror is cleared while typing, so that no mark points at the wrong words.
// What the server did not take (no connection, an ended session) is kept in this tab.
"use strict";
(() => {
  const key = `text:${document.body.dataset.person}:${location.pathname.split("/").slice(0, 3).join("/")}`;
  const text = document.getElementById("reply-text");
  if (!text) { sessionStorage.removeItem(key); return; }
  const form = document.getElementById("reply");
  const mirror = () => document.getElementById("mirror");
  const show = (id, on) => { const note = document.getElementById(id); if (note) note.hidden = !on; };
  const changed = () => text.dispatchEvent(new Event("input", { bubbles: true }));
  const follow = () => { const m = mirror(); if (m) { m.scrollTop = text.scrollTop; } };
  const seen = () => document.getElementById("draft-seen");
  // This page's own name: what it saved itself is no conflict, whatever order answers come in.
  const tab = document.createElement("input");
  tab.type = "hidden"; tab.name = "tab";
  tab.value = window.crypto.randomUUID ? window.crypto.randomUUID() : `${Date.now()}-${Math.random()}`.slice(0, 36);
  form.append(tab);
  let saved = text.value;
  const kept = sessionStorage.getItem(key);
  if (kept !== null && kept !== text.value) {
    // It is compared with the draft it began with: what another device wrote since is not lost.
    const base = sessionStorage.getItem(`${key}:seen`);
    if (base !== null && seen()) seen().value = base;
    text.value = kept;
    show("draft-restored", true);
    addEventListener("load", changed);
  }
  text.addEventListener("scroll", follow);
  text.addEventListener("input", () => {
    sessionStorage.setItem(key, text.value);
    if (seen() && seen().value !== "conflict") sessionStorage.setItem(`${key}:seen`, seen().value);
    const m = mirror();
    if (m && m.textContent !== text.value) m.textContent = text.value;
  });
  document.addEventListener("htmx:oobAfterSwap", follow);
  // Only the form's own request carries the text.
  const mine = (event) => event.detail.elt === form || event.detail.elt.id === "check-again";
  let sent = "";
  let asked = Date.now();
  document.addEventListener("htmx:beforeRequest", (event) => { if (mine(event)) { sent = text.value; asked = Date.now(); } });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!mine(event)) return;
    const taken = event.detail.successful === true;
    show("draft-failure", !taken);
    if (taken) { saved = sent; if (text.value === sent) sessionStorage.removeItem(key); }
  });
  // Who types without a pause is saved every few seconds all the same.
  setInterval(() => {
    if (text.value !== saved && Date.now() - asked > 4000 && document.getElementById("draft-failure")?.hidden) window.htmx.trigger(form, "save");
  }, 1000);
  // «Take the text from there»: the other tab's text comes here, this one stays among the copies.
  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("[data-take]");
    if (!button) return;
    text.value = button.dataset.take;
    seen().value = button.dataset.seen;
    document.getElementById("draft-conflict").replaceChildren();
    text.focus();
    changed();
  });
  setInterval(() => { if (!document.getElementById("draft-failure")?.hidden && text.value !== saved) changed(); }, 15000);
  // What the case knows already is put at the caret; the panel answers as to typing.
  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("[data-insert]");
    if (!button) return;
    const at = text.selectionStart;
    const gap = at && !/\s/.test(text.value[at - 1]) ? " " : "";
    text.setRangeText(gap + button.dataset.insert, at, text.selectionEnd, "end");
    const box = button.closest("details");
    if (box) box.open = false;
    text.focus();
    changed();
  });
  // A text left unsaved by a closed tab is sent once more with the page.
  window.addEventListener("pagehide", () => {
    if (!form || text.value === saved || form.dataset.sent) return;
    const data = new FormData(form);
    navigator.sendBeacon(form.action.replace("submit-reply/", "draft/"), data);
  });
})();
