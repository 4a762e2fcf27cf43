// What hands do: sliders, buttons, clicks, the lasso and keys.

function wire(root, $, me, film, canvases, change) {
  const on = (name, event, act) => $(name).addEventListener(event, act);
  on("data", "change", (event) => change({ dataset: event.target.value, order: null }));
  on("noise", "change", (event) => change({ noise: Number(event.target.value), order: null }));
  on("alpha", "input", (event) => change({ alpha: Number(event.target.value) }));
  on("brake", "input", (event) => change({ brake: BRAKES[Number(event.target.value)] }));
  on("size", "input", (event) => change({ order: resized(me, Number(event.target.value)) }));
  on("arrows", "change", (event) => change({ arrows: event.target.checked }));
  on("wrong", "click", () => change({ order: [...me.data.points.wrong] }));
  on("none", "click", () => change({ order: [] }));
  on("random", "click", () => change({ order: anyOf(me.data.points.xy.length) }));
  on("play", "click", film.toggle);
  on("step", "click", film.step);
  on("reset", "click", film.reset);
  on("slow", "change", (event) => { film.now.slow = event.target.checked; });
  on("frame", "input", (event) => { film.now.playing = false; film.go(Number(event.target.value)); });
  canvases.forEach((canvas) => hands(canvas, $, me, film, change));
  const keys = (event) => (root.isConnected ? played(event, film) : document.removeEventListener("keydown", keys));
  document.addEventListener("keydown", keys);
}

// The keys of every moving picture: space plays and pauses, left and right go one frame. A map or a control that has
// the keyboard's focus keeps those that it uses; a slider uses no space.
function played(event, film) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const on = event.target.closest?.("input, select, textarea, button, a, [role=dialog], [role=combobox]");
  const free = !on || (on.matches("input[type=range]") && event.key === " ")
    || (on.matches("button, a, input[type=checkbox]") && !on.matches(":focus-visible"));
  if (!free) return;
  if (event.key === " ") {
    on?.blur(); // else a button that was clicked last is pressed once more when the key comes up
    film.toggle();
  } else if (event.key === "ArrowLeft" || event.key === "ArrowRight") film.move(event.key === "ArrowRight" ? 1 : -1);
  else return;
  event.preventDefault();
}

function anyOf(count) {
  const order = [...Array(count).keys()].sort(() => Math.random() - 0.5);
  return order.slice(0, Math.round(0.1 * count));
}

// As many points as the slider says: the last ones go, others come in an order that stays the same.
function resized(me, size) {
  const order = me.want.order.slice(0, size);
  const chosen = new Set(order);
  for (const number of shuffledOrder(me.data.points.xy.length)) {
    if (order.length >= size) break;
    if (!chosen.has(number)) order.push(number);
  }
  return order;
}

function toggled(order, number) {
  return order.includes(number) ? order.filter((one) => one !== number) : [...order, number];
}

function hands(canvas, $, me, film, change) {
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    me.lasso = [toPlane(canvas, event)];
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!me.lasso) return;
    me.lasso.push(toPlane(canvas, event));
    film.wake();
  });
  canvas.addEventListener("pointerup", (event) => {
    const drawn = me.lasso;
    me.lasso = null;
    if (drawn) chosen(drawn, toPlane(canvas, event));
    film.wake();
  });
  canvas.addEventListener("keydown", keyed);
  canvas.addEventListener("blur", () => { me.cursor = null; film.wake(); });

  // A short stroke is a click on a point, a long one a lasso: all in it are marked, or unmarked if they all are.
  function chosen(drawn, place) {
    const points = me.data.points;
    const [x, y] = drawn[0];
    if (Math.max(...drawn.map(([a, b]) => Math.hypot(a - x, b - y))) < 0.08) {
      const number = pointAt(points, place);
      if (number !== null) mark(toggled(me.want.order, number));
      return;
    }
    const within = points.xy.map((_, number) => number).filter((number) => inside(drawn, points.xy[number]));
    if (!within.length) return;
    const rest = me.want.order.filter((number) => !within.includes(number));
    const all = within.every((number) => me.want.order.includes(number));
    mark(all ? rest : [...rest, ...within]);
  }

  function mark(order) {
    const most = Math.round(0.6 * me.data.points.xy.length);
    if (order.length > most) $("voice").textContent = `At most ${most} points can be forgotten at once.`;
    change({ order: order.slice(0, most) });
  }

  function keyed(event) {
    const points = me.data.points;
    if (DIRECTIONS[event.key]) {
      me.cursor = me.cursor === null ? 0 : neighbour(points, me.cursor, DIRECTIONS[event.key]);
      const at = me.cursor;
      $("voice").textContent = `Point ${at}, labelled ${points.classes[points.labels[at]]}`
        + (points.wrong.includes(at) ? ", wrong on purpose" : "") + (me.want.order.includes(at) ? ", to forget" : "");
    } else if (event.key === "Enter" && me.cursor !== null) {
      mark(toggled(me.want.order, me.cursor));
    } else if (event.key === ".") film.step();
    else if (event.key === "Home") film.reset();
    else return;
    event.preventDefault();
    film.wake();
  }
}

// Streamlit calls this for every change of the data or of the theme, always with the same parent.
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".pg");
  root._board ??= board(root, setTriggerValue);
  root._board.me.send = setTriggerValue;
  root._board.answer(data);
}
