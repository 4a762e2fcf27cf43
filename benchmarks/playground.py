"""How long the Playground's engine takes: the Original, a retraining, and a run with and without brake and arrows.

    python benchmarks/playground.py [--repeats 20]

Prints one JSON object last: seconds, the median of the repeats and the slowest, for each data set of points. With
--browser URL, of a running app, it also measures there what a person feels: from the release of the alpha slider to
the first changed frame (needs playwright and a Chromium).
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests import chromium

ALPHAS = itertools.count(30_000)
RELEASE = """() => new Promise(done => {
  const root = document.querySelector('.pg'), slider = root.querySelector('.pg-alpha');
  const before = Number(root.dataset.answered), began = performance.now();
  slider.value = (Number(slider.value) + 0.35) % 1;
  slider.dispatchEvent(new Event('input', {bubbles: true}));
  const look = () => Number(root.dataset.answered) > before && Number(root.dataset.drawn) > began
    ? done(performance.now() - began) : requestAnimationFrame(look);
  look();
})"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--browser", metavar="URL", help="the address of a running app")
    options = parser.parse_args()
    found: dict[str, Any] = {"engine_seconds": engine(options.repeats)}
    if options.browser:
        found["release_to_frame_ms"] = browser(options.browser.rstrip("/"), options.repeats)
    print(json.dumps(found))


def engine(repeats: int) -> dict[str, dict[str, Any]]:
    from engine.studies import playground

    found = {}
    for name in playground.datasets():
        asked = playground.Asked(name)
        at = playground.ground(asked)
        asked = replace(asked, forget=tuple(at.data.train.wrong.nonzero().flatten().tolist()))
        films = {"braked": asked, "unbraked": replace(asked, brake=None), "arrows": replace(asked, arrows=True)}
        found[name] = {what: timed(lambda of=of: playground.play(another(of)), repeats) for what, of in films.items()}
        found[name]["ends"] = timed(lambda of=asked: playground.play(another(of), whole=False), repeats)
        found[name]["retrained"] = timed(lambda of=asked, at=at: playground._retrained(at, of), max(3, repeats // 5))
    return found


def another(asked: Any) -> Any:
    """The question with an alpha that was not asked yet: what was played is kept, and would be drawn alone."""
    return replace(asked, alpha=next(ALPHAS) / 100_000)


def timed(work: Callable[[], Any], repeats: int) -> dict[str, float]:
    work()
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return summary(seconds, 3)


def browser(url: str, repeats: int) -> dict[str, float]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        shown = started.chromium.launch(executable_path=chromium.find(), args=chromium.ARGUMENTS)
        page = shown.new_page(viewport={"width": 1280, "height": 720})
        page.goto(f"{url}/playground")
        page.wait_for_selector(".pg[data-answered]")
        page.wait_for_timeout(8000)  # the opening film and the retrained map
        waits = []
        for _ in range(repeats):
            waits.append(page.evaluate(RELEASE))
            page.wait_for_timeout(700)
        shown.close()
    return summary(waits, 0)


def summary(values: list[float], digits: int) -> dict[str, float]:
    return {"median": round(statistics.median(values), digits), "slowest": round(max(values), digits)}


if __name__ == "__main__":
    main()
