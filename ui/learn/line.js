// The attacker's line of a lesson: the humps before and after unlearning, one line over them, and what it comes to.
// The best line of a person is kept for each of the two. The arrows move the line and the space bar changes between
// before and after wherever the focus is, except where somebody types or chooses.

const BEGIN = 0.12; // of the axis: left of the humps, so that the line has to be moved
const [LOW, HIGH, BELOW] = [170, 520, 42]; // pixels: the picture's height, and what stands below it
const FADE = 400; // milliseconds in which one pair of humps changes into the other

function build(root) {
  const parts = {
    buttons: make("div", { class: "seat-buttons", role: "group", "aria-label": "Which model" }),
    humps: make("svg", { tabindex: 0, role: "slider", "aria-label": "The attacker's line", class: "seat-humps" }),
    numbers: make("div", { class: "seat-numbers" }),
    smooth: make("p", { class: "seat-caption" }),
  };
  const left = make("div", {}, parts.humps, parts.smooth);
  root.replaceChildren(parts.buttons, make("div", { class: "seat-lesson-body" }, left, parts.numbers));
  return parts;
}

function start(root) {
  const state = { root, parts: build(root), best: [], at: 0 };
  hold(state.parts.humps, state, (line) => own(state, line), false); // Page Down is the lecturer's: the next step
  const again = () => requestAnimationFrame(() => fits(state) || redraw(state));
  state.sizes = new ResizeObserver(again);
  for (const one of [root, root.closest(".stMainBlockContainer")]) if (one) state.sizes.observe(one);
  window.addEventListener("resize", (state.again = again));
  document.addEventListener("keydown", (state.keys = (event) => onKey(state, event)));
  return state;
}

function onKey(state, event) {
  if (!state.root.isConnected || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.("input, textarea, select, [contenteditable], [role=combobox], [role=radiogroup], [role=dialog]")) return;
  if (event.key === " ") {
    if (event.target.closest?.("button:focus-visible, a")) return;
    event.target.closest?.("button")?.blur(); // else the button that was clicked last is pressed once more when the key comes up
    show(state, 1 - state.at);
  } else if (!["ArrowLeft", "ArrowRight"].includes(event.key) || !moved(state, event.key, (line) => own(state, line))) return;
  event.preventDefault();
}

// A line that a hand has put there.
function own(state, line) {
  state.line = line;
  const found = state.model.count(line);
  if (!(state.best[state.at]?.accuracy >= found.accuracy)) state.best[state.at] = found;
  tell(state);
}

function receive(state, data) {
  const fresh = state.all?.key !== data.key;
  state.all = data;
  state.root.classList.toggle("seat-lesson-present", data.present);
  state.parts.buttons.replaceChildren(...data.humps.map(({ title }, at) => {
    const button = make("button", { type: "button", class: "seat-button" }, title);
    button.addEventListener("click", () => show(state, at));
    return button;
  }));
  if (!fresh) return show(state, state.at);
  const { axis } = data.humps[0];
  const begin = axis.low + BEGIN * (axis.high - axis.low);
  Object.assign(state, { best: [], shown: null, line: axis.logarithmic ? 10 ** begin : begin });
  show(state, 0);
}

// The humps of one of the models; the line stays where it is.
function show(state, at) {
  const data = state.all.humps[at] ?? state.all.humps[0];
  const old = state.shown && at !== state.at && !matchMedia("(prefers-reduced-motion: reduce)").matches ? state.shown : null;
  Object.assign(state, { at, data, model: counter(data.main) });
  state.parts.smooth.textContent = data.words.smooth;
  [...state.parts.buttons.children].forEach((button, one) => button.setAttribute("aria-pressed", one === at));
  cancelAnimationFrame(state.frame);
  change(state, old, performance.now());
}

function change(state, old, begun) {
  const share = old ? Math.min(1, (performance.now() - begun) / FADE) : 1;
  const mixed = (side) => state.data.density[side].map((value, index) => (old ? old[side][index] + share * (value - old[side][index]) : value));
  state.shown = { forget: mixed("forget"), unseen: mixed("unseen") };
  redraw(state);
  if (share < 1) state.frame = requestAnimationFrame(() => change(state, old, begun));
}

// As high as the window allows below what stands above the picture.
function height({ parts, root }) {
  const scrolled = root.closest(".stMain")?.scrollTop ?? 0;
  const top = parts.humps.getBoundingClientRect().top + scrolled;
  return Math.round(Math.max(LOW, Math.min(HIGH, window.innerHeight - top - BELOW)));
}

const fits = (state) => state.drawn === `${state.parts.humps.parentElement.clientWidth} ${height(state)}`;

function redraw(state) {
  const { parts, data } = state;
  const wide = parts.humps.parentElement.clientWidth;
  if (!wide || !data || !state.root.isConnected) return;
  const tall = height(state);
  state.chart = drawHumps(parts.humps, data, state.shown, wide, tall);
  state.drawn = `${wide} ${tall}`;
  tell(state);
}

// Everything that follows from where the line stands.
function tell(state) {
  const { data, model, parts, best } = state;
  const found = model.count(state.line);
  state.chart?.move(found.line);
  const [members, others] = [whole(model.members), whole(model.others)];
  const record = best[state.at];
  parts.humps.setAttribute("aria-valuemin", data.axis.low);
  parts.humps.setAttribute("aria-valuemax", data.axis.high);
  parts.humps.setAttribute("aria-valuenow", (state.chart?.scale.unit(found.line) ?? data.axis.low).toFixed(3));
  parts.humps.setAttribute("aria-valuetext", `${data.title}: ${whole(found.caught)} of ${members} forget samples caught (${percent(found.tpr)}), `
    + `${whole(found.accused)} of ${others} ${data.words.unseen} samples wrongly accused (${percent(found.fpr)}), right ${percent(found.accuracy)}`);
  parts.numbers.replaceChildren(
    figure("caught", "Caught", found.tpr, `${whole(found.caught)} of ${members} forget samples`),
    figure("accused", "Wrongly accused", found.fpr, `${whole(found.accused)} of ${others} ${data.words.unseen} samples`),
    figure("accuracy", "Your line is right", found.accuracy, "a coin toss: 50%"),
    figure("best", "Your best so far", record?.accuracy, data.title.toLowerCase()));
}

function figure(name, title, share, counts) {
  return make("div", { class: `seat-figure seat-is-${name}` }, make("span", { class: "seat-title" }, title),
    make("strong", { "data-number": name }, share === undefined ? "–" : percent(share)), make("span", {}, counts));
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".seat-lesson");
  const state = (root.seat ??= start(root));
  receive(state, data);
  return () => setTimeout(() => {
    if (root.isConnected) return;
    state.sizes.disconnect();
    window.removeEventListener("resize", state.again);
    document.removeEventListener("keydown", state.keys);
  });
}
