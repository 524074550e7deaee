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

  // Gives headings and filters their work; `states` brings back what a reader had chosen before a refresh.
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

  const views = new Map();
  const unpack = (data) => {
    const bytes = Uint8Array.from(atob(data.packed), (letter) => letter.charCodeAt(0));
    const numbers = new Uint16Array(bytes.buffer);
    const [a, b, c] = data.cell;
    const place = (x, y, z) => [0, 1, 2].map((i) => (x - 0.5) * a[i] + (y - 0.5) * b[i] + (z - 0.5) * c[i]);
    const atoms = [...data.which].map((kind, i) => ({
      element: data.elements[parseInt(kind, 36)],
      at: place(numbers[3 * i] / 65535, numbers[3 * i + 1] / 65535, numbers[3 * i + 2] / 65535),
    }));
    const corners = [];
    for (const x of [0, 1]) for (const y of [0, 1]) for (const z of [0, 1]) corners.push([x, y, z]);
    const edges = [];
    for (const p of corners) for (let i = 0; i < 3; i++) {
      if (p[i] === 0) { const q = [...p]; q[i] = 1; edges.push([place(...p), place(...q)]); }
    }
    const bonds = [];
    for (let i = 0; i < atoms.length; i++) for (let j = i + 1; j < atoms.length; j++) {
      const [p, q] = [atoms[i], atoms[j]];
      if (p.element.mobile || q.element.mobile || p.element === q.element) continue;
      const distance = Math.hypot(...p.at.map((value, k) => value - q.at[k]));
      if (distance < 2.25 * (p.element.radius + q.element.radius)) bonds.push([i, j]);
    }
    const reach = Math.max(...edges.flat().map((p) => Math.hypot(...p)));
    return { atoms, edges, bonds, reach, yaw: 0.5, pitch: 0.35, zoom: 1 };
  };

  const draw = (canvas) => {
    const view = views.get(canvas), pen = canvas.getContext("2d");
    const ratio = window.devicePixelRatio || 1, width = 420, height = 340;
    canvas.width = width * ratio; canvas.height = height * ratio;
    canvas.style.width = `${width}px`;
    pen.scale(ratio, ratio);
    pen.clearRect(0, 0, width, height);
    const scale = view.zoom * 0.46 * Math.min(width, height) / view.reach * 1.02;
    const [sy, cy, sp, cp] = [Math.sin(view.yaw), Math.cos(view.yaw), Math.sin(view.pitch), Math.cos(view.pitch)];
    const project = ([x, y, z]) => {
      const across = cy * x + sy * y, deep = -sy * x + cy * y;
      return [width / 2 + scale * across, height / 2 - scale * (cp * z + sp * deep), cp * deep - sp * z];
    };
    const stroke = (p, q, colour, thick) => {
      pen.strokeStyle = colour; pen.lineWidth = thick;
      pen.beginPath(); pen.moveTo(p[0], p[1]); pen.lineTo(q[0], q[1]); pen.stroke();
    };
    for (const [p, q] of view.edges) stroke(project(p), project(q), "#9aa4ad", 1);
    const points = view.atoms.map((atom) => ({ atom, p: project(atom.at) }));
    const things = points.map((point) => ({ depth: point.p[2], point }));
    for (const [i, j] of view.bonds) {
      things.push({ depth: (points[i].p[2] + points[j].p[2]) / 2, bond: [points[i].p, points[j].p] });
    }
    things.sort((a, b) => b.depth - a.depth);
    pen.textAlign = "center"; pen.textBaseline = "middle";
    for (const thing of things) {
      if (thing.bond) { stroke(thing.bond[0], thing.bond[1], "#8a8f94", 2.5); continue; }
      const { atom, p } = thing.point, radius = Math.max(2, scale * atom.element.radius);
      pen.fillStyle = atom.element.colour; pen.strokeStyle = "#333"; pen.lineWidth = 0.8;
      pen.beginPath(); pen.arc(p[0], p[1], radius, 0, 2 * Math.PI); pen.fill(); pen.stroke();
      if (radius > 6) {
        pen.fillStyle = atom.element.colour === "#0072B2" ? "#fff" : "#000"; pen.font = `${Math.min(11, radius * 1.1)}px sans-serif`;
        pen.fillText(atom.element.symbol, p[0], p[1]);
      }
    }
  };

  const show = (canvas) => {
    if (views.has(canvas)) return;
    views.set(canvas, unpack(JSON.parse(canvas.dataset.crystal)));
    draw(canvas);
    const turn = (yaw, pitch, zoom) => {
      const view = views.get(canvas);
      view.yaw += yaw; view.pitch = Math.max(-1.57, Math.min(1.57, view.pitch + pitch));
      view.zoom = Math.max(0.4, Math.min(6, view.zoom * zoom));
      draw(canvas);
    };
    canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
    canvas.addEventListener("pointermove", (event) => {
      if (event.buttons) turn(event.movementX * 0.01, event.movementY * 0.01, 1);
    });
    canvas.addEventListener("wheel", (event) => { event.preventDefault(); turn(0, 0, event.deltaY < 0 ? 1.1 : 1 / 1.1); }, { passive: false });
    canvas.addEventListener("keydown", (event) => {
      const steps = { ArrowLeft: [-0.1, 0, 1], ArrowRight: [0.1, 0, 1], ArrowUp: [0, -0.1, 1], ArrowDown: [0, 0.1, 1], "+": [0, 0, 1.1], "-": [0, 0, 1 / 1.1] };
      if (steps[event.key]) { event.preventDefault(); turn(...steps[event.key]); }
    });
  };

  for (const section of document.querySelectorAll("details.candidate")) {
    section.addEventListener("toggle", () => { if (section.open) section.querySelectorAll("canvas.crystal").forEach(show); });
  }
  addEventListener("beforeprint", () => {
    for (const section of document.querySelectorAll("details[open] canvas.crystal")) show(section);
  });
  openTarget();
  window.ionsieve = {
    prepare, state,
    show: () => document.querySelectorAll("details[open] canvas.crystal").forEach(show),
  };
})();
