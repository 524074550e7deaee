"use strict";
// Figures: values under the pointer, downloads as SVG, PNG and CSV; light and dark.
(() => {
  const STYLE = "svg{background:#fff;color:#1c2126;font:11.5px system-ui,sans-serif}text:not([fill]){fill:currentColor}.grid{stroke:#e3e7ea}.frame{fill:none;stroke:#7b858e}.empty{fill:#eceff1}.label{font-size:12.5px}.phase{font-size:11px}.note{font-size:11px;fill:#565f67}";
  const save = (href, name) => {
    const link = Object.assign(document.createElement("a"), { href, download: name });
    document.body.append(link); link.click(); link.remove();
  };
  const saveText = (text, kind, name) => {
    const address = URL.createObjectURL(new Blob([text], { type: kind }));
    save(address, name);
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  };
  const nameOf = (drawing) => (drawing.getAttribute("aria-label") ?? "figure").replace(/[^A-Za-z0-9.-]+/g, "_").slice(0, 80);
  const sizeOf = (drawing) => drawing.getAttribute("viewBox").split(" ").slice(2).map(Number);
  const svgText = (drawing) => {
    const copy = drawing.cloneNode(true), style = document.createElementNS("http://www.w3.org/2000/svg", "style");
    const [width, height] = sizeOf(drawing);
    style.textContent = STYLE;
    copy.prepend(style);
    copy.removeAttribute("data-figure");
    for (const [key, value] of [["xmlns", "http://www.w3.org/2000/svg"], ["width", width], ["height", height]]) copy.setAttribute(key, value);
    return new XMLSerializer().serializeToString(copy);
  };
  const png = (drawing) => {
    const [width, height] = sizeOf(drawing), image = new Image(), canvas = document.createElement("canvas");
    image.addEventListener("load", () => {
      canvas.width = 3 * width; canvas.height = 3 * height;
      const pen = canvas.getContext("2d");
      pen.fillStyle = "#fff"; pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.drawImage(image, 0, 0, canvas.width, canvas.height);
      save(canvas.toDataURL("image/png"), `${nameOf(drawing)}.png`);
    });
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgText(drawing))}`;
  };
  const quoted = (value) => (/[",\n]/.test(String(value ?? "")) ? `"${String(value).replaceAll('"', '""')}"` : String(value ?? ""));
  const csv = (drawing) => {
    const data = drawing.dataset.figure ? JSON.parse(drawing.dataset.figure) : null;
    if (data) return [data.columns, ...data.rows];
    const table = drawing.closest("section")?.querySelector("table");
    if (table) return [...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent.trim()));
    return [["label"], ...[...drawing.querySelectorAll("g > title")].map((title) => [title.textContent])];
  };
  const saves = {
    SVG: (drawing) => saveText(svgText(drawing), "image/svg+xml", `${nameOf(drawing)}.svg`),
    PNG: png,
    CSV: (drawing) => saveText(csv(drawing).map((row) => row.map(quoted).join(",")).join("\n") + "\n", "text/csv", `${nameOf(drawing)}.csv`),
  };

  const hint = Object.assign(document.createElement("div"), { className: "hint", hidden: true });
  document.body.append(hint);
  const short = (value) => (value === 0 || (Math.abs(value) >= 1e-3 && Math.abs(value) < 1e5) ? String(Number(value.toPrecision(4))) : value.toExponential(2));
  const onAxis = ([low, high, start, end, log], value) => start + (end - start) * (log ? Math.log(Math.max(value, 1e-300) / low) / Math.log(high / low) : (value - low) / (high - low));
  const follow = (drawing) => {
    const data = JSON.parse(drawing.dataset.figure);
    if (!data.axes) return;
    const points = data.rows.map((row) => ({ row, x: onAxis(data.axes[0], row[1]), y: onAxis(data.axes[1], row[2]) }));
    for (const title of drawing.querySelectorAll("title")) title.remove();  // its words are in the hint
    drawing.addEventListener("pointermove", (event) => {
      const box = drawing.getBoundingClientRect(), ratio = sizeOf(drawing)[0] / box.width;
      const x = (event.clientX - box.left) * ratio, y = (event.clientY - box.top) * ratio;
      let best = null, least = 26;
      for (const point of points) {
        const away = Math.hypot(point.x - x, point.y - y);
        if (away < least) { least = away; best = point; }
      }
      hint.hidden = best === null;
      if (!best) return;
      const [series, a, b, low, high] = best.row;
      const interval = low !== null && low !== undefined ? ` (${short(low)} to ${short(high)})` : "";
      hint.textContent = `${series ? `${series}\n` : ""}${data.columns[1]}: ${short(a)}\n${data.columns[2]}: ${short(b)}${interval}`;
      hint.style.left = `${Math.min(event.pageX + 14, document.documentElement.clientWidth - hint.offsetWidth - 8)}px`;
      hint.style.top = `${event.pageY + 14}px`;
    });
    drawing.addEventListener("pointerleave", () => { hint.hidden = true; });
  };
  const equipped = new WeakSet();
  const equip = () => {
    for (const drawing of document.querySelectorAll("figure > svg")) {
      if (equipped.has(drawing)) continue;
      equipped.add(drawing);
      const tools = Object.assign(document.createElement("div"), { className: "tools" });
      for (const kind of Object.keys(saves)) {
        const button = Object.assign(document.createElement("button"), { type: "button", textContent: kind, title: `Download as ${kind}` });
        button.addEventListener("click", () => saves[kind](drawing));
        tools.append(button);
      }
      drawing.after(tools);
      if (drawing.dataset.figure) drawing.addEventListener("pointerenter", () => follow(drawing), { once: true });
    }
  };
  const prepare = window.ionsieve.prepare;
  window.ionsieve.prepare = (states) => { prepare(states); equip(); };
  equip();

  const root = document.documentElement, header = document.querySelector("header");
  const remembered = () => { try { return localStorage.getItem("ionsieve-theme"); } catch { return null; } };
  const remember = (theme) => { try { localStorage.setItem("ionsieve-theme", theme); } catch { /* a page from a file may not */ } };
  const wear = (theme) => {
    if (theme) root.dataset.theme = theme; else delete root.dataset.theme;
    dispatchEvent(new Event("ionsieve-theme"));
  };
  if (header) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "theme", textContent: "light / dark" });
    button.addEventListener("click", () => {
      const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      wear(dark ? "light" : "dark");
      remember(root.dataset.theme);
    });
    header.append(button);
  }
  wear(remembered());
})();
