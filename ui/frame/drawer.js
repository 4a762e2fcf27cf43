// Opens and closes the drawer by a mark on the document, which Streamlit leaves alone; style.css does the rest.

const FORM = ".stMain [data-testid=stColumn]:has(.st-key-settings)";
const LAUNCH = "[data-testid=stBaseButton-primary]";

export default function ({ parentElement }) {
  const button = parentElement.querySelector(".drawer-button");
  const root = document.documentElement;
  const set = (open) => {
    root.dataset.drawer = open ? "open" : "closed";
    button.textContent = open ? "✕ Close" : "Settings and start";
    button.setAttribute("aria-expanded", open);
    if (open) document.querySelector(`${FORM} :is(input, button)`)?.focus({ preventScroll: true });
  };
  if (!button.heard) {
    set(false);
    button.onclick = () => set(root.dataset.drawer !== "open");
    button.heard = new AbortController();
    const { signal } = button.heard;
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || root.dataset.drawer !== "open" || event.target.closest?.("[role=combobox], [role=listbox]")) return;
      set(false);
      button.focus();
    }, { signal });
    // What starts a run closes the drawer, so that the run is seen; a click beside the drawer closes it too.
    document.addEventListener("click", (event) => {
      if (root.dataset.drawer !== "open" || button.contains(event.target)) return;
      const form = document.querySelector(FORM);
      if (form?.contains(event.target) ? event.target.closest(LAUNCH) : event.target.closest?.(".stMain")) set(false);
    }, { signal });
  }
  return () => setTimeout(() => {
    if (button.isConnected) return;
    button.heard.abort();
    delete root.dataset.drawer;
  });
}
