// The keys of a lecture, wherever the focus is, but not while somebody types.
// A presenter's remote control sends Page Down and Page Up.

const KEYS = ["1", "2", "3", "4", "5", "6", "PageDown", "PageUp", "p"];
const TYPING = "input:not([type=radio]):not([type=checkbox]):not([type=range]), textarea, select, [contenteditable=true], [role=combobox], [role=dialog]";

export default function ({ parentElement, setTriggerValue }) {
  const element = parentElement.querySelector(".keys");
  element.send = setTriggerValue; // the newest one: Streamlit gives another on every script run
  if (!element.listen) {
    element.listen = (event) => {
      if (!element.isConnected || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      if (!KEYS.includes(key) || event.target.closest?.(TYPING)) return;
      event.preventDefault();
      element.send("key", key);
    };
    document.addEventListener("keydown", element.listen);
  }
  return () => setTimeout(() => {
    if (!element.isConnected) document.removeEventListener("keydown", element.listen);
  });
}
