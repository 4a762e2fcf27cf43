"""When a page has come to rest: what a picture, a click at a place or a look at its colours waits for."""

from __future__ import annotations

STILL = """() => {
  const busy = document.querySelector(
    "[data-testid=stApp]:not([data-test-script-state=notRunning]), [data-stale=true]");
  const boxes = [...document.querySelectorAll("[data-testid=stElementContainer], .js-plotly-plot .main-svg")].map(e => {
    const b = e.getBoundingClientRect(); return [b.x, b.y, b.width, b.height].map(Math.round); });
  const now = JSON.stringify([boxes, [...document.querySelectorAll(".pg-map canvas")].map(one => one.toDataURL())]);
  window._answered ||= !busy;  // once: beside a run that goes on, the server has always more to say
  const same = now === window._still && window._answered && document.fonts.status === "loaded";
  window._still = now;
  return same; }"""


def place(locator) -> dict[str, float]:
    """Where it is once nothing moves: a widget that comes late is taller than the grey bar in its place."""
    still(locator.page)
    return locator.bounding_box()


def still(page) -> None:
    """Waits until the server has answered, the fonts are there and no part of the page moves."""
    page.evaluate("() => { delete window._still; delete window._answered; }")
    page.wait_for_function(STILL, polling=150)
