"use strict";
// Structures on a canvas: bonds and polyhedra are drawn whole, across the border of the cell.
(() => {
  const WIDTH = 420, HEIGHT = 340, REACH = 1.25, FARTHEST_BOND = 3.4, MOST_CORNERS = 12;
  const views = new Map();
  const minus = (a, b) => a.map((value, k) => value - b[k]);
  const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];

  // Faces of the convex hull of a few points, each as its corners in turn.
  const hull = (points) => {
    const faces = [], seen = new Set(), n = points.length;
    for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) for (let k = j + 1; k < n; k++) {
      const normal = cross(minus(points[j], points[i]), minus(points[k], points[i]));
      const size = Math.hypot(...normal);
      if (size < 1e-6) continue;
      const sides = points.map((p) => dot(minus(p, points[i]), normal) / size);
      if (sides.some((s) => s > 0.12) && sides.some((s) => s < -0.12)) continue;
      const flat = points.map((_, m) => m).filter((m) => Math.abs(sides[m]) <= 0.12);
      const name = flat.join();
      if (seen.has(name)) continue;
      seen.add(name);
      const middle = [0, 1, 2].map((a) => flat.reduce((sum, m) => sum + points[m][a], 0) / flat.length);
      const u = minus(points[flat[0]], middle), v = cross(normal, u);
      const angle = (m) => Math.atan2(dot(minus(points[m], middle), v) / size, dot(minus(points[m], middle), u));
      faces.push(flat.sort((a, b) => angle(a) - angle(b)).map((m) => points[m]));
    }
    return faces;
  };

  const unpack = (data) => {
    const bytes = Uint8Array.from(atob(data.packed), (letter) => letter.charCodeAt(0));
    const numbers = new Uint16Array(bytes.buffer);
    const [a, b, c] = data.cell;
    const place = (x, y, z) => [0, 1, 2].map((i) => (x - 0.5) * a[i] + (y - 0.5) * b[i] + (z - 0.5) * c[i]);
    const atoms = [...data.which].map((kind, i) => ({
      element: data.elements[parseInt(kind, 36)],
      at: place(numbers[3 * i] / 65535, numbers[3 * i + 1] / 65535, numbers[3 * i + 2] / 65535),
    }));
    const corners = [], shifts = [];
    for (const x of [0, 1]) for (const y of [0, 1]) for (const z of [0, 1]) corners.push([x, y, z]);
    for (const x of [-1, 0, 1]) for (const y of [-1, 0, 1]) for (const z of [-1, 0, 1]) {
      shifts.push([0, 1, 2].map((i) => x * a[i] + y * b[i] + z * c[i]));
    }
    const edges = [];
    for (const p of corners) for (let i = 0; i < 3; i++) {
      if (p[i] === 0) { const q = [...p]; q[i] = 1; edges.push([place(...p), place(...q)]); }
    }
    const anions = atoms.filter((atom) => atom.element.anion && !atom.element.mobile);
    const bonds = [], faces = [], outside = new Map();
    for (const centre of atoms) {
      if (centre.element.mobile || centre.element.anion) continue;
      const near = [];
      for (const anion of anions) for (const shift of shifts) {
        const at = anion.at.map((value, k) => value + shift[k]), distance = Math.hypot(...minus(at, centre.at));
        if (distance < FARTHEST_BOND && distance > 0.5) near.push({ at, distance, element: anion.element, moved: shift.some((x) => x !== 0) });
      }
      const least = Math.min(...near.map((one) => one.distance));
      const bound = near.filter((one) => one.distance <= REACH * least).slice(0, MOST_CORNERS);
      for (const one of bound) {
        bonds.push([centre.at, one.at]);
        if (one.moved) outside.set(one.at.map((x) => x.toFixed(2)).join(), { element: one.element, at: one.at, image: true });
      }
      if (bound.length >= 4) for (const corners of hull(bound.map((one) => one.at))) faces.push({ corners, colour: centre.element.colour });
    }
    const reach = Math.max(...edges.flat().map((p) => Math.hypot(...p)));
    return { atoms: [...atoms, ...outside.values()], edges, bonds, faces, reach, yaw: 0.5, pitch: 0.35, zoom: 1 };
  };

  const draw = (canvas) => {
    const view = views.get(canvas), pen = canvas.getContext("2d"), ratio = window.devicePixelRatio || 1;
    canvas.width = WIDTH * ratio; canvas.height = HEIGHT * ratio;
    pen.scale(ratio, ratio);
    pen.clearRect(0, 0, WIDTH, HEIGHT);
    const ink = getComputedStyle(canvas).color;
    const scale = view.zoom * 0.44 * Math.min(WIDTH, HEIGHT) / view.reach;
    const [sy, cy, sp, cp] = [Math.sin(view.yaw), Math.cos(view.yaw), Math.sin(view.pitch), Math.cos(view.pitch)];
    const project = ([x, y, z]) => {
      const across = cy * x + sy * y, deep = -sy * x + cy * y;
      return [WIDTH / 2 + scale * across, HEIGHT / 2 - scale * (cp * z + sp * deep), cp * deep - sp * z];
    };
    const path = (points) => {
      pen.beginPath();
      points.forEach((p, i) => (i ? pen.lineTo(p[0], p[1]) : pen.moveTo(p[0], p[1])));
    };
    const stroke = (points, colour, thick) => { pen.strokeStyle = colour; pen.lineWidth = thick; path(points); pen.stroke(); };
    for (const edge of view.edges) stroke(edge.map(project), "#9aa4ad", 1);
    const things = [];
    const middle = (points) => points.reduce((sum, p) => sum + p[2], 0) / points.length;
    for (const atom of view.atoms) { const p = project(atom.at); things.push({ depth: p[2], atom, p }); }
    for (const bond of view.bonds) { const points = bond.map(project); things.push({ depth: middle(points) + 0.01, bond: points }); }
    for (const face of view.faces) { const points = face.corners.map(project); things.push({ depth: middle(points), face: points, colour: face.colour }); }
    things.sort((a, b) => b.depth - a.depth);
    pen.textAlign = "center"; pen.textBaseline = "middle";
    for (const thing of things) {
      if (thing.bond) { stroke(thing.bond, "#8a8f94", 2.2); continue; }
      if (thing.face) {
        pen.globalAlpha = 0.3; pen.fillStyle = thing.colour; path(thing.face); pen.closePath(); pen.fill();
        pen.globalAlpha = 0.5; pen.strokeStyle = thing.colour; pen.lineWidth = 0.8; pen.stroke(); pen.globalAlpha = 1;
        continue;
      }
      const { atom, p } = thing, radius = Math.max(2, scale * atom.element.radius * (atom.element.anion ? 0.75 : 1));
      pen.globalAlpha = atom.image ? 0.6 : 1;
      pen.fillStyle = atom.element.colour; pen.strokeStyle = ink; pen.lineWidth = 0.7;
      pen.beginPath(); pen.arc(p[0], p[1], radius, 0, 2 * Math.PI); pen.fill(); pen.stroke();
      if (radius > 6 && !atom.image) {
        pen.fillStyle = atom.element.colour === "#0072B2" ? "#fff" : "#000"; pen.font = `${Math.min(11, radius * 1.1)}px sans-serif`;
        pen.fillText(atom.element.symbol, p[0], p[1]);
      }
      pen.globalAlpha = 1;
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

  const showOpen = () => document.querySelectorAll("details[open] canvas.crystal").forEach(show);
  document.addEventListener("toggle", (event) => {
    if (event.target.open) event.target.querySelectorAll("canvas.crystal").forEach(show);
  }, true);
  // What passed is unfolded on paper, and folded again afterwards.
  let unfolded = [];
  addEventListener("beforeprint", () => {
    unfolded = [...document.querySelectorAll("details.survivor:not([open]), details.candidate.kept:not([open]), details.more:not([open])")];
    for (const section of unfolded) section.open = true;
    showOpen();
  });
  addEventListener("afterprint", () => { for (const section of unfolded) section.open = false; });
  addEventListener("ionsieve-theme", () => { for (const canvas of views.keys()) draw(canvas); });
  window.ionsieve.show = showOpen;
  showOpen();
})();
