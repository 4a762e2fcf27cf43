// The ROC beside the humps: the curve with its exact band, the chance diagonal, and the point where the line stands.

function drawRoc(svg, data, models, width, logarithmic) {
  const [height, left, bottom] = [width < 500 ? 220 : 270, 46, 40];
  const box = { left, top: 10, width: width - left - 12, height: height - bottom - 10 };
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("height", height);
  const floor = [Math.log10(1 / models.main.others) - 0.3, Math.log10(1 / models.main.members) - 0.3];
  const part = (share, low) => (logarithmic ? Math.max(0, 1 - Math.log10(Math.max(share, 1e-12)) / low) : share);
  const x = (share) => box.left + box.width * part(share, floor[0]);
  const y = (share) => box.top + box.height * (1 - part(share, floor[1]));
  const resolution = x(1 / models.main.others) - box.left;
  const parts = [
    make("rect", { x: box.left, y: box.top, width: resolution, height: box.height, class: "seat-blind" }),
    make("path", { d: band(models.main, data.interval, x, y), class: "seat-band" }),
    make("path", { d: diagonal(x, y, logarithmic, floor), class: "seat-chance" }),
    ...ticks(box, x, y, logarithmic, floor, models.main),
  ];
  if (models.second) parts.push(make("path", { d: curve(models.second, x, y), class: "seat-second" }));
  parts.push(make("path", { d: curve(models.main, x, y), class: "seat-curve" }));
  const second = models.second ? make("circle", { r: 5, class: "seat-point-second" }) : null;
  const point = make("circle", { r: 7, class: "seat-point" });
  svg.replaceChildren(...parts, ...(second ? [second] : []), point);
  const put = (circle, found) => {
    circle.setAttribute("cx", x(found.fpr));
    circle.setAttribute("cy", y(found.tpr));
  };
  return (line) => {
    put(point, models.main.count(line));
    if (second) put(second, models.second.count(line));
  };
}

const joined = (points) => points.map(([x, y], index) => `${index ? "L" : "M"}${x.toFixed(1)},${y.toFixed(1)}`).join("");

function curve(model, x, y) {
  return joined(model.caught.map((caught, index) => [x(model.accused[index] / model.others), y(caught / model.members)]));
}

function band(model, table, x, y) {
  const spans = model.caught.map((caught, index) => [x(model.accused[index] / model.others), ...interval(table, caught)]);
  return `${joined([...spans.map(([at, low]) => [at, y(low)]), ...spans.reverse().map(([at, , high]) => [at, y(high)])])}Z`;
}

function diagonal(x, y, logarithmic, floor) {
  const low = logarithmic ? Math.max(floor[0], floor[1]) : 0;
  const shares = logarithmic ? [low, 0].map((power) => 10 ** power) : [0, 1];
  return joined(shares.map((share) => [x(share), y(share)]));
}

function ticks(box, x, y, logarithmic, floor, model) {
  const all = logarithmic ? [0.0001, 0.001, 0.01, 0.1, 1] : box.width < 240 ? [0, 0.5, 1] : [0, 0.25, 0.5, 0.75, 1];
  const right = box.left + box.width;
  const bottom = box.top + box.height;
  const parts = [make("rect", { x: box.left, y: box.top, width: box.width, height: box.height, class: "seat-frame" })];
  const short = (share) => `${Number((100 * share).toPrecision(3))}%`;
  for (const share of all) {
    if (!logarithmic || share >= 1 / model.others) {
      parts.push(make("text", { x: x(share), y: bottom + 16, "text-anchor": share === 1 ? "end" : "middle" }, short(share)));
    }
    if (!logarithmic || share >= 1 / model.members) {
      parts.push(make("text", { x: box.left - 5, y: y(share) + 4, "text-anchor": "end" }, short(share)));
      parts.push(make("line", { x1: box.left, x2: right, y1: y(share), y2: y(share), class: "seat-grid" }));
    }
  }
  parts.push(make("text", { x: box.left + box.width / 2, y: bottom + 34, "text-anchor": "middle" }, "wrongly accused"));
  parts.push(make("text", { x: 12, y: box.top + box.height / 2, "text-anchor": "middle",
    transform: `rotate(-90 12 ${box.top + box.height / 2})` }, "caught"));
  return parts;
}
