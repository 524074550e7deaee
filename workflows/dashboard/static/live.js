"use strict";
// Replaces the living part of the page every few seconds; sorting, filters and open sections are kept.
(() => {
  const live = document.getElementById("live"), age = document.getElementById("age");
  if (!live || !document.getElementById("progress")) {
    document.querySelectorAll("details[open] canvas.crystal").length && window.ionsieve.show();
    return;
  }
  let last = Date.now();
  const refresh = async () => {
    try {
      const answer = await fetch("/campaign/live", { cache: "no-store" });
      if (answer.ok && !live.contains(document.activeElement)) {
        const tables = window.ionsieve.state();
        live.innerHTML = await answer.text();
        window.ionsieve.prepare(tables);
        last = Date.now();
      }
    } catch { /* the server is away for the moment; the age below says so */ }
    age.textContent = `read ${Math.round((Date.now() - last) / 1000)} s ago`;
  };
  setInterval(refresh, 5000);
})();
