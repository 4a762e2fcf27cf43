// Drawing for stage.js: plain SVG from plain values. Nothing here keeps state or listens to anything.

const NS = "http://www.w3.org/2000/svg";
const COLOURS = { forget: "#ff7f0e", test: "#1f77b4", retain: "#2ca02c", retrained: "#808080" };
const DASHES = { test: "9 3", retain: "2 3" }; // told apart without their colours, too
const PER_DECADE = 10;
const DECADES = ["10⁻⁶", "10⁻⁵", "10⁻⁴", "0.001", "0.01", "0.1", "1", "10", "100"];
const LETTER = 7.6; // pixels of a label's letter, at most
const SIDE = { l: 14, r: 14, t: 30, b: 36 };

// A text in a set's colour; stage.css darkens or lightens it until it is legible, and a saved picture keeps the colour.
const ink = (colour) => ({ fill: colour, style: `--ink: ${colour}` });

const dash = (key) => (DASHES[key] ? { "stroke-dasharray": DASHES[key] } : {});

function svg(name, attributes = {}, text = null) {
  const element = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== null) element.textContent = text;
  return element;
}

function html(name, className, text = null) {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text !== null) element.textContent = text;
  return element;
}

const percent = (value) => (value === null || value === undefined ? "–" : `${value.toFixed(1)}%`);

// The bins worth showing: all in which some reading has something, and one decade of room.
function visibleBins(readings) {
  const all = readings.flatMap((reading) => [reading.forget, reading.test]).filter(Boolean);
  const bins = all[0]?.length ?? 80;
  let [low, high] = [bins, 0];
  for (const density of all) {
    density.forEach((value, bin) => {
      if (value > 0.02) [low, high] = [Math.min(low, bin), Math.max(high, bin)];
    });
  }
  return low > high ? [0, bins] : [Math.max(0, low - 3), Math.min(bins, high + 4)];
}

const cumulative = (density) => {
  let sum = 0;
  return density.map((value) => (sum += value / PER_DECADE));
};

// One picture of two sets of losses. view: "density" or "cumulative". first: the forget set's density at the beginning.
// missing: what is said where this reading has no losses.
function humps(size, reading, retrained, bins, top, view, names, title, label, first = null, missing = "") {
  const root = svg("svg", { width: size.w, height: size.h, role: "img", "aria-label": label, class: "stage-svg" });
  const inner = { w: size.w - SIDE.l - SIDE.r, h: size.h - SIDE.t - SIDE.b };
  const x = (bin) => SIDE.l + ((bin + 0.5 - bins[0]) / (bins[1] - bins[0])) * inner.w;
  const y = (value) => SIDE.t + inner.h * (1 - Math.min(top, value) / top);
  const floor = SIDE.t + inner.h;
  root.append(svg("text", { x: SIDE.l, y: 18, class: "stage-title" }, title));
  for (let bin = Math.ceil(bins[0] / PER_DECADE) * PER_DECADE; bin <= bins[1]; bin += PER_DECADE) {
    root.append(svg("line", { x1: x(bin - 0.5), x2: x(bin - 0.5), y1: floor, y2: floor + 4, class: "stage-axis" }));
    root.append(svg("text", { x: x(bin - 0.5), y: floor + 16, class: "stage-tick", "text-anchor": "middle" }, DECADES[bin / PER_DECADE]));
  }
  root.append(svg("line", { x1: SIDE.l, x2: SIDE.l + inner.w, y1: floor, y2: floor, class: "stage-axis" }));
  root.append(svg("text", { x: SIDE.l + inner.w, y: floor + 31, class: "stage-tick", "text-anchor": "end" }, "loss, nats → surer of a wrong answer"));
  if (!reading?.forget) {
    root.append(svg("text", { x: size.w / 2, y: size.h / 2, class: "stage-tick", "text-anchor": "middle" }, missing));
    return root;
  }
  const values = { forget: reading.forget, test: reading.test, retrained: retrained?.forget };
  const shown = Object.fromEntries(Object.entries(values).map(([key, density]) => [
    key, density && (view === "cumulative" ? cumulative(density) : density)]));
  const path = (density) => density.slice(bins[0], bins[1]).map((value, i) => `${i ? "L" : "M"}${x(bins[0] + i).toFixed(1)},${y(value).toFixed(1)}`).join("");
  if (first) beginning(root, view === "cumulative" ? cumulative(first) : first, shown.forget, bins, x, y, path);
  for (const key of ["test", "forget"]) {
    if (view === "density") {
      const area = `${path(shown[key])}L${x(bins[1] - 1)},${floor}L${x(bins[0])},${floor}Z`;
      root.append(svg("path", { d: area, fill: COLOURS[key], "fill-opacity": 0.45, "data-set": key }));
    }
    root.append(svg("path", { d: path(shown[key]), fill: "none", stroke: COLOURS[key], "stroke-width": 3, ...dash(key) }));
  }
  if (shown.retrained) {
    root.append(svg("text", { x: SIDE.l + inner.w, y: 18, class: "stage-tick", "text-anchor": "end" }, size.w < 420 ? "- - retrained" : "- - retrained without them"));
    root.append(svg("path", { d: path(shown.retrained), fill: "none", stroke: COLOURS.retrained, "stroke-width": 2, "stroke-dasharray": "6 4" }));
  }
  if (view === "cumulative") widestGap(root, shown, bins, x, y);
  setLabels(root, shown, bins, x, y, view, names, size);
  return root;
}

// Accuracy by class on never-seen samples: the forgotten ones (numbers) go dark. Under it, what its samples are called.
function classBars(size, reading, names, forgotten, title, label) {
  const root = svg("svg", { width: size.w, height: size.h, role: "img", "aria-label": label, class: "stage-svg" });
  root.append(svg("text", { x: SIDE.l, y: 18, class: "stage-title" }, title));
  if (!reading.by_class) return root;
  const inner = { w: size.w - SIDE.l - SIDE.r, h: size.h - SIDE.t - SIDE.b - 18 };
  const step = inner.w / names.length;
  const floor = SIDE.t + inner.h;
  reading.by_class.forEach((value, i) => {
    const mine = forgotten.includes(i);
    const height = (inner.h * (value ?? 0)) / 100;
    root.append(svg("rect", { x: SIDE.l + i * step + step * 0.12, width: step * 0.76, y: SIDE.t, height: inner.h, class: mine ? "stage-slot stage-slot-mine" : "stage-slot" }));
    root.append(svg("rect", { x: SIDE.l + i * step + step * 0.12, width: step * 0.76, y: floor - height, height, fill: mine ? COLOURS.forget : COLOURS.test, "fill-opacity": mine ? 1 : 0.6 }));
    if (step < 22) return;
    if (value !== null) root.append(svg("text", { x: SIDE.l + (i + 0.5) * step, y: Math.max(SIDE.t + 12, floor - height - 4), class: "stage-tick", "text-anchor": "middle" }, value.toFixed(0)));
    root.append(svg("text", { x: SIDE.l + (i + 0.5) * step, y: floor + 15, class: mine ? "stage-label" : "stage-tick", ...(mine ? ink(COLOURS.forget) : { fill: "currentColor" }), "text-anchor": "middle" }, names[i].slice(0, Math.floor(step / 7))));
  });
  root.append(svg("line", { x1: SIDE.l, x2: SIDE.l + inner.w, y1: floor, y2: floor, class: "stage-axis" }));
  const total = (reading.said ?? []).reduce((sum, count) => sum + count, 0);
  const called = (reading.said ?? []).map((count, i) => [count, i]).sort((a, b) => b[0] - a[0]).slice(0, 3).filter(([count]) => count > 0);
  if (total) root.append(svg("text", { x: SIDE.l, y: floor + 40, class: "stage-tick" }, `never-seen ${forgotten.map((i) => names[i]).join(", ")} is called ${called.map(([count, i]) => `${names[i]} ${((100 * count) / total).toFixed(0)}%`).join(", ")}`));
  return root;
}

// Where the two cumulative lines are farthest apart: that height is the Kolmogorov-Smirnov distance.
function widestGap(root, shown, bins, x, y) {
  let at = bins[0];
  for (let bin = bins[0]; bin < bins[1]; bin++) {
    if (Math.abs(shown.forget[bin] - shown.test[bin]) > Math.abs(shown.forget[at] - shown.test[at])) at = bin;
  }
  const [one, other] = [shown.forget[at], shown.test[at]];
  root.append(svg("line", { x1: x(at), x2: x(at), y1: y(one), y2: y(other), stroke: "currentColor", "stroke-width": 2.5 }));
  root.append(svg("text", { x: x(at) + 8, y: (y(one) + y(other)) / 2 + 4, class: "stage-label" }, `widest gap ${(100 * Math.abs(one - other)).toFixed(0)} points (KS)`));
}

const peak = (density, bins) => density.reduce((best, value, bin) => (bin >= bins[0] && bin < bins[1] && value > density[best] ? bin : best), bins[0]);

// From where the forget set came: its outline stays, with a name once it has moved away.
function beginning(root, first, now, bins, x, y, path) {
  root.append(svg("path", { d: path(first), fill: "none", stroke: COLOURS.forget, "stroke-width": 1.5, "stroke-dasharray": "2 3", "data-set": "beginning" }));
  const top = peak(first, bins);
  if (first[top] - now[top] < 0.25 * first[top]) return;
  root.append(svg("text", { x: x(top), y: Math.max(SIDE.t + 2, y(first[top]) - 6), class: "stage-tick", "text-anchor": "middle" }, "forget, at first"));
}

function setLabels(root, shown, bins, x, y, view, names, size) {
  const spots = { forget: peak(shown.forget, bins), test: peak(shown.test, bins) };
  if (view === "cumulative") [spots.forget, spots.test] = [bins[0] + 0.25 * (bins[1] - bins[0]) | 0, bins[0] + 0.75 * (bins[1] - bins[0]) | 0];
  const near = Math.abs(x(spots.forget) - x(spots.test)) < 110;
  const [one, other] = spots.test < spots.forget ? ["test", "forget"] : ["forget", "test"]; // from left to right
  const labels = Object.fromEntries([[one, "end", -8], [other, "start", 8]].map(([key, beside, away]) => {
    const anchor = near ? beside : "middle";
    const before = names[key].length * LETTER * { start: 0, middle: 0.5, end: 1 }[anchor];
    const place = x(spots[key]) + (near ? away : 0); // and no letter of it beyond the picture's edge
    const at = Math.max(before + 4, Math.min(size.w - names[key].length * LETTER + before - 4, place));
    return [key, { at, anchor, y: Math.max(SIDE.t + 2, y(shown[key][spots[key]]) - 8) }];
  }));
  if (near && labels[one].at > labels[other].at) labels[one].y = Math.max(labels[one].y, labels[other].y + 18); // one under the other
  for (const [key, label] of Object.entries(labels)) {
    root.append(svg("text", { x: label.at, y: label.y, class: "stage-label", ...ink(COLOURS[key]), "text-anchor": label.anchor }, names[key]));
  }
}

// Lines over the course of a run: strong up to where the playhead is. series: [{name, colour, values, level}]
function curves(size, xs, series, head, options) {
  const root = svg("svg", { width: size.w, height: size.h, role: "img", "aria-label": options.label, class: "stage-svg stage-curves" });
  const longest = Math.max(0, ...series.filter((one) => Number.isFinite(one.now)).map((one) => one.name.length)); // and " 50.0" behind it
  const room = { l: 40, r: Math.min(size.w / 2, 20 + 7.5 * (longest + 5)), t: 30, b: 40 };
  const inner = { w: size.w - room.l - room.r, h: size.h - room.t - room.b };
  const bands = options.bands ?? [];
  const known = series.flatMap((one) => [...one.values, one.level, one.end]).concat(bands.flat(), options.near ?? []).filter((value) => Number.isFinite(value));
  const [low, high] = [Math.min(...known) - 1.5, Math.max(...known) + 1.5];
  const last = xs.at(-1) || 1;
  const x = (value) => room.l + (value / last) * inner.w;
  const y = (value) => room.t + inner.h * (1 - (value - low) / (high - low || 1));
  root.append(svg("text", { x: 8, y: 18, class: "stage-title" }, options.title));
  for (const [from, to] of bands) { // each attack has its own; where both lie it is darker
    root.append(svg("rect", { x: room.l, width: inner.w, y: y(to), height: y(from) - y(to), class: "stage-band", "fill-opacity": 1 / bands.length }));
  }
  if (bands.length) {
    root.append(svg("rect", { x: room.l, width: 18, y: size.h - 14, height: 10, class: "stage-band" }));
    root.append(svg("text", { x: room.l + 24, y: size.h - 5, class: "stage-tick" }, bands.length > 1 ? "chance ranges (95%)" : "chance range (95%)"));
  }
  for (const tick of ticks(low, high)) {
    root.append(svg("line", { x1: room.l, x2: room.l + inner.w, y1: y(tick), y2: y(tick), class: "stage-grid" }));
    root.append(svg("text", { x: room.l - 6, y: y(tick) + 4, class: "stage-tick", "text-anchor": "end" }, `${tick}%`));
  }
  for (const tick of ticks(0, last, 4)) {
    root.append(svg("line", { x1: x(tick), x2: x(tick), y1: room.t + inner.h, y2: room.t + inner.h + 4, class: "stage-axis" }));
    root.append(svg("text", { x: x(tick), y: room.t + inner.h + 16, class: "stage-tick", "text-anchor": "middle" }, tick.toLocaleString("en")));
  }
  root.append(svg("text", { x: room.l + inner.w, y: size.h - 5, class: "stage-tick", "text-anchor": "end" }, options.axis));
  const whole = (values, to) => {
    let begun = false;
    return values.map((value, i) => (Number.isFinite(value) && xs[i] <= to ? `${begun ? "L" : ((begun = true), "M")}${x(xs[i]).toFixed(1)},${y(value).toFixed(1)}` : "")).join("");
  };
  const ends = [];
  for (const one of series) {
    if (Number.isFinite(one.level)) root.append(svg("line", { x1: room.l, x2: room.l + inner.w, y1: y(one.level), y2: y(one.level), stroke: one.colour, "stroke-dasharray": "6 4", "stroke-width": 1.5 }));
    root.append(svg("path", { d: whole(one.values, Infinity), fill: "none", stroke: one.colour, "stroke-opacity": 0.3, "stroke-width": 2 }));
    root.append(svg("path", { d: whole(one.values, head.x + 1e-9), fill: "none", stroke: one.colour, "stroke-width": 2.5, ...dash(one.name) }));
    const value = one.now;
    if (!Number.isFinite(value)) continue;
    root.append(svg("circle", { cx: x(head.x), cy: y(value), r: head.end ? 6 : 4, fill: one.colour }));
    ends.push({ y: y(value), text: `${one.name} ${value.toFixed(1)}`, colour: one.colour });
  }
  root.append(svg("line", { x1: x(head.x), x2: x(head.x), y1: room.t, y2: room.t + inner.h, class: "stage-head" }));
  ends.sort((a, b) => a.y - b.y).forEach((one, i) => { if (i) one.y = Math.max(one.y, ends[i - 1].y + 15); });
  for (const one of ends) root.append(svg("text", { x: room.l + inner.w + 8, y: one.y + 4, class: "stage-label stage-end", ...ink(one.colour) }, one.text));
  root.scrub = (offset) => Math.min(1, Math.max(0, (offset - room.l) / inner.w)) * last;
  return root;
}

function ticks(low, high, most = 5) {
  const steps = [-2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8].flatMap((power) => [1, 2, 2.5, 5].map((one) => one * 10 ** power));
  const step = steps.find((one) => (most < 5 || one >= 1) && one !== 2.5 && (high - low) / one <= most) ?? 10 ** 9;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.max(0, Math.floor(high / step + 1e-9) - first + 1) }, (_, i) => Number(((first + i) * step).toFixed(6)));
}
