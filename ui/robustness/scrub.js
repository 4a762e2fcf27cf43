// The browser's half of scrub.py: two sliders run through the end states of a grid, all of which are here already.
// Every text is set as textContent; nothing is asked of the server until a cell is opened.

const SVG = "http://www.w3.org/2000/svg";

function make(tag, name, parent, text = "") {
  const one = document.createElement(tag);
  if (name) one.className = name;
  one.textContent = text;
  parent.append(one);
  return one;
}

function slider(parent, axis, at, moved) {
  const label = make("label", "scrub-slider", parent);
  make("span", "", label, axis.title);
  const input = make("input", "", label);
  Object.assign(input, { type: "range", min: 0, max: axis.labels.length - 1, step: 1, value: at });
  const value = make("output", "", label);
  const tell = () => {
    value.textContent = axis.labels[input.value];
    input.setAttribute("aria-valuetext", axis.labels[input.value]);
  };
  input.addEventListener("input", () => { tell(); moved(Number(input.value)); });
  tell();
  return { set: (to) => { input.value = to; tell(); } };
}

// A number on its scale with the chance range in grey: a dot inside or outside of it.
function gauge(parent, one) {
  const box = make("div", "scrub-number", parent);
  make("span", "scrub-title", box, one.title);
  make("b", "", box, one.text);
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", "0 0 100 12");
  picture.setAttribute("preserveAspectRatio", "none");
  picture.setAttribute("aria-hidden", "true");
  const put = (tag, attributes) => {
    const part = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) part.setAttribute(name, value);
    picture.append(part);
  };
  const place = (value) => 100 * Math.min(1, Math.max(0, (value - one.low) / (one.high - one.low)));
  put("rect", { x: 0, y: 5, width: 100, height: 2, class: "scrub-rail" });
  if (one.band) {
    const [from, to] = one.band.map(place);
    put("rect", { x: from, y: 1, width: Math.max(1, to - from), height: 10, class: "scrub-band" });
  }
  if (one.value !== null) put("rect", { x: place(one.value) - 0.7, y: 0, width: 1.4, height: 12, fill: one.colour });
  box.append(picture);
  make("small", "", box, one.note);
}

function show(root, data, at) {
  const cell = data.cells[at[1]][at[0]];
  root.out.replaceChildren();
  const heading = make("div", "scrub-said", root.out);
  make("b", "", heading, cell.name);
  make("span", `scrub-verdict ${cell.kind}`, heading, cell.verdict);
  const numbers = make("div", "scrub-numbers", root.out);
  cell.numbers.forEach((one) => gauge(numbers, one));
}

export default function ({ data, parentElement, setTriggerValue }) {
  const element = parentElement.querySelector(".scrub");
  const key = JSON.stringify([data.across, data.down]);
  const root = (element.scrub ??= {});
  root.data = data;
  root.send = setTriggerValue;
  const told = JSON.stringify(data.at);
  if (root.key !== key) {
    root.key = key;
    root.at = [...data.at];
    element.replaceChildren();
    const bar = make("div", "scrub-bar", element);
    const move = (side) => (to) => { root.at[side] = to; show(root, root.data, root.at); };
    root.sides = [slider(bar, data.across, root.at[0], move(0)), slider(bar, data.down, root.at[1], move(1))];
    const open = make("button", "scrub-open", bar, "Open this cell");
    open.type = "button";
    open.addEventListener("click", () => root.send("open", [...root.at]));
    root.out = make("div", "scrub-out", element);
    root.out.setAttribute("aria-live", "polite");
  } else if (root.told !== told) { // another cell was opened by a click on the map
    root.at = [...data.at];
    root.sides.forEach((side, index) => side.set(root.at[index]));
  }
  root.told = told;
  show(root, data, root.at);
}
