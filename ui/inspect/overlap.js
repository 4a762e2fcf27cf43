// Two or three circles with numbers in their parts; ui/inspect/overlap.py says where everything stands.

const SVG = "http://www.w3.org/2000/svg";

function make(tag, attributes, text = "") {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  return element;
}

export default function ({ data, parentElement }) {
  const svg = make("svg", { viewBox: `0 0 ${data.box.join(" ")}`, role: "img", "aria-label": data.label,
    style: "display:block;width:100%;max-width:22rem;margin:auto" });
  svg.append(
    ...data.circles.map(({ x, y, colour }) => make("circle", { cx: x, cy: y, r: data.radius, fill: colour,
      "fill-opacity": 0.28, stroke: colour, "stroke-width": 2.5 })),
    ...data.texts.map(({ x, y, size, text }) => make("text", { x, y, "font-size": size, "text-anchor": "middle",
      style: "fill:var(--st-text-color);font-family:var(--st-font)" }, text)),
  );
  parentElement.querySelector(".overlap").replaceChildren(svg);
}
