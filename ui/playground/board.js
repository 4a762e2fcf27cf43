// The three maps: field, boundary, points, arrows, the lasso and the cursor; and which point is under the mouse.

const FORGET = "#ff7f0e";
const GREY = "#808080";
const ARROW_COLOURS = { ascent: "#ff7f0e", brake: "#d62728", retain: "#2ca02c" };

function colourOf(element, name, otherwise) {
  return getComputedStyle(element).getPropertyValue(`--st-${name}`).trim() || otherwise;
}

function channelsOf(colour) {
  const pen = (channelsOf.pen ??= document.createElement("canvas").getContext("2d", { willReadFrequently: true }));
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 1, 1);
  return pen.getImageData(0, 0, 1, 1).data;
}

function toPixel(size, [x, y]) {
  return [((x + REACH) / (2 * REACH)) * size, ((REACH - y) / (2 * REACH)) * size];
}

function toPlane(canvas, event) {
  const box = canvas.getBoundingClientRect();
  return [((event.clientX - box.left) / box.width) * 2 * REACH - REACH,
    REACH - ((event.clientY - box.top) / box.height) * 2 * REACH];
}

// A class has a colour and a shape: circle, square, triangle.
function shapePath(kind, x, y, r) {
  const path = new Path2D();
  if (kind === 0) path.arc(x, y, r, 0, 7);
  else if (kind === 1) path.rect(x - 0.9 * r, y - 0.9 * r, 1.8 * r, 1.8 * r);
  else {
    path.moveTo(x, y - 1.2 * r);
    path.lineTo(x + 1.1 * r, y + 0.8 * r);
    path.lineTo(x - 1.1 * r, y + 0.8 * r);
    path.closePath();
  }
  return path;
}

// One map. ``scene``: field, classes, side, points, forgotten (a Set), hollow, dashed field, arrows, cursor, lasso.
function drawMap(canvas, scene) {
  const pixels = Math.round(canvas.clientWidth * (window.devicePixelRatio || 1));
  if (!pixels) return;
  if (canvas.width !== pixels) canvas.width = canvas.height = pixels;
  const pen = canvas.getContext("2d");
  const text = colourOf(canvas, "text-color", "#222");
  const paper = colourOf(canvas, "background-color", "#fff");
  const unit = pixels / 300;
  paintField(pen, pixels, scene.field, scene.classes, scene.side, channelsOf(paper));
  pen.lineWidth = 1.6 * unit;
  pen.strokeStyle = text;
  pen.stroke(boundaryPath(scene.field, scene.classes, scene.side, pixels));
  if (scene.dashed) {
    pen.setLineDash([5 * unit, 4 * unit]);
    pen.strokeStyle = GREY;
    pen.lineWidth = 2.2 * unit;
    pen.stroke(boundaryPath(scene.dashed, scene.classes, scene.side, pixels));
    pen.setLineDash([]);
  }
  scene.points.xy.forEach((place, number) => drawPoint(pen, pixels, unit, place, number, scene, text, paper));
  if (scene.arrows) drawArrows(pen, pixels, unit, scene.arrows, scene.longest);
  if (scene.cursor !== null) drawCursor(pen, unit, toPixel(pixels, scene.points.xy[scene.cursor]), text);
  if (scene.lasso) drawLasso(pen, unit, scene.lasso.map((place) => toPixel(pixels, place)), text);
}

function drawPoint(pen, size, unit, place, number, scene, text, paper) {
  const [x, y] = toPixel(size, place);
  const forgotten = scene.forgotten.has(number);
  const kind = scene.points.labels[number];
  const path = shapePath(kind % 3, x, y, 3.1 * unit);
  pen.fillStyle = forgotten && scene.hollow ? paper : `rgb(${CLASS_COLOURS[kind % 4].join()})`;
  pen.fill(path);
  pen.lineWidth = 0.9 * unit;
  pen.strokeStyle = forgotten && scene.hollow ? `rgb(${CLASS_COLOURS[kind % 4].join()})` : paper;
  pen.stroke(path);
  if (scene.wrong.has(number)) ring(pen, x, y, 4.9 * unit, 1.3 * unit, text);
  if (forgotten) ring(pen, x, y, 7 * unit, 2.2 * unit, FORGET);
}

function ring(pen, x, y, radius, width, colour) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 7);
  pen.lineWidth = width;
  pen.strokeStyle = colour;
  pen.stroke();
}

// Rows [x, y, ascent x, y, brake x, y, retain x, y]; nine tenths of all arrows are shorter than ``longest``.
function drawArrows(pen, size, unit, rows, longest) {
  for (const row of rows) {
    const from = toPixel(size, row);
    ["ascent", "retain", "brake"].forEach((name) => {
      const at = { ascent: 2, brake: 4, retain: 6 }[name];
      const length = Math.hypot(row[at], row[at + 1]);
      if (length < longest * 1e-4) return;
      const shown = 30 * unit * Math.min(1, Math.sqrt(length / longest));
      const along = [(row[at] / length) * shown, (-row[at + 1] / length) * shown];
      drawArrow(pen, from, along, unit, ARROW_COLOURS[name]);
    });
  }
}

function drawArrow(pen, [x, y], [dx, dy], unit, colour) {
  const length = Math.hypot(dx, dy);
  const [ux, uy] = [dx / length, dy / length];
  const head = Math.min(5 * unit, 0.6 * length);
  pen.strokeStyle = pen.fillStyle = colour;
  pen.lineWidth = 1.9 * unit;
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(x + dx - ux * head, y + dy - uy * head);
  pen.stroke();
  pen.beginPath();
  pen.moveTo(x + dx, y + dy);
  pen.lineTo(x + dx - ux * head - uy * 0.6 * head, y + dy - uy * head + ux * 0.6 * head);
  pen.lineTo(x + dx - ux * head + uy * 0.6 * head, y + dy - uy * head - ux * 0.6 * head);
  pen.fill();
}

function drawCursor(pen, unit, [x, y], colour) {
  pen.setLineDash([3 * unit, 2 * unit]);
  ring(pen, x, y, 10 * unit, 1.6 * unit, colour);
  pen.setLineDash([]);
}

function drawLasso(pen, unit, places, colour) {
  pen.beginPath();
  places.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.closePath();
  pen.lineWidth = 1.5 * unit;
  pen.strokeStyle = colour;
  pen.setLineDash([4 * unit, 3 * unit]);
  pen.stroke();
  pen.setLineDash([]);
  pen.fillStyle = "rgba(255,127,14,0.15)";
  pen.fill();
}

// The point nearest to a place, where it is near enough to be meant; else null.
function pointAt(points, place, reach = 0.12) {
  let best = null;
  points.xy.forEach(([x, y], number) => {
    const away = Math.hypot(x - place[0], y - place[1]);
    if (away < reach) [best, reach] = [number, away];
  });
  return best;
}

// The nearest point in a direction of the arrow keys.
function neighbour(points, from, [dx, dy]) {
  let [best, least] = [from, Infinity];
  points.xy.forEach(([x, y], number) => {
    const [ax, ay] = [x - points.xy[from][0], y - points.xy[from][1]];
    const ahead = ax * dx + ay * dy;
    const aside = Math.abs(ax * dy - ay * dx);
    if (number !== from && ahead > 1e-9 && ahead >= aside && ahead + 2 * aside < least) {
      [best, least] = [number, ahead + 2 * aside];
    }
  });
  return best;
}

function inside(polygon, [x, y]) {
  let odd = false;
  polygon.forEach(([ax, ay], i) => {
    const [bx, by] = polygon[(i + 1) % polygon.length];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
  });
  return odd;
}
