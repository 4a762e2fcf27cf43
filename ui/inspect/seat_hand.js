// The hand on the line, for the seat and for the lesson's smaller picture of it. Keys: arrows move the line, Home and End
// put it below and above all samples; Page Up and Down, where they are free, move it by half a decade.

const STEP = 1 / 200; // of the axis, an arrow key
const LEAP = 1 / 16; // Page Up and Page Down

// `state` has the chart, its data and where the line stands; `own` is given where a hand puts it.
function hold(humps, state, own, leaps) {
  const drag = (event) => {
    const box = humps.getBoundingClientRect();
    const wide = humps.viewBox.baseVal.width;
    own(state.chart.scale.position(state.chart.scale.value(((event.clientX - box.left) * wide) / box.width)));
  };
  humps.addEventListener("pointerdown", (event) => {
    humps.setPointerCapture(event.pointerId);
    humps.focus({ preventScroll: true });
    drag(event);
  });
  humps.addEventListener("pointermove", (event) => { if (humps.hasPointerCapture(event.pointerId)) drag(event); });
  humps.addEventListener("keydown", (event) => { if (moved(state, event.key, own, leaps)) event.preventDefault(); });
}

// Whether the key moved the line.
function moved(state, key, own, leaps) {
  const { axis } = state.data;
  const moves = { ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP,
    ...(leaps ? { PageDown: -LEAP, PageUp: LEAP } : {}) };
  if (key === "Home") own(axis.logarithmic ? 0 : -Infinity);
  else if (key === "End") own(Infinity);
  else if (key in moves) {
    const { scale } = state.chart;
    own(scale.position(scale.unit(state.line) + moves[key] * (axis.high - axis.low)));
  } else return false;
  return true;
}
