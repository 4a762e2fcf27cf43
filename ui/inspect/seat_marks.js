// What the attacker's seat is made of: elements, scales, counts. seat.js puts them together; Python sends every number
// (ui/inspect/payload.py), and the browser only counts the samples below the line.

const SVG = "http://www.w3.org/2000/svg";
const LOWEST = 1e-6; // nats: a smaller loss is drawn at the left edge
const percent = (share) => `${(100 * share).toFixed(1)}%`;
const whole = (count) => count.toLocaleString("en-US");

function make(tag, attributes = {}, ...children) {
  const drawn = ["svg", "g", "path", "line", "circle", "rect", "text"].includes(tag);
  const element = drawn ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) element.setAttribute(name, value);
  element.append(...children); // texts become text nodes, never markup
  return element;
}

// The samples of one model: positions at which a count changes, rising, with the numbers strictly below each.
function counter(source) {
  const { at, caught, accused } = source.exact ? distinct(source.forget, source.unseen) : { ...source, at: [...source.at, Infinity] };
  const [members, others] = source.sizes;
  const place = (line) => { // the first position at or above the line: what is below the one is below the other
    let low = 0;
    let high = at.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (at[middle] >= line) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  const count = (line) => {
    const found = place(line);
    const [tpr, fpr] = [caught[found] / members, accused[found] / others];
    return { line: source.exact ? line : at[found], caught: caught[found], accused: accused[found], tpr, fpr,
      accuracy: (tpr + 1 - fpr) / 2 };
  };
  return { count, caught, accused, members, others };
}

function distinct(forget, unseen) {
  const at = [...new Set([...forget, ...unseen])].sort((one, other) => one - other).concat(Infinity);
  return { at, caught: below(forget, at), accused: below(unseen, at) };
}

// How many of the rising values are strictly below each of the rising places.
function below(values, places) {
  let count = 0;
  return places.map((place) => {
    while (count < values.length && values[count] < place) count += 1;
    return count;
  });
}

// The exact 95% interval of a share, between the counts for which Python sent it.
function interval({ counts, low, high }, count) {
  let next = counts.findIndex((one) => one >= count);
  if (next < 0) next = counts.length - 1;
  const before = Math.max(0, next - 1);
  const share = next === before ? 0 : (count - counts[before]) / (counts[next] - counts[before]);
  return [low, high].map((side) => side[before] + share * (side[next] - side[before]));
}

const spelled = (value) => (value === 0 ? "0" : value < 0.001 ? value.toExponential(1) : value.toPrecision(2).replace(/\.?0+$/, (end) => (end.startsWith(".") ? "" : end)));

// Where a position stands on the axis and the reverse; the axis is in decades where it is logarithmic.
function scaleOf(axis, left, width) {
  const inside = (value) => Math.min(axis.high, Math.max(axis.low, value));
  const unit = (position) => inside(axis.logarithmic ? Math.log10(Math.max(position, LOWEST)) : position);
  return {
    x: (position) => left + (width * (unit(position) - axis.low)) / (axis.high - axis.low),
    unit,
    position: (value) => (axis.logarithmic ? 10 ** inside(value) : inside(value)),
    value: (x) => inside(axis.low + ((x - left) / width) * (axis.high - axis.low)),
  };
}

function ticksOf(axis) {
  if (axis.logarithmic) {
    const names = { "-6": "≤ 0.000001", "-4": "0.0001", "-2": "0.01", 0: "1", 2: "≥ 100" };
    return Object.entries(names).map(([value, label]) => ({ value: Number(value), label }));
  }
  return [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const value = axis.low + share * (axis.high - axis.low);
    return { value, label: (axis.sign * value).toFixed(2) };
  });
}

function hump(values, box, top) {
  const x = (index) => box.left + (box.width * index) / (values.length - 1);
  const y = (value) => box.bottom - (box.height * value) / top;
  const line = values.map((value, index) => `${index ? "L" : "M"}${x(index).toFixed(1)},${y(value).toFixed(1)}`).join("");
  return { line, area: `${line}L${box.left + box.width},${box.bottom}L${box.left},${box.bottom}Z`, x, y };
}

// The humps, drawn once for a width and height; `move` puts the line elsewhere.
function drawHumps(svg, data, shown, width, height = width < 500 ? 220 : 270) {
  const box = { left: 12, width: width - 24 };
  box.bottom = height - 40;
  box.height = box.bottom - 34;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("height", height);
  const scale = scaleOf(data.axis, box.left, box.width);
  const top = Math.max(...shown.forget, ...shown.unseen) * 1.04;
  const parts = [make("line", { x1: box.left, x2: box.left + box.width, y1: box.bottom, y2: box.bottom, class: "seat-axis" })];
  for (const { value, label } of ticksOf(data.axis)) {
    const x = box.left + (box.width * (value - data.axis.low)) / (data.axis.high - data.axis.low);
    const anchor = value <= data.axis.low ? "start" : value >= data.axis.high ? "end" : "middle";
    parts.push(make("line", { x1: x, x2: x, y1: box.bottom, y2: box.bottom + 5, class: "seat-axis" }),
      make("text", { x, y: box.bottom + 18, "text-anchor": anchor }, label));
  }
  parts.push(make("text", { x: box.left + box.width / 2, y: height - 4, "text-anchor": "middle" }, data.words.axis));
  const caught = make("rect", { x: box.left, y: box.bottom - box.height, height: box.height, width: 0, class: "seat-caught" });
  parts.push(caught);
  for (const side of ["unseen", "forget"]) {
    const { line, area } = hump(shown[side], box, top);
    parts.push(make("path", { d: area, class: `seat-fill seat-${side}` }), make("path", { d: line, class: `seat-outline seat-${side}` }));
  }
  const names = ["forget", "unseen"].map((side) => label(data, shown, side, box, top));
  const [first, other] = names.map((name) => [Number(name.getAttribute("x")), Number(name.getAttribute("y"))]);
  const long = 30 + 4 * (data.words.forget.length + data.words.unseen.length);
  if (Math.abs(first[0] - other[0]) < long && Math.abs(first[1] - other[1]) < 18) { // one below the other, beside the peak
    const right = first[0] > box.left + box.width / 2;
    names.forEach((name, row) => {
      name.setAttribute("x", first[0] + (right ? -44 : 44));
      name.setAttribute("y", 50 + 20 * row);
      name.setAttribute("text-anchor", right ? "end" : "start");
      name.setAttribute("style", `fill:var(--${row ? "unseen" : "forget"})`);
    });
  }
  parts.push(...names);
  const grip = make("g", { class: "seat-line" },
    make("line", { y1: box.bottom - box.height - 8, y2: box.bottom, x1: 0, x2: 0 }),
    make("circle", { cx: 0, cy: box.bottom - box.height - 14, r: 9 }));
  svg.replaceChildren(...parts, grip);
  return {
    scale,
    move: (line) => {
      const x = scale.x(line);
      grip.setAttribute("transform", `translate(${x},0)`);
      caught.setAttribute("width", Math.max(0, x - box.left));
    },
  };
}

// The set's name on its hump: the forget set's at its own peak, the other's where it stands out most.
function label(data, shown, side, box, top) {
  const other = side === "forget" ? shown.unseen : shown.forget;
  const lead = shown[side].map((value, index) => value - 0.6 * other[index]);
  const peak = lead.indexOf(Math.max(...lead));
  const { x, y } = hump(shown[side], box, top);
  const at = Math.min(box.left + box.width - 40, Math.max(box.left + 40, x(peak)));
  return make("text", { x: at, y: Math.max(26, y(shown[side][peak]) - 8), "text-anchor": "middle",
    class: `seat-name seat-${side}` }, data.words[side]);
}
