// A run's points: how they come in parts, and what is read between two of them.

const mix = (one, other, share) => (Number.isFinite(one) && Number.isFinite(other) ? one + (other - one) * share : one ?? other ?? null);
// Between two looks a hump is on its way; where one of them kept no losses, nothing is made up.
const mixed = (one, other, share) => (one && other ? one.map((value, i) => value + (other[i] - value) * share) : share === 0 ? one : null);

// Attacks are measured at some points only; between two of them a line is drawn, and the same line is read here.
function filled(points, name) {
  const known = points.map((point, i) => [i, point.attacks[name]]).filter(([, value]) => Number.isFinite(value));
  return points.map((_, i) => {
    const after = known.find(([at]) => at >= i);
    const before = known.findLast(([at]) => at <= i);
    if (!before || !after) return before ? before[1] : null;
    return after[0] === before[0] ? after[1] : mix(before[1], after[1], (i - before[0]) / (after[0] - before[0]));
  });
}

function readingAt(state, position) {
  const { points } = state.data;
  const [low, high] = [Math.floor(position), Math.min(points.length - 1, Math.ceil(position))];
  const [one, other, share] = [points[low], points[high], position - low];
  const attacks = Object.fromEntries(Object.entries(state.attacks).map(([name, values]) => [name, mix(values[low], values[high], share)]));
  const accuracy = Object.fromEntries(Object.keys(one.accuracy).map((name) => [name, mix(one.accuracy[name], other.accuracy[name], share)]));
  return { forget: mixed(one.forget, other.forget, share), test: mixed(one.test, other.test, share), attacks, accuracy,
    by_class: mixed(one.by_class, other.by_class, share), said: share < 0.5 ? one.said : other.said,
    overlap: mix(one.overlap, other.overlap, share), x: mix(one[state.axis], other[state.axis], share), step: Math.round(mix(one.step, other.step, share)) };
}

const SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// A hump as packing.py writes it: its highest value, then two signs a number; numbers and null are as they are.
function unpacked(hump) {
  if (typeof hump !== "string") return hump;
  const [top, text] = hump.split(" ");
  const level = (i) => SIGNS.indexOf(text[2 * i]) * SIGNS.length + SIGNS.indexOf(text[2 * i + 1]);
  return Array.from({ length: text.length / 2 }, (_, i) => (Number(top) * level(i)) / (SIGNS.length ** 2 - 1));
}

const opened = (point) => point && { ...point, forget: unpacked(point.forget), test: unpacked(point.test) };

// What is new since the last drawing is joined to what is there; null where something between them is missing.
function joined(before, spec) {
  const whole = { ...spec, points: spec.points.map(opened), ...(spec.retrained !== undefined && { retrained: opened(spec.retrained) }) };
  if (spec.since === undefined) return whole;
  if (before?.run !== spec.run || before.points.length < spec.since) return null;
  return { ...before, ...whole, points: [...before.points.slice(0, spec.since), ...whole.points] };
}
