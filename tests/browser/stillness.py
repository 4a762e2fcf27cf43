"""When a page has come to rest: what a picture, a click at a place or a look at its colours waits for."""

from __future__ import annotations

STILL = """() => {
  const busy = document.querySelector(
    "[data-testid=stApp]:not([data-test-script-state=notRunning]), [data-stale=true]");
  const boxes = [...document.querySelectorAll("[data-testid=stElementContainer], .js-plotly-plot .main-svg")].map(e => {
    const b = e.getBoundingClientRect(); return [b.x, b.y, b.width, b.height].map(Math.round); });
  const now = JSON.stringify([boxes, [...document.querySelectorAll(".pg-map canvas")].map(one => one.toDataURL())]);
  const same = now === window._still && !busy && document.fonts.status === "loaded";
  window._still = now;
  return same; }"""


def still(page) -> None:
    """Waits until the server has nothing more to send, the fonts are there and no part of the page moves."""
    page.evaluate("() => delete window._still")
    page.wait_for_function(STILL, polling=200)
