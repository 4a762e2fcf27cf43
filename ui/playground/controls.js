// The controls, the numbers and the conversation with the page: one question at a time, the newest answer wins.

const MAPS = [["Original", "trained on all points"], ["Unlearned", "after these steps"],
  ["Retrained", "never saw the orange rings"]];
const BRAKES = [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 4, null]; // multiples of L_val; null: off
const FEW = 30; // forgotten points under which an attack on a toy this small says nothing
const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

function percent(value) {
  return value === null || value === undefined ? "–" : `${value.toFixed(1)}%`;
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

// Points in an order that is the same for everybody, so that the slider adds and takes the same ones.
function shuffledOrder(count) {
  const order = [...Array(count).keys()];
  let seed = 12345;
  for (let i = count - 1; i > 0; i--) {
    seed = (1103515245 * seed + 12345) % 2147483648;
    const j = seed % (i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

function board(root, send) {
  const $ = (name) => root.querySelector(`.pg-${name}`);
  const me = { want: null, data: null, retrained: null, dashed: null, order: [], cursor: null, lasso: null,
    waiting: false, changed: false, mark: 0, marks: {}, send };
  const film = playback(() => draw());
  const canvases = MAPS.map(([title, about]) => {
    const figure = element("figure", "pg-map");
    const caption = element("figcaption");
    caption.append(element("b", "", title), element("span", "", about));
    const canvas = element("canvas");
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "img");
    figure.append(caption, canvas);
    $("maps").append(figure);
    return canvas;
  });
  const numbers = ["forget", "test", "attack", "unlike"].map((name) => {
    const cell = element("div", `pg-number pg-${name}-number`);
    cell.append(element("b"), element("small"));
    $("numbers").append(cell);
    return cell;
  });

  // --- asking ------------------------------------------------------------------------------
  // While a question is out, changes only mark that another one is due: the newest state is asked next. A change asks
  // for the ends of the film, which come sooner; then the rest is asked for, and then the retrained map.
  function ask({ whole = false, reference = false } = {}) {
    if (me.waiting && performance.now() - me.marks.sent < 5000) {
      me.changed = true;
      return;
    }
    Object.assign(me, { waiting: true, changed: false, mark: me.mark + 1 });
    me.marks.sent = performance.now();
    const { order, ...said } = me.want;
    me.send("asked", { ...said, forget: order && [...order].sort((a, b) => a - b), whole, reference, mark: me.mark });
  }

  function change(values) {
    Object.assign(me.want, values);
    root.dataset.asked = String(performance.now());
    me.fresh = false;
    draw();
    ask();
  }

  function answer(data) {
    const first = me.data === null;
    me.waiting = false;
    me.data = data;
    const key = JSON.stringify([data.asked.dataset, data.asked.noise, data.asked.forget]);
    const classes = data.points.classes.length;
    if (first || !me.changed) {
      me.want = { ...data.asked, order: me.want?.order?.length === data.asked.forget.length ? me.want.order
        : data.asked.forget };
      delete me.want.forget;
    }
    if (key !== me.key) [me.retrained, me.dashed] = [null, null];
    me.key = key;
    if (data.retrained) [me.retrained, me.dashed] = [data.retrained, fieldsOf(data.retrained, classes)[0]];
    if (data.film.fields !== me.fieldsText || data.film.arrows.length !== film.now.film?.arrows.length) {
      film.load(data.film, fieldsOf(data.film, classes), first);
      me.fieldsText = data.film.fields;
    }
    film.wake();
    root.dataset.answered = String(data.mark);
    if (me.changed) ask();
    else if (!data.film.whole) ask({ whole: true });
    else if (!me.retrained && data.asked.forget.length) ask({ whole: true, reference: true });
  }

  // --- drawing -----------------------------------------------------------------------------
  function draw() {
    const { data } = me;
    if (!data || !root.isConnected) return;
    const points = data.points;
    const classes = points.classes.length;
    const forgotten = new Set(me.want.order);
    const shared = { classes, side: data.film.side, points, wrong: new Set(points.wrong), forgotten, dashed: null,
      arrows: null, cursor: me.cursor, lasso: me.lasso };
    const fields = [film.now.fields[0], film.field(), me.dashed ?? film.now.fields[0]];
    const at = film.frame();
    drawMap(canvases[0], { ...shared, field: fields[0], hollow: false });
    drawMap(canvases[1], { ...shared, field: fields[1], hollow: true, dashed: me.dashed,
      arrows: data.film.arrows[Math.min(at, data.film.arrows.length - 1)], longest: data.film.longest });
    drawMap(canvases[2], { ...shared, field: fields[2], hollow: true });
    canvases[2].parentElement.classList.toggle("pg-waiting", !me.dashed && forgotten.size > 0);
    controls(at);
    said(at, fields, classes);
    root.dataset.drawn = String(performance.now());
  }

  function controls(at) {
    const { data, want } = me;
    const put = (name, value) => { if ($(name).value !== String(value)) $(name).value = value; };
    options($("data"), data.choices.map((one) => [one.name, one.title]));
    options($("noise"), data.choices.find((one) => one.name === want.dataset).noise.map((n) => [n, `${100 * n}%`]));
    put("data", want.dataset);
    put("noise", want.noise);
    put("alpha", want.alpha);
    put("brake", nearestBrake(want.brake));
    $("size").max = Math.round(0.5 * data.points.xy.length);
    put("size", want.order.length);
    $("alpha-said").textContent = want.alpha.toFixed(2);
    $("brake-said").textContent = want.brake === null ? "off" : `${want.brake} × validation loss`;
    $("size-said").textContent = `${want.order.length} of ${data.points.xy.length}`;
    $("arrows").checked = want.arrows;
    $("frame").max = data.film.steps.length - 1;
    put("frame", at);
    $("step-said").textContent = `step ${data.film.steps[at] ?? 0} of ${data.film.total}`;
    $("play").textContent = film.now.playing ? "Pause" : "Play";
  }

  function options(select, pairs) {
    const text = JSON.stringify(pairs);
    if (select.dataset.pairs === text) return;
    select.dataset.pairs = text;
    select.replaceChildren(...pairs.map(([value, title]) => {
      const option = element("option", "", title);
      option.value = value;
      return option;
    }));
  }

  // The number row in words, and the maps' text alternatives.
  function said(at, fields, classes) {
    const { data, retrained } = me;
    const cells = data.film.side ** 2;
    const row = [["forget", "forgotten points given their old label"], ["test", "new points right (test accuracy)"],
      ["attack", "attacker's guesses right"]].map(([name, words]) =>
      [data.film[name][0], data.film[name][at], retrained?.[name][0], words]);
    const away = me.dashed && [fields[0], fields[1]].map((field) => unlike(field, me.dashed, classes, cells));
    row.push([away?.[0], away?.[1], me.dashed ? 0 : null, "of the map unlike the retrained one"]);
    row.forEach(([before, here, reference, words], i) => {
      numbers[i].firstChild.textContent = `${percent(before)} → ${percent(here)}`;
      numbers[i].lastChild.textContent = i === 3 ? words : `${words} · retrained ${percent(reference)}`;
    });
    if (retrained?.band) {
      const [low, high] = retrained.band;
      const few = me.want.order.length < FEW ? ": too few points to tell" : "";
      numbers[2].lastChild.textContent += ` · chance range ${percent(low)} to ${percent(high)}${few}`;
    }
    if (data.film.attack[0] === null) numbers[2].lastChild.textContent = "attack: needs at least 10 forgotten points";
    const told = row.map(([before, here, reference, words]) =>
      `${words}: ${percent(before)}, now ${percent(here)}, retrained ${percent(reference)}`).join("; ");
    canvases.forEach((canvas, i) => canvas.setAttribute("aria-label", `${MAPS[i][0]}: ${data.points.xy.length} points, `
      + `${me.want.order.length} to forget. ${told}. Arrow keys move over the points, Enter marks one.`));
    $("note").textContent = data.film.stopped ? `The model broke: ${data.film.stopped}` : noteOf(me);
  }

  wire(root, $, me, film, canvases, change);
  new ResizeObserver(() => draw()).observe($("maps"));
  return { answer, stop: film.stop, me };
}

function noteOf({ data, want }) {
  if (!want.order.length) return "Click points to forget them, or draw round them.";
  if (data.film.arrows.length) {
    return "Arrows show which way each part of the objective pushes the boundary at this step, longer is stronger "
      + "(on a square-root scale): orange ascent, red brake, green retain. When red is as long as orange, the brake holds.";
  }
  return "Shape and colour: the label. Dark ring: a label that is wrong on purpose. Orange ring: to forget. "
    + "Grey dashes: the retrained boundary. Click a point or draw round several. A run goes over the points to forget "
    + "several times: more points, more steps.";
}

function nearestBrake(value) {
  if (value === null) return BRAKES.length - 1;
  const away = BRAKES.map((one) => (one === null ? Infinity : Math.abs(one - value)));
  return away.indexOf(Math.min(...away));
}
