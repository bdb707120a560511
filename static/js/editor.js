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
  // Only these requests carry the text; each is kept with the text it was sent about.
  // htmx names another element in later events, so answers are known by their request.
  const asks = new Map();
  const running = document.getElementById("check-running");
  let asked = Date.now();
  let slow = 0;
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, xhr } = event.detail;
    const checks = elt === form || elt.id === "check-again";
    if (!checks && elt.id !== "autosave") return;
    asks.set(xhr, { text: text.value, checks });
    asked = Date.now();
    if (!checks || !running) return;
    clearTimeout(slow);
    slow = setTimeout(() => { running.hidden = false; }, 700);
  });
  // An answer about a text that has changed since is dropped: the next one is under way.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const ask = asks.get(event.detail.xhr);
    if (ask && ask.checks && ask.text !== text.value) event.detail.shouldSwap = false;
  });
  document.addEventListener("htmx:sendAbort", (event) => { asks.delete(event.detail.xhr); });
  document.addEventListener("htmx:afterRequest", (event) => {
    const { xhr } = event.detail;
    const ask = asks.get(xhr);
    if (!ask) return;
    const taken = event.detail.successful === true;
    if (taken) { saved = ask.text; if (text.value === saved) sessionStorage.removeItem(key); }
    // Whether it was replaced by a newer request is known only after this event.
    setTimeout(() => {
      if (!asks.delete(xhr)) return;
      show("draft-failure", !taken);
      if (!ask.checks || !running) return;
      clearTimeout(slow);
      running.hidden = true;
    });
  });
  // The state of the reply is said aloud once, when it has changed.
  const said = document.getElementById("quality-said");
  document.addEventListener("htmx:afterSettle", () => {
    const now = document.querySelector("#quality-panel [data-said]");
    if (now && said && said.dataset.last !== now.dataset.said) said.textContent = said.dataset.last = now.dataset.said;
  });
  // Who types without a pause is saved every few seconds all the same.
  setInterval(() => {
    if (text.value !== saved && Date.now() - asked > 4000 && document.getElementById("draft-failure")?.hidden) window.htmx.trigger("#autosave", "save");
  }, 1000);
  // The server counts code points, the browser UTF-16 units.
  const place = (button) => {
    const points = [...text.value];
    return button.dataset.goto.split("-").map((n) => points.slice(0, Number(n)).join("").length);
  };
  const go = (button) => {
    const [start, end] = place(button);
    text.focus();
    text.setSelectionRange(start, end);
    if (said) said.textContent = button.dataset.title || "";
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("[data-goto]");
    if (button) go(button);
  });
  document.addEventListener("keydown", (event) => {
    if (event.code !== "F8" || event.ctrlKey || event.altKey || event.metaKey) return;
    const found = [...document.querySelectorAll("[data-problem][data-goto]")].map((button) => ({ button, at: place(button)[0] })).sort((a, b) => a.at - b.at);
    if (!found.length) return;
    event.preventDefault();
    const at = document.activeElement === text ? text.selectionStart : -1;
    const selected = text.selectionStart !== text.selectionEnd;
    const next = event.shiftKey ? [...found].reverse().find((one) => one.at < at) || found[found.length - 1] : found.find((one) => (selected || at < 0 ? one.at > at : one.at >= at)) || found[0];
    go(next.button);
  });
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
    // Behind what is selected: a remark that was gone to is not overwritten. Undo takes it back.
    const at = text.selectionEnd;
    const gap = at && !/\s/.test(text.value[at - 1]) ? " " : "";
    const box = button.closest("details.filter-box");
    if (box) box.open = false;
    // Which template a reply began from: its owner sees what is left of it.
    const began = document.getElementById("reply-template");
    if (began && button.dataset.template) began.value = button.dataset.template;
    text.focus();
    text.setSelectionRange(at, at);
    if (!document.execCommand("insertText", false, gap + button.dataset.insert)) {
      text.setRangeText(gap + button.dataset.insert, at, at, "end");
      changed();
    }
  });
  // A text left unsaved by a closed tab is sent once more with the page.
  window.addEventListener("pagehide", () => {
    if (!form || text.value === saved || form.dataset.sent) return;
    const data = new FormData(form);
    navigator.sendBeacon(form.action.replace("submit-reply/", "draft/"), data);
  });
})();
