"use strict";
(() => {
  const order = (cell) => cell.dataset.order ?? cell.textContent.trim();
  const key = (cell) => {
    const text = order(cell);
    const number = text === "" ? NaN : Number(text);
    return Number.isNaN(number) ? text : number;
  };
  const words = new Intl.Collator("en", { numeric: true });
  const compare = (a, b) => {
    if (a === "" || b === "") return (a === "") - (b === "");
    if (typeof a === "number" && typeof b === "number") return a - b;
    return words.compare(String(a), String(b));
  };

  // Of a long table only the first rows are drawn, until a reader asks for all: thousands of rows take seconds.
  const MOST = 400;
  const whole = new WeakSet(), unfit = new WeakSet(), texts = new WeakMap();
  const controlsOf = (table) => document.querySelector(`.controls[data-table="${table.id}"]`);
  const drawRows = (table) => {
    const most = whole.has(table) ? Infinity : MOST;
    let fits = 0;
    for (const row of table.tBodies[0].rows) {
      fits += unfit.has(row) ? 0 : 1;
      const hidden = unfit.has(row) || fits > most;
      if (row.hidden !== hidden) row.hidden = hidden;
    }
    const output = controlsOf(table)?.querySelector("output"), rows = table.tBodies[0].rows.length;
    if (!output) return;
    output.textContent = (fits === rows ? `${rows} row${rows === 1 ? "" : "s"}` : `${fits} of ${rows} rows`) + (fits > most ? `, the first ${most} shown ` : "");
    if (fits > most) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: "show all" });
      button.addEventListener("click", () => { whole.add(table); drawRows(table); });
      output.append(button);
    }
  };

  const sort = (table, column, heading) => {
    const ascending = heading.getAttribute("aria-sort") !== "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    const rows = [...table.tBodies[0].rows].map((row) => ({ row, key: key(row.cells[column]) }));
    rows.sort(({ key: a }, { key: b }) => {
      if (a === "" || b === "") return compare(a, b);
      return ascending ? compare(a, b) : compare(b, a);
    });
    const body = table.tBodies[0], parent = body.parentNode, next = body.nextSibling;
    body.remove();  // rows move faster outside the page
    body.append(...rows.map(({ row }) => row));
    parent.insertBefore(body, next);
    drawRows(table);
  };

  const filter = (controls) => {
    const table = document.getElementById(controls.dataset.table);
    const wanted = controls.querySelector("input").value.toLowerCase().split(/\s+/).filter(Boolean);
    const menus = [...controls.querySelectorAll("select")].filter((menu) => menu.value !== "");
    for (const row of table.tBodies[0].rows) {
      if (!texts.has(row)) texts.set(row, row.textContent.toLowerCase());
      const fits = wanted.every((word) => texts.get(row).includes(word))
        && menus.every((menu) => order(row.cells[Number(menu.dataset.column)]) === menu.value);
      if (fits) unfit.delete(row); else unfit.add(row);
    }
    drawRows(table);
  };

  // Makes headings sort and filters filter; `states` restores what the reader had chosen before a refresh.
  const prepare = (states = {}) => {
    for (const table of document.querySelectorAll("table.sortable")) {
      const state = states[table.id];
      if (table.tBodies[0].rows.length > MOST) drawRows(table);
      [...table.tHead.rows[0].cells].forEach((heading, column) => {
        heading.querySelector("button").addEventListener("click", () => sort(table, column, heading));
        if (state && state.column === column) {
          heading.setAttribute("aria-sort", state.direction === "ascending" ? "descending" : "ascending");
          sort(table, column, heading);
        }
      });
    }
    for (const controls of document.querySelectorAll(".controls")) {
      const state = states[controls.dataset.table];
      if (state) controls.querySelectorAll("input, select").forEach((field, i) => { field.value = state.fields[i] ?? ""; });
      controls.addEventListener("input", () => filter(controls));
      if (state) filter(controls);
    }
  };
  const state = () => Object.fromEntries([...document.querySelectorAll(".controls")].map((controls) => {
    const headings = [...document.getElementById(controls.dataset.table).tHead.rows[0].cells];
    const column = headings.findIndex((heading) => heading.hasAttribute("aria-sort"));
    return [controls.dataset.table, {
      column,
      direction: column < 0 ? null : headings[column].getAttribute("aria-sort"),
      fields: [...controls.querySelectorAll("input, select")].map((field) => field.value),
    }];
  }));
  prepare();

  const openTarget = () => {
    const target = location.hash ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
    const row = target?.closest("tr");
    if (row) row.hidden = false;
    const folded = target?.closest("details");
    if (folded) {
      folded.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", openTarget);

  openTarget();
  window.ionsieve = { prepare, state, show: () => {} };
})();
