// The keys of a lecture, wherever the focus is, but not while somebody types.
// A presenter's remote control sends Page Down and Page Up: they turn the steps of a lesson, and scroll other pages.

const KEYS = ["1", "2", "3", "4", "5", "6", "PageDown", "PageUp", "p"];
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

export default function ({ data, parentElement, setTriggerValue }) {
  const element = parentElement.querySelector(".keys");
  element.send = setTriggerValue; // the newest one: Streamlit gives another on every script run
  element.turns = data.turns;
  element.opens = data.opens;
  if (!element.listen) {
    element.listen = (event) => {
      if (!element.isConnected || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      if (event.target.closest?.(TYPING)) return;
      const mine = KEYS.includes(key) && (!key.startsWith("Page") || element.turns) && (!/\d/.test(key) || element.opens);
      if (!mine) {
        if (scroll(key, event.target)) event.preventDefault();
        return;
      }
      event.preventDefault();
      if (!event.repeat) element.send("key", key);
    };
    document.addEventListener("keydown", element.listen);
  }
  return () => setTimeout(() => {
    if (!element.isConnected) document.removeEventListener("keydown", element.listen);
  });
}
