// The browser's half of ui/live_chart.py: one Plotly chart, drawn once and then updated in place by Plotly.react.
// Streamlit calls the default export for every change of the data or of the theme, always with the same parent.

const CONFIG = {
  displaylogo: false,
  showSendToCloud: false, // nothing leaves this machine
  plotlyServerURL: "",
  modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "sendChartToCloud"],
  toImageButtonOptions: { format: "png", scale: 2 },
};

const BESIDE_MAP = 150; // pixels of a map's axis and colour bar
const NUMBER = 28; // pixels that a square's number takes

// One download a page, shared by all charts; a failed one may be tried again by the next update.
function loadPlotly(src) {
  if (window.Plotly?.react) return Promise.resolve(window.Plotly);
  window.__livePlotly ??= new Promise((loaded, failed) => {
    const script = document.createElement("script");
    const fail = () => {
      delete window.__livePlotly;
      script.remove();
      failed(new Error(`Plotly did not load from ${script.src}`));
    };
    script.src = src;
    script.onerror = fail;
    script.onload = () => (window.Plotly?.react ? loaded(window.Plotly) : fail());
    document.head.appendChild(script);
  });
  return window.__livePlotly;
}

const light = (channels) => {
  const [r, g, b] = channels.map((value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

// A colour as one reads texts in it: nearer to the page's text, until it stands out from the page by 4.5:1.
function legible(colour, text, page) {
  if (![colour, text, page].every((one) => /^#[0-9a-f]{6}$/i.test(one))) return colour;
  const [from, to, back] = [colour, text, page].map(channels);
  for (let share = 0; share <= 1; share += 0.1) {
    const mixed = from.map((value, i) => Math.round(value + share * (to[i] - value)));
    const [high, low] = [light(mixed), light(back)].sort((a, b) => b - a);
    if ((high + 0.05) / (low + 0.05) >= 4.6) return `#${mixed.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
  }
  return text;
}

// What the figure leaves open (fonts, grid, hover box) comes from Streamlit's theme, so it follows a theme switch.
function themed(layout, element) {
  const style = getComputedStyle(element);
  const css = (name, otherwise) => style.getPropertyValue(`--st-${name}`).trim() || otherwise;
  const text = css("text-color", "#444");
  const line = css("border-color", "rgba(128,128,128,0.3)");
  const font = { color: text, family: css("font", "sans-serif"), size: 12 };
  const clear = "rgba(0,0,0,0)";
  const page = layout.paper_bgcolor?.startsWith("#") ? layout.paper_bgcolor : css("background-color", "#ffffff");
  const ink = (colour) => legible(colour, text, page);
  const inText = (said) => said?.replace(/color:\s*(#[0-9a-f]{6})/gi, (_, colour) => `color:${ink(colour)}`);
  const dressed = { paper_bgcolor: clear, plot_bgcolor: clear, ...layout, font: { ...font, ...layout.font } };
  if (layout.annotations) {
    dressed.annotations = layout.annotations.map((one) => ({ ...one, text: inText(one.text),
      ...(one.font?.color && { font: { ...one.font, color: ink(one.font.color) } }) }));
  }
  if (layout.title?.text) dressed.title = { ...layout.title, text: inText(layout.title.text) };
  const axes = Object.keys(layout).filter((name) => /^[xy]axis\d*$/.test(name));
  for (const name of new Set([...axes, "xaxis", "yaxis"])) {
    const { title } = layout[name] ?? {};
    dressed[name] = { gridcolor: line, zerolinecolor: line, linecolor: line, automargin: true, ...layout[name],
      ...(title?.text && { title: { ...title, text: inText(title.text) } }) };
  }
  const box = { bgcolor: css("background-color", "#fff"), bordercolor: line, font };
  dressed.hoverlabel = { ...box, ...layout.hoverlabel };
  dressed.modebar = { bgcolor: clear, color: line, activecolor: text, ...layout.modebar };
  return dressed;
}

// Plotly keeps zoom, pan and hidden traces while "uirevision" is the same; a new revision is a new subject.
function renewed(layout, revision) {
  if (revision === null) return layout;
  const fresh = { ...layout, uirevision: `${layout.uirevision ?? ""}/${revision}` };
  for (const [name, part] of Object.entries(layout)) {
    if (part?.uirevision !== undefined) fresh[name] = { ...part, uirevision: `${part.uirevision}/${revision}` };
  }
  return fresh;
}

// The layout with a heading that fits: a line that is too wide continues below, and the plot makes room. Plotly does neither.
function fitted(layout, width) {
  const { text, font } = layout.title ?? {};
  if (!text) return layout;
  const pen = (fitted.pen ??= document.createElement("canvas").getContext("2d"));
  const room = width - 2 * (layout.title.pad?.l ?? 0);
  let size = font?.size ?? layout.font.size;
  let more = 0;
  const lines = text.split("<br>").flatMap((line) => {
    size = Number(/font-size:(\d+)px/.exec(line)?.[1] ?? size);
    pen.font = `${size}px ${layout.font.family}`;
    const broken = [];
    for (const word of line.split(/ (?![^<]*>)/)) {
      const longer = broken.length ? `${broken.at(-1)} ${word}` : word;
      if (!broken.length || pen.measureText(longer.replace(/<[^>]*>/g, "")).width > room) broken.push(word);
      else broken.splice(-1, 1, longer);
    }
    more += Math.round((broken.length - 1) * size * 1.3);
    return broken;
  });
  const t = (layout.margin?.t ?? 100) + more;
  if (layout.height - t - (layout.margin?.b ?? 80) < 60) return layout; // a small chart's plot matters more
  return { ...layout, title: { ...layout.title, text: lines.join("<br>") }, margin: { ...layout.margin, t } };
}

// A map whose squares are too narrow for their numbers goes without them, and its columns' names stand upright. The
// numbers remain in the square's hover text and in the table below.
function narrowed(figure, layout, width) {
  const { columns } = layout.meta ?? {};
  if (!columns || (width - BESIDE_MAP) / columns >= NUMBER) return { data: figure.data, layout };
  return { data: figure.data.map((trace) => (trace.name === "value" ? { ...trace, visible: false } : trace)),
    layout: { ...layout, xaxis: { ...layout.xaxis, tickangle: -90 } } };
}

// What a chart says to those who cannot see it: its own description, or its heading, which holds the latest numbers.
function described(layout) {
  const heading = (layout.title?.text ?? "").replace(/<br>/g, ". ").replace(/<[^>]*>/g, "");
  return [heading, layout.meta?.alt].filter(Boolean).join(". ");
}

async function draw(element, state, data, turn) {
  const Plotly = await loadPlotly(data.src);
  await state.released; // a click is lost when its chart changes between press and release
  if (turn !== state.turn || !element.isConnected) return; // a newer update waits, or the chart is gone
  const figure = JSON.parse(data.spec);
  const layout = { ...renewed(themed(figure.layout, element), data.revision), height: data.height, autosize: true };
  delete layout.width;
  state.layout = layout;
  if (state.note) element.replaceChildren();
  state.note = false;
  const config = layout.meta?.marks ? { ...CONFIG, modeBarButtonsToRemove: ["autoScale2d", "sendChartToCloud"] } : CONFIG;
  const image = { ...CONFIG.toImageButtonOptions, ...(layout.meta?.image ? { format: layout.meta.image } : {}) };
  state.react = () => {
    const drawn = narrowed(figure, fitted(layout, element.offsetWidth), element.offsetWidth);
    return Plotly.react(element, drawn.data, drawn.layout, { ...config, toImageButtonOptions: image });
  };
  await state.react();
  state.figure = figure;
  if (!state.bound) bind(element, state, Plotly);
  if (layout.meta?.columns) {
    placeCursor(state);
    state.cursor ??= bindCursor(element, state, Plotly);
    state.cursor();
    return;
  }
  element.setAttribute("role", "img");
  element.setAttribute("aria-label", described(figure.layout));
}

// Where a chart asks for it, the line under the mouse stays and those of other groups fade. Only looks change, no data.
function faded(element, group) {
  element.data.forEach((trace, at) => {
    const lines = element.querySelectorAll(".scatterlayer > .trace")[at];
    if (lines) lines.style.opacity = group && trace.legendgroup && trace.legendgroup !== group ? 0.18 : "";
  });
}

// Which points these are: the number of each one's trace, and its own in it.
const places = (points) => points.map((point) => [point.curveNumber, point.pointNumber]);

function bind(element, state, Plotly) {
  state.bound = true;
  const quiet = () => element.querySelectorAll(".modebar-btn").forEach((button) => button.setAttribute("tabindex", "-1"));
  element.on("plotly_afterplot", quiet); // a mouse finds them; with Tab they would be a dozen stops a chart
  quiet();
  element.on("plotly_hover", ({ points: [point] }) => {
    if (state.layout.meta?.highlight) faded(element, point.data.legendgroup);
  });
  element.on("plotly_unhover", () => faded(element, null));
  element.on("plotly_click", ({ points: [point] }) => {
    if (state.layout.meta?.marks) state.send("marked", places([point]));
    else state.send("click", { x: point.x ?? null, y: point.y ?? null, z: point.z ?? null });
  });
  element.on("plotly_selected", (event) => {
    if (state.layout.meta?.marks && event) state.send("marked", places(event.points));
  });
  element.on("plotly_deselect", () => { if (state.layout.meta?.marks) state.send("marked", []); });
  element.addEventListener("pointerdown", () => {
    state.released = new Promise((go) => {
      const once = new AbortController();
      const release = () => { once.abort(); setTimeout(go); };
      for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, release, { signal: once.signal });
    });
  }, true);
  let width = element.offsetWidth;
  state.sizes = new ResizeObserver(() => requestAnimationFrame(() => {
    if (!element.offsetWidth || element.offsetWidth === width) return;
    width = element.offsetWidth; // the sidebar moved, or the tab that holds the chart is shown
    if (state.layout.meta?.columns) {
      state.react().then(() => state.cursor?.());
      return;
    }
    const { title, margin } = fitted(state.layout, width);
    Plotly.relayout(element, { ...(title && { "title.text": title.text, "margin.t": margin.t }), autosize: true });
  }));
  state.sizes.observe(element);
}

function say(element, state, error) {
  if (state.bound) return console.warn(error); // what shows is better than a sentence
  const note = document.createElement("p");
  note.textContent = `This chart cannot be drawn: ${error.message}. Reload the page; if it stays, restart the app.`;
  element.replaceChildren(note);
  state.note = true;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const element = parentElement.querySelector(".live-chart");
  const state = (element.liveChart ??= { turn: 0, queue: Promise.resolve() });
  element.style.height = `${data.height}px`;
  state.send = setTriggerValue; // always the newest
  const turn = ++state.turn;
  state.queue = state.queue.then(() => draw(element, state, data, turn)).catch((error) => say(element, state, error));
  // Streamlit also calls this for an update that a newer one overtook, so only a chart off the page is cleared.
  return () => setTimeout(() => {
    if (element.isConnected) return;
    state.sizes?.disconnect();
    window.Plotly?.purge(element);
  });
}
