"use strict";
// Structures on a canvas: bonds and polyhedra are drawn whole, across the border of the cell. A density is drawn as
// surfaces of equal density, jumps as lines.
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

  // Surface of equal density through a periodic grid (surface nets): one node in each cell of the grid through which it
  // goes, at the middle of its crossings with the edges, and one face around each edge that it crosses.
  const surface = (grid, level, place) => {
    const n = grid.shape, faces = [], nodes = new Map();
    const value = (p) => grid.values[((p[0] % n[0]) * n[1] + (p[1] % n[1])) * n[2] + (p[2] % n[2])] - level;
    const name = (p) => (p[0] * (n[1] + 1) + p[1]) * (n[2] + 1) + p[2];
    const next = (p, axis, by) => { const q = [...p]; q[axis] += by; return q; };
    const each = (act) => {
      for (let i = 0; i <= n[0]; i++) for (let j = 0; j <= n[1]; j++) for (let k = 0; k <= n[2]; k++) act([i, j, k]);
    };
    const crossed = (p, axis) => (value(p) < 0) !== (value(next(p, axis, 1)) < 0);
    each((cell) => {
      const sum = [0, 0, 0];
      let count = 0;
      for (const axis of [0, 1, 2]) for (const b of [0, 1]) for (const c of [0, 1]) {
        const p = next(next(cell, (axis + 1) % 3, b), (axis + 2) % 3, c);
        if (!crossed(p, axis)) continue;
        const start = value(p), end = value(next(p, axis, 1));
        for (const k of [0, 1, 2]) sum[k] += p[k];
        sum[axis] += start / (start - end);
        count++;
      }
      if (count) nodes.set(name(cell), place(...sum.map((x, k) => (x / count + 0.5) / n[k])));
    });
    each((p) => {
      for (const axis of [0, 1, 2]) {
        const b = (axis + 1) % 3, c = (axis + 2) % 3;
        if (p[axis] === n[axis] || !p[b] || !p[c] || !crossed(p, axis)) continue;
        const around = [p, next(p, b, -1), next(next(p, b, -1), c, -1), next(p, c, -1)];
        faces.push(around.map((cell) => nodes.get(name(cell))));
      }
    });
    return faces;
  };

  const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

  const density = (data, place) => {
    if (!data.density) return [];
    const grid = { shape: data.density.shape, values: bytesOf(data.density.packed) };
    return data.density.levels.flatMap((level, i) =>
      surface(grid, level, place).map((corners) => ({ corners, colour: data.density.colour, alpha: i ? 0.1 : 0.9, plain: true })));
  };

  const unpack = (data) => {
    const numbers = new Uint16Array(bytesOf(data.packed).buffer);
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
    const bonds = [], faces = density(data, place), outside = new Map();
    const links = (data.links || []).map(([x, y, z, u, v, w, jumps]) => (
      { ends: [place(x, y, z), place(x + u, y + v, z + w)], thick: 1 + Math.log10(jumps) }));
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
    return { atoms: [...atoms, ...outside.values()], edges, bonds, faces, links, reach, yaw: 0.5, pitch: 0.35, zoom: 1 };
  };

  // How far a face on the canvas looks towards the viewer: 1 for one that faces it, 0 for one seen from the side.
  const facing = ([a, b, c], scale) => {
    const flat = (p, q) => [(p[0] - q[0]) / scale, (p[1] - q[1]) / scale, p[2] - q[2]];
    const normal = cross(flat(b, a), flat(c, a));
    return Math.abs(normal[2]) / (Math.hypot(...normal) || 1);
  };
  const shaded = (colour, light) => `rgb(${[1, 3, 5].map((i) => Math.round(parseInt(colour.slice(i, i + 2), 16) * light)).join()})`;

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
    // A bond ends at the balls, so that it hides no symbol.
    const between = (p, q, share) => p.map((x, i) => x + share * (q[i] - x));
    for (const [from, to] of view.bonds) { const points = [between(from, to, 0.18), between(to, from, 0.18)].map(project); things.push({ depth: middle(points) + 0.01, bond: points }); }
    for (const face of view.faces) { const points = face.corners.map(project); things.push({ depth: middle(points), face: points, colour: face.colour, alpha: face.alpha || 0.3, plain: face.plain }); }
    for (const link of view.links) { const points = link.ends.map(project); things.push({ depth: middle(points), link: points, thick: link.thick }); }
    things.sort((a, b) => b.depth - a.depth);
    pen.textAlign = "center"; pen.textBaseline = "middle";
    for (const thing of things) {
      if (thing.bond) { stroke(thing.bond, "#8a8f94", 2.2); continue; }
      if (thing.link) { stroke(thing.link, ink, thing.thick); continue; }
      if (thing.face) {
        const light = thing.plain ? 0.45 + 0.75 * facing(thing.face, scale) : 1;
        pen.globalAlpha = thing.alpha; pen.fillStyle = light === 1 ? thing.colour : shaded(thing.colour, light);
        path(thing.face); pen.closePath(); pen.fill();
        if (thing.plain) { pen.globalAlpha = 1; continue; }
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
