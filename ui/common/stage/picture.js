// The charts as one picture with a caption, as SVG or as PNG: light, and with its styles written into it, so that it
// opens anywhere. It shows what is on the screen: the step of the playhead, the view and the axis.

const PICTURE_STYLE = `text{font:13px sans-serif}text:not([fill]){fill:#1b2330}.stage-title{font-weight:600}.stage-tick{font-size:11px}
.stage-label{font-weight:700;paint-order:stroke;stroke:#fff;stroke-width:3px}.stage-axis{stroke:#888}.stage-grid{stroke:#ddd}
.stage-band{fill:rgba(128,128,128,.25)}.stage-head{stroke:#1b2330;opacity:.35}.stage-caption{font-size:12px}`;
const PICTURE_SCALE = 2; // pixels of a PNG for each of the screen's
const LINE = 18;

function savePicture(state, asPixels) {
  const picture = drawPicture(state);
  if (!picture) return;
  const blob = new Blob([new XMLSerializer().serializeToString(picture)], { type: "image/svg+xml" });
  if (asPixels) toPixels(picture, blob, (pixels) => download(pixels, `${state.data.run}.png`));
  else download(blob, `${state.data.run}.svg`);
}

function drawPicture(state) {
  const rows = [state.parts.heroes, state.parts.curves].map((part) => [...part.querySelectorAll("svg")]).filter((row) => row.length);
  if (!rows.length) return null;
  const size = (one, side) => Number(one.getAttribute(side));
  const width = Math.max(...rows.map((row) => row.reduce((sum, one) => sum + size(one, "width"), 0)));
  const charts = rows.map((row) => Math.max(...row.map((one) => size(one, "height"))));
  const lines = captionLines(state, width);
  const height = charts.reduce((sum, one) => sum + one, 0) + LINE * lines.length + 12;
  const whole = svg("svg", { xmlns: NS, width, height, viewBox: `0 0 ${width} ${height}` });
  whole.append(svg("title", {}, state.data.caption), svg("style", {}, PICTURE_STYLE), svg("rect", { width: "100%", height: "100%", fill: "#fff" }));
  let y = 0;
  rows.forEach((row, i) => {
    let x = 0;
    for (const one of row) {
      const place = svg("g", { transform: `translate(${x},${y})` });
      place.append(...one.cloneNode(true).childNodes);
      whole.append(place);
      x += size(one, "width");
    }
    y += charts[i];
  });
  lines.forEach((text, i) => whole.append(svg("text", { x: 14, y: y + LINE * (i + 1) - 2, class: "stage-caption" }, text)));
  return whole;
}

// What the run is, where it stands, and its three numbers, in lines that fit.
function captionLines(state, width) {
  const numbers = [...state.parts.gauges.children].map((one) => {
    const [title, value, end, note] = [".stage-gauge-title > span", ".stage-gauge-value", ".stage-at-end", ".stage-gauge-note"]
      .map((part) => one.querySelector(part)?.textContent.trim());
    const more = [end, note].filter(Boolean).join(" · ");
    return `${title} ${value}${more ? ` (${more})` : ""}`;
  });
  const most = Math.max(40, Math.floor(width / 6.4));
  return [`${state.data.caption}, ${state.where.textContent}.`, `${numbers.join("; ")}.`].flatMap((text) => wrapped(text, most));
}

function wrapped(text, most) {
  const lines = [""];
  for (const word of text.split(" ")) {
    if (lines.at(-1) && lines.at(-1).length + word.length + 1 > most) lines.push(word);
    else lines[lines.length - 1] += (lines.at(-1) ? " " : "") + word;
  }
  return lines;
}

function toPixels(picture, blob, then) {
  const url = URL.createObjectURL(blob);
  const image = new Image();
  image.onload = () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: PICTURE_SCALE * picture.getAttribute("width"), height: PICTURE_SCALE * picture.getAttribute("height") });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    URL.revokeObjectURL(url);
    canvas.toBlob(then, "image/png");
  };
  image.src = url;
}

function download(blob, name) {
  const url = URL.createObjectURL(blob);
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
