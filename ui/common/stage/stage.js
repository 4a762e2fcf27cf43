// A run in motion: playhead, controls, keys. Everything a replay needs is here, so playing asks nothing of the server.
// Streamlit calls the default export for every change of the data, always with the same parent.

const SECONDS = 4; // that a whole run takes to play at speed 1, however fast it was computed
const FRAME = 30; // milliseconds between two frames, at least: smooth, and half the work that a display at 60 Hz would ask for
const AXES = { step: "steps", samples: "samples", seconds: "seconds" };
const LEAST = { hero: 150, curve: 105 }; // pixels of a chart on a projector, whose lines are still told apart
const NARROW = "(max-width: 700px)"; // as in stage.css: the tiles lie one below the other
const BETWEEN = 22; // pixels between its parts
const calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

function gaugeNow(one, reading, atEnd) {
  if (atEnd && one.now !== null) return one.now;
  if (one.key in reading.attacks) return reading.attacks[one.key];
  if (one.key === "accuracy_gap") return Math.abs(reading.accuracy.forget - reading.accuracy.test);
  return reading.accuracy[one.key.replace("_accuracy", "")] ?? one.now;
}

function build(element, state) {
  const root = html("div", "stage-root");
  const parts = { gauges: html("div", "stage-gauges"), legend: html("div"), heroes: html("div", "stage-heroes"), controls: html("div", "stage-controls"), curves: html("div", "stage-heroes") };
  parts.frames = [framed(state.data.help), framed(null)];
  parts.curves.append(...parts.frames);
  const play = html("button", "stage-button", "▶ Replay");
  const slider = Object.assign(html("input", "stage-slider"), { type: "range", min: 0, step: "any" });
  slider.setAttribute("aria-label", "Replay: drag through the run");
  const where = html("span", "stage-where");
  const speed = choice(["0.5×", "1×", "2×"], 1, "Speed", (i) => { state.speed = [0.5, 1, 2][i]; });
  const view = choice(["usual view", "two humps", "cumulative"], 0, "View", (i) => { state.view = ["usual", "density", "cumulative"][i]; paint(state); });
  const axis = choice(Object.values(AXES), 0, "Horizontal axis", (i) => { state.axis = Object.keys(AXES)[i]; paint(state); });
  const save = ["SVG", "PNG"].map((kind) => Object.assign(html("button", "stage-button", `Save ${kind}`), { title: "The charts as they stand, with a caption", onclick: () => savePicture(state, kind === "PNG") }));
  play.onclick = () => toggle(state);
  slider.oninput = () => { state.playing = state.follow = false; state.position = Number(slider.value); paint(state); };
  slider.onchange = () => keepStep(state);
  parts.controls.append(play, slider, where, speed, view, axis, ...save);
  root.classList.toggle("stage-compact", state.data.compact);
  root.append(parts.gauges, parts.legend, parts.heroes, parts.controls, parts.curves);
  const table = html("details", "stage-table");
  table.append(html("summary", "", "As a table"));
  table.ontoggle = () => fillTable(table, state);
  root.append(table);
  element.replaceChildren(root);
  Object.assign(state, { parts, play, slider, where, table, axis: "step", view: "usual", speed: 1 });
  state.sizes = new ResizeObserver(() => requestAnimationFrame(() => element.offsetWidth !== state.width && paint(state)));
  state.sizes.observe(element);
  state.around = new ResizeObserver(() => requestAnimationFrame(() => refit(state, element)));
  const page = element.closest(".stMainBlockContainer");
  if (page) state.around.observe(page);
  window.addEventListener("resize", (state.onResize = () => refit(state, element)));
  document.addEventListener("keydown", (state.keys = (event) => onKey(state, element, event)));
}

function choice(labels, first, label, onChange) {
  const select = html("select", "stage-select");
  select.setAttribute("aria-label", label);
  labels.forEach((text, i) => select.append(new Option(text, i, i === first, i === first)));
  select.onchange = () => onChange(Number(select.value));
  return select;
}

// Whether the key belongs to what has the focus. A button or link that was clicked keeps the focus, but no key is meant
// for it: only where the keyboard brought it there, which is when the focus shows.
function usesKeys({ target, key }) {
  const on = target.closest?.("input, textarea, select, button, [contenteditable], [role=slider], [role=combobox], a");
  if (!on) return false;
  if (on.matches("input[type=range]")) return key !== " ";
  return !on.matches("button, a, input[type=radio], input[type=checkbox]") || on.matches(":focus-visible");
}

function onKey(state, element, event) {
  if (!element.isConnected || event.ctrlKey || event.metaKey || event.altKey) return;
  if (usesKeys(event)) return;
  if (event.key === " ") { toggle(state); event.preventDefault(); }
  const [here, last] = [Math.round(state.position), state.data.points.length - 1];
  const to = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: last }[event.key];
  if (to === undefined) return;
  state.playing = state.follow = false;
  state.position = Math.min(last, Math.max(0, to));
  paint(state);
  clearTimeout(state.keeping); // a key held down: browsers allow few changes of the address a second
  state.keeping = setTimeout(() => keepStep(state), event.repeat ? 200 : 0);
  event.preventDefault();
}

function toggle(state) {
  const last = state.data.points.length - 1;
  if (state.playing) { state.playing = state.follow = false; keepStep(state); paint(state); return; }
  if (state.position >= last) state.position = 0;
  state.follow = true;
  start(state);
}

function start(state) {
  if (state.playing) return;
  state.playing = true;
  let then = performance.now();
  const tick = (now) => {
    if (!state.playing || !state.element.isConnected) return;
    if (now - then < FRAME) { requestAnimationFrame(tick); return; }
    const last = state.data.points.length - 1;
    const pace = (Math.max(12, last) / SECONDS) * state.speed;
    state.position = Math.min(last, state.position + (pace * Math.max(0, Math.min(100, now - then))) / 1000); // a frame's time may lie before the start
    then = now;
    if (state.position >= last) {
      state.playing = false;
      if (state.data.compact && !calm()) setTimeout(() => { if (state.element.isConnected) { state.position = 0; start(state); } }, 2500);
    }
    paint(state);
    if (state.playing) requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}

// The step is kept in the address, so that a copied link opens there; the end needs no mention.
function keepStep(state) {
  if (state.data.compact || !state.element.isConnected) return;
  const address = new URL(window.location.href);
  const step = state.data.points[Math.round(state.position)]?.step;
  if (state.position >= state.data.points.length - 1) address.searchParams.delete("at");
  else address.searchParams.set("at", step);
  try { window.history.replaceState(window.history.state, "", address); } catch { /* a page without an address of its own, such as a preview */ }
}

// Heights of the charts. On a projector the picture ends where the screen does, as far as charts stay legible.
function heightsOf(state, wide) {
  const { data, parts, element } = state;
  if (!data.fit || !wide) return { hero: data.compact ? 250 : 230, curve: 190 };
  const top = element.getBoundingClientRect().top + (element.closest(".stMain")?.scrollTop ?? window.scrollY);
  const free = window.innerHeight - top - parts.gauges.offsetHeight - parts.legend.offsetHeight - parts.controls.offsetHeight - BETWEEN;
  const hero = Math.max(LEAST.hero, Math.round(0.58 * free));
  return (state.heights = { hero, curve: Math.max(LEAST.curve, free - hero) });
}

// What is above the picture has changed its height, or the window: the charts take what is left.
function refit(state, element) {
  if (!state.data?.fit || state.playing || !element.offsetWidth) return;
  const before = state.heights;
  const now = heightsOf(state, element.offsetWidth >= 620);
  if (before?.hero !== now.hero || before?.curve !== now.curve) paint(state);
}

function paint(state) {
  const { data, parts, element } = state;
  if (!data.points.length) return;
  const last = data.points.length - 1;
  const atEnd = state.position >= last && data.ended;
  const reading = readingAt(state, Math.min(last, state.position));
  const width = (state.width = element.offsetWidth || 600);
  const wide = width >= 620 && !data.compact;
  const w = wide ? Math.floor((width - 20) / 2) : width;
  const away = data.ended && !atEnd && !data.compact;
  element.toggleAttribute("data-away", away); // style.css then marks what is said of the end above and below the picture
  const stacked = !data.compact && window.matchMedia(NARROW).matches;
  const room = Math.max(80, (stacked ? width : width / data.gauges.length) - 28);
  parts.gauges.replaceChildren(...data.gauges.map((one) => gauge(one, gaugeNow(one, reading, atEnd), room, atEnd && data.damaged, atEnd, away)));
  explain(state);
  const byClass = state.view === "usual" && data.classes;
  const drawnView = state.view === "cumulative" ? "cumulative" : "density";
  const top = drawnView === "cumulative" ? 1 : state.top;
  const heights = heightsOf(state, wide);
  const size = { w, h: heights.hero };
  const said = reading.overlap === null ? "" : `, ${reading.overlap.toFixed(0)}% in common`;
  const kept = `This recorded run kept its losses at its start ${data.points[last].forget ? "and its end " : ""}only.`;
  const panel = (shown, heading, retrained) => (byClass
    ? classBars(size, shown, data.classes, data.forgotten, `${heading.split(",")[0]}: accuracy by class, %`, `${heading}: accuracy by class`)
    : humps(size, shown, retrained, state.bins, top, drawnView, data.names, heading, `${heading}: losses of the forget and ${data.names.test} samples`, wide ? null : data.points[0].forget, kept));
  const title = atEnd ? "Now" : data.ended || state.position < last ? `At step ${reading.step.toLocaleString("en")}` : "Now";
  const before = data.points[0].overlap === null ? "" : `, ${data.points[0].overlap.toFixed(0)}% in common`;
  const heroes = [panel(reading, `${data.compact ? `Step ${reading.step}` : title}${said}`, data.retrained)];
  if (wide) heroes.unshift(panel(data.points[0], `Before${before}`, null));
  else if (byClass) heroes.push(panel(data.points[0], "Before", null)); // bars have no room for their beginning
  parts.heroes.replaceChildren(...(data.note ? [html("p", "stage-note", data.note)] : heroes));
  if (!data.compact) paintCurves(state, reading, atEnd, { w, h: heights.curve });
  parts.controls.hidden = data.compact || last < 1;
  state.slider.max = last;
  state.slider.value = state.position;
  state.play.textContent = state.playing ? "❚❚ Pause" : "▶ Replay";
  state.where.textContent = `step ${reading.step.toLocaleString("en")} of ${(data.total ?? data.points[last].step).toLocaleString("en")}`;
  element.dataset.position = state.position.toFixed(2);
  element.dataset.frames = String(data.points.length);
}

// The legend is drawn when it changes only: a redraw would take the keyboard's focus from its words.
function explain(state) {
  const { data, parts } = state;
  const humps = !data.note && !(state.view === "usual" && data.classes);
  const key = data.compact ? "" : `${humps} ${data.bands.length} ${Boolean(data.retrained)}`;
  if (state.explained === key) return;
  state.explained = key;
  parts.legend.replaceChildren(...(key ? [legend(data.terms, humps, data.gauges.some((one) => one.band), data.gauges.some((one) => one.retrained !== null))] : []));
}

function paintCurves(state, reading, atEnd, size) {
  const { data, parts } = state;
  const xs = data.points.map((point) => point[state.axis]);
  const head = { x: reading.x, end: atEnd };
  const final = (key) => data.gauges.find((one) => one.key === key)?.now;
  const attacks = Object.entries(data.attacks).map(([key, one]) => ({ name: one.label.replace(/ attack$/, ""), colour: one.colour, values: state.attacks[key], level: data.retrained?.attacks[key], now: atEnd ? one.now ?? reading.attacks[key] : reading.attacks[key] }));
  const accuracy = ["retain", "forget", "test"].map((key) => ({ name: key, colour: COLOURS[key], values: data.points.map((point) => point.accuracy[key]), level: data.retrained?.accuracy[key], now: (atEnd && final(`${key}_accuracy`)) || reading.accuracy[key] }));
  const axis = { step: "steps", samples: "samples processed", seconds: "training time, s" }[state.axis];
  const say = (series) => series.map((one) => `${one.name} ${percent(one.now)}`).join(", ");
  const charts = [curves(size, xs, attacks, head, { title: data.titles.attacks, bands: data.bands, near: [50], axis, label: `Attack accuracy: ${say(attacks)}` }),
    curves(size, xs, accuracy, head, { title: data.titles.accuracy, axis, label: `Accuracy: ${say(accuracy)}` })];
  charts.forEach((chart, i) => {
    parts.frames[i].show(chart);
    chart.onclick = (event) => {
      const target = chart.scrub(event.offsetX);
      const near = xs.reduce((best, value, i) => (Math.abs(value - target) < Math.abs(xs[best] - target) ? i : best), 0);
      state.playing = state.follow = false;
      state.position = near;
      paint(state);
      keepStep(state);
    };
  });
}

function fillTable(table, state) {
  if (!table.open) return;
  const names = Object.entries(state.data.attacks);
  const grid = html("table");
  const head = grid.insertRow();
  for (const text of ["step", "in common, %", ...names.map(([, one]) => `${one.label}, %`), "retain, %", "forget, %", "test, %"]) head.append(html("th", "", text));
  for (const point of state.data.points) {
    const row = grid.insertRow();
    const cells = [point.overlap, ...names.map(([key]) => point.attacks[key]), point.accuracy.retain, point.accuracy.forget, point.accuracy.test];
    for (const text of [point.step, ...cells.map((value) => (Number.isFinite(value) ? value.toFixed(1) : "–"))]) row.append(html("td", "", text));
  }
  table.querySelector("table")?.remove();
  table.append(grid);
}

// The axis' height: that of the beginning, of what it is now and of the retrained model. What towers above them on the
// way, such as a network that has learned nothing yet, is cut rather than to press all others flat.
function tallest({ points, retrained }, shown) {
  const height = (some) => Math.max(0.1, ...some.flatMap((one) => [...(one?.forget ?? []), ...(one?.test ?? [])]));
  return Math.min(height(shown), 1.3 * height([points[0], points.at(-1), retrained]));
}

function take(state, data) {
  const before = state.data;
  const newest = before && state.position >= before.points.length - 1;
  state.data = data;
  const last = data.points.length - 1;
  state.attacks = Object.fromEntries(Object.keys(data.attacks).map((name) => [name, filled(data.points, name)]));
  const shown = [...data.points, ...(data.retrained ? [data.retrained] : [])];
  state.bins = visibleBins(shown);
  state.top = 1.12 * tallest(data, shown);
  if (before?.run !== data.run) {
    const at = data.at === null ? -1 : data.points.findIndex((point) => point.step >= data.at);
    state.follow = at < 0 && (data.autoplay || !data.ended) && !calm();
    state.playing = false;
    state.position = at >= 0 ? at : state.follow ? 0 : Math.max(0, last);
  } else if (newest && calm()) state.position = last; // nothing plays: what comes is shown as it comes
  if (state.follow && state.position < last) start(state);
}

export default function stage({ data, parentElement, setTriggerValue }) {
  const element = parentElement.querySelector(".stage");
  const state = (element.stage ??= { element });
  if (state.spec !== data.spec) {
    state.spec = data.spec;
    const whole = joined(state.data, JSON.parse(data.spec));
    if (whole) take(state, whole);
    else setTriggerValue("lacking", true); // the server then draws all of it
  }
  if (!state.data) return undefined;
  if (!state.parts) build(element, state);
  paint(state);
  return () => setTimeout(() => {
    if (element.isConnected) return;
    clearTimeout(state.keeping);
    state.sizes?.disconnect();
    state.around?.disconnect();
    window.removeEventListener("resize", state.onResize);
    document.removeEventListener("keydown", state.keys);
  });
}
