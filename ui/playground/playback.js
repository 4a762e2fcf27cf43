// What is shown when: the position in the film, playing, stepping, and the quick change to a new answer.

const FRAME_MS = 110;
const MORPH_MS = 260;
const STILL = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

// ``draw`` is called whenever what is shown has changed.
function playback(draw) {
  const now = { film: null, fields: [], position: 0, playing: false, slow: false, from: null, since: 0, tick: 0, last: 0 };

  const last = () => now.fields.length - 1;
  const field = () => {
    const shown = fieldAt(now.fields, now.position);
    if (!now.from || now.from.length !== shown.length) return shown;
    const share = Math.min(1, (performance.now() - now.since) / MORPH_MS);
    if (share === 1) now.from = null;
    return now.from ? blended(now.from, shown, Math.max(0.25, share)) : shown;
  };
  const frame = (moment) => {
    now.tick = 0;
    if (now.playing) {
      now.position = Math.min(last(), now.position + Math.max(0, moment - now.last) / (FRAME_MS * (now.slow ? 5 : 1)));
      if (now.position >= last()) now.playing = false;
    }
    now.last = moment;
    draw();
    if (now.playing || now.from) wake();
  };
  const wake = () => {
    if (now.tick) return;
    now.last = performance.now();
    now.tick = requestAnimationFrame(frame);
  };
  const go = (position) => {
    now.position = Math.max(0, Math.min(last(), position));
    wake();
  };
  return {
    now, field, wake, go,
    frame: () => Math.round(now.position),
    // A new film: its last frame at once, reached by a short blend from what was shown; or from its beginning, playing.
    load(film, fields, fromTheStart) {
      now.from = now.fields.length && !STILL() ? field() : null;
      Object.assign(now, { film, fields, since: performance.now(), playing: fromTheStart && !STILL() && fields.length > 1 });
      now.position = now.playing ? 0 : fields.length - 1;
      wake();
    },
    toggle() {
      if (!now.playing && now.position >= last()) now.position = 0;
      now.playing = !now.playing && last() > 0;
      wake();
    },
    move(by) {
      now.playing = false;
      go(Math.round(now.position) + by);
    },
    step() {
      now.playing = false;
      go(now.position >= last() ? 0 : Math.floor(now.position) + 1);
    },
    reset() {
      now.playing = false;
      go(0);
    },
    stop() {
      cancelAnimationFrame(now.tick);
    },
  };
}
