// The attacker's seat: one line over two humps. Everything below the line is taken for a member of the forget set.
// Dragging asks the server for nothing.

const FADE = 350; // milliseconds in which humps change into others
const STRIP = 12;

function build(root) {
  const parts = {
    buttons: make("div", { class: "seat-buttons", role: "group", "aria-label": "Where to put the line" }),
    numbers: make("div", { class: "seat-numbers" }),
    note: make("p", { class: "seat-note" }),
    humps: make("svg", { tabindex: 0, role: "slider", "aria-label": "The attacker's line", class: "seat-humps" }),
    roc: make("svg", { role: "img", class: "seat-roc" }),
    scale: make("button", { type: "button", class: "seat-button", "aria-pressed": "false" }, "Logarithmic"),
    area: make("p", { class: "seat-caption" }),
    smooth: make("p", { class: "seat-caption" }),
    strips: make("div", { class: "seat-strips" }),
  };
  const left = make("div", { class: "seat-wide" }, parts.humps, parts.smooth);
  const right = make("div", { class: "seat-narrow" }, parts.roc, make("div", { class: "seat-under" }, parts.area, parts.scale));
  root.replaceChildren(parts.buttons, parts.numbers, make("div", { class: "seat-charts" }, left, right), parts.note, parts.strips);
  return parts;
}

function start(root) {
  const state = { parts: build(root), line: null, how: null, logarithmic: false };
  const { humps, scale } = state.parts;
  hold(humps, state, (line) => own(state, line), true);
  scale.addEventListener("click", () => {
    state.logarithmic = !state.logarithmic;
    scale.setAttribute("aria-pressed", state.logarithmic);
    redraw(state);
  });
  let width = 0;
  state.sizes = new ResizeObserver(() => {
    if (root.offsetWidth && root.offsetWidth !== width) requestAnimationFrame(() => redraw(state));
    width = root.offsetWidth;
  });
  state.sizes.observe(root);
  return state;
}

// A line that was put there by hand.
function own(state, line) {
  state.how = "own";
  state.line = line;
  tell(state);
}

function receive(state, data) {
  const before = state.data;
  const same = before && JSON.stringify(before.axis) === JSON.stringify(data.axis);
  state.data = data;
  state.models = { main: counter(data.main), second: data.second && counter(data.second) };
  const known = data.lines.find((line) => line.name === state.how) ?? (same && state.how === "own" ? null : data.lines[0]);
  if (known) [state.how, state.line] = [known.name, known.position ?? Infinity];
  buttons(state);
  state.parts.area.textContent = data.words.area;
  state.parts.smooth.textContent = data.words.smooth;
  const old = same && before.key !== data.key ? state.shown : null;
  cancelAnimationFrame(state.frame);
  if (old && !matchMedia("(prefers-reduced-motion: reduce)").matches) fade(state, old, performance.now());
  else {
    state.shown = data.density;
    redraw(state);
  }
}

function fade(state, old, begun) {
  const share = Math.min(1, (performance.now() - begun) / FADE);
  const mixed = (side) => state.data.density[side].map((value, index) => old[side][index] + share * (value - old[side][index]));
  state.shown = { forget: mixed("forget"), unseen: mixed("unseen") };
  redraw(state);
  if (share < 1) state.frame = requestAnimationFrame(() => fade(state, old, begun));
}

function redraw(state) {
  const { parts, data, models } = state;
  const wide = parts.humps.parentElement.clientWidth;
  if (!wide || !data) return;
  state.chart = drawHumps(parts.humps, data, state.shown, wide);
  state.point = drawRoc(parts.roc, data, models, parts.roc.parentElement.clientWidth, state.logarithmic);
  tell(state);
}

function buttons(state) {
  state.parts.buttons.replaceChildren(...state.data.lines.map((line) => {
    const button = make("button", { type: "button", class: "seat-button", "data-line": line.name, title: line.help }, line.title);
    button.addEventListener("click", () => {
      [state.how, state.line] = [line.name, line.position ?? Infinity];
      tell(state);
    });
    return button;
  }));
}

// Everything that follows from where the line stands.
function tell(state) {
  const { data, models, parts } = state;
  const found = models.main.count(state.line);
  state.chart?.move(found.line);
  state.point?.(state.line);
  const at = lineText(data, found.line);
  for (const button of parts.buttons.children) button.setAttribute("aria-pressed", button.dataset.line === state.how);
  const said = `${at}: ${whole(found.caught)} of ${whole(models.main.members)} forget samples caught (${percent(found.tpr)}), `
    + `${whole(found.accused)} of ${whole(models.main.others)} ${data.words.unseen} samples wrongly accused (${percent(found.fpr)}), `
    + `accuracy ${percent(found.accuracy)}`;
  const { humps } = parts;
  humps.setAttribute("aria-valuemin", data.axis.low);
  humps.setAttribute("aria-valuemax", data.axis.high);
  humps.setAttribute("aria-valuenow", (state.chart?.scale.unit(found.line) ?? data.axis.low).toFixed(3));
  humps.setAttribute("aria-valuetext", said);
  parts.roc.setAttribute("aria-label", `ROC curve. ${data.words.area} ${said}.`);
  const second = models.second?.count(state.line);
  parts.numbers.replaceChildren(
    figure("Caught", found.tpr, `${whole(found.caught)} of ${whole(models.main.members)} forget samples`,
      range(interval(data.interval, found.caught)), "caught", second?.tpr, data.second),
    figure("Wrongly accused", found.fpr, `${whole(found.accused)} of ${whole(models.main.others)} ${data.words.unseen} samples`,
      range(interval(data.otherInterval, found.accused)), "accused", second?.fpr, data.second),
    figure("Accuracy of your line", found.accuracy, data.words.flatters, at, "accuracy", second?.accuracy, data.second),
    ...(data.counts ? [counting(data.counts)] : []));
  parts.numbers.classList.toggle("seat-four", Boolean(data.counts));
  const note = data.lines.find((line) => line.name === state.how)?.note ?? data.words.own;
  parts.note.textContent = data.counts ? `${note} ${data.words.why}` : note;
  strips(state, found);
}

function lineText({ axis, words }, line) {
  if (line === Infinity) return "Line above all samples";
  if (line === -Infinity || (axis.logarithmic && line <= 0)) return "Line below all samples";
  return `Line at ${axis.logarithmic ? spelled(line) : (axis.sign * line).toFixed(3)} ${words.unit}`.trim();
}

const range = ([low, high]) => `95%: ${percent(low).slice(0, -1)} to ${percent(high)}`;

function figure(title, share, counts, more, name, second, other) {
  const parts = [make("span", { class: "seat-title" }, title), make("strong", { "data-number": name }, percent(share)),
    make("span", {}, counts), make("span", { class: "seat-more" }, more)];
  if (other) parts.push(make("span", { class: "seat-other" }, `${other.title}: ${percent(second)}`));
  return make("div", { class: `seat-figure seat-is-${name}` }, ...parts);
}

// The one accuracy that counts: the run's, which no line here moves.
function counting({ value, text, range: chance }) {
  return make("div", { class: "seat-figure seat-counts" }, make("span", { class: "seat-title" }, "Attack of the tables: this one counts"),
    make("strong", { "data-number": "counts" }, value), make("span", {}, chance), make("span", { class: "seat-more" }, text));
}

function strips(state, found) {
  const { data, parts } = state;
  if (!data.gallery) {
    parts.strips.replaceChildren();
    return;
  }
  const one = (side, title, number, total) => {
    const below = data.gallery[side].filter((sample) => sample.at < found.line).slice(-STRIP);
    const heading = make("h3", {}, `${title}: ${whole(number)} of ${whole(total)}`);
    const some = number > below.length ? make("p", { class: "seat-caption" }, `The ${below.length} nearest to the line of those that are shown.`) : "";
    return make("section", { class: `seat-strip seat-at-${side}`, "data-strip": side }, heading, some, make("div", { class: "seat-tiles" }, ...below.reverse().map(tile)));
  };
  const shown = `${found.line}|${data.key}|${data.gallery.forget.length}`;
  if (state.strip === shown) return;
  state.strip = shown;
  parts.strips.replaceChildren(one("forget", "Caught", found.caught, data.main.sizes[0]),
    one("unseen", "Wrongly accused", found.accused, data.main.sizes[1]));
}

function tile(sample) {
  const words = [...(sample.called ? [sample.called] : []), sample.said, sample.value, ...(sample.memorised ? [sample.memorised] : [])];
  const picture = () => make("img", { src: sample.src, alt: words.join(", "), class: "seat-picture" });
  const shown = sample.src ? picture() : sample.text ? make("q", {}, sample.text)
    : make("span", { class: "seat-picture seat-missing", title: "This sample does not ship with the app." }, `no. ${whole(sample.number)}`);
  return make("figure", { class: sample.text ? "seat-tile seat-text" : "seat-tile" }, shown,
    make("figcaption", {}, ...words.map((word) => make("span", {}, word))));
}

export default function attackersSeat({ data, parentElement }) {
  const root = parentElement.querySelector(".seat");
  const state = (root.seat ??= start(root));
  receive(state, data);
  return () => setTimeout(() => { if (!root.isConnected) state.sizes.disconnect(); });
}
