// The keys of a lecture, wherever the focus is, but not while somebody types.
// A presenter's remote control sends Page Down and Page Up: they turn the steps of a lesson, and scroll other pages.

const KEYS = ["1", "2", "3", "4", "5", "6", "PageDown", "PageUp", "p"];
const PICTURE = ".stMain :is(.seat-humps, .stage)"; // of a lesson: it plays and moves by keys
const STEPS = ".st-key-lesson-steps"; // the buttons that turn the steps of a lesson
const SCROLL = { PageDown: 0.85, PageUp: -0.85, ArrowDown: 0.15, ArrowUp: -0.15 }; // of the height that is in sight
const TYPING = "input:not([type=radio]):not([type=checkbox]):not([type=range]), textarea, select, [contenteditable=true], [role=combobox], [role=dialog]";
const MOVED = "input, [role=slider], [role=radiogroup], [role=grid], [role=listbox], [role=menu], [role=tablist]";

// Streamlit's page scrolls inside of the window, so that without a focus in it no key would.
function scroll(key, target) {
  const page = document.querySelector(".stMain");
  if (!page || target.closest?.(MOVED) || !(key in SCROLL)) return false;
  page.scrollBy({ top: SCROLL[key] * page.clientHeight });
  return true;
}

// A step of a lesson has turned, and the button that turned it has the focus and another meaning: the next space bar is
// for the picture, so the focus goes there once there is one. Nothing is taken from a person who went elsewhere.
// Nor from one who comes back to the button by the Tab key while there is no picture yet, or none at this step.
function leaveButton(element) {
  document.activeElement?.blur();
  lookForPicture(element, element.place);
}

function lookForPicture(element, place) {
  const on = document.activeElement;
  if (!element.isConnected || element.place !== place || (on && on !== document.body)) return;
  const picture = document.querySelector(PICTURE);
  if (picture && !picture.closest("[data-stale=true]")) {
    if (!picture.hasAttribute("tabindex")) picture.tabIndex = -1;
    picture.focus({ preventScroll: true });
  } else setTimeout(lookForPicture, 100, element, place);
}

// Whether a button turned the step. It may be gone by now, and the focus with it.
function turned(element) {
  const on = document.activeElement;
  return on?.closest(STEPS) || (element.clicked && (!on || on === document.body));
}

export default function ({ data, parentElement, setTriggerValue }) {
  const element = parentElement.querySelector(".keys");
  element.send = setTriggerValue; // the newest one: Streamlit gives another on every script run
  element.turns = data.turns;
  element.dataset.turns = data.turns; // which keys are heard by now: a page stands a moment before
  element.opens = data.opens;
  element.letters = data.letters;
  const before = element.place;
  element.place = data.place;
  if (before !== undefined && before !== data.place && turned(element)) leaveButton(element);
  if (!element.listen) {
    element.listen = (event) => {
      if (!element.isConnected || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      if (event.target.closest?.(TYPING)) return;
      const mine = element.letters.includes(key) || KEYS.includes(key) && (!key.startsWith("Page") || element.turns) && (!/\d/.test(key) || element.opens);
      if (!mine) {
        if (scroll(key, event.target)) event.preventDefault();
        return;
      }
      event.preventDefault();
      if (!event.repeat) element.send("key", { key, at: event.timeStamp });
    };
    element.note = ({ target }) => { element.clicked = Boolean(target.closest?.(STEPS)); };
    document.addEventListener("keydown", element.listen);
    document.addEventListener("click", element.note, true);
  }
  return () => setTimeout(() => {
    if (element.isConnected) return;
    document.removeEventListener("keydown", element.listen);
    document.removeEventListener("click", element.note, true);
  });
}
