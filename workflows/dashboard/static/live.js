"use strict";
// Replaces the living part of the page every few seconds, where it changed; sorting, filters and open sections are kept.
(() => {
  const live = document.getElementById("live"), age = document.getElementById("age");
  if (!live) return;
  let last = Date.now(), shown = null;
  const folds = () => [...live.querySelectorAll("details")].map((part) => part.open);
  const refresh = async () => {
    try {
      const answer = await fetch(live.dataset.source, { cache: "no-store" });
      const text = answer.ok ? await answer.text() : null;
      if (text !== null && (shown === text || !live.contains(document.activeElement))) {
        if (shown !== text) replace(text);
        shown = text;
        last = Date.now();
      }
    } catch { /* the server is away for the moment; the age below says so */ }
    age.textContent = `read ${Math.round((Date.now() - last) / 1000)} s ago`;
  };
  const replace = (text) => {
    const tables = window.ionsieve.state(), open = folds();
    live.innerHTML = text;
    const parts = live.querySelectorAll("details");
    if (parts.length === open.length) parts.forEach((part, i) => { part.open = open[i]; });
    window.ionsieve.prepare(tables);
    window.ionsieve.show();
  };
  window.ionsieve.show();
  setInterval(refresh, 5000);
})();
