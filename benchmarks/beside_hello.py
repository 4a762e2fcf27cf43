"""The app's start beside that of ``streamlit hello``, and how quickly it answers while a run is going on.

    python benchmarks/beside_hello.py [--rounds 5]

A round starts one server after the other, each on a free port, and looks at it in headless Chromium: seconds until the
server answers, until the browser's first contentful paint, until the page's title stands, and until its script has
ended. Goals: at most 1.3 times hello's; a page switch under 0.4 s and 95% of reruns under 0.3 s beside a run, which is
one of the app itself, or of a command line beside it. Prints one JSON object last.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._timing import report
from benchmarks.first_picture import ROOT, served, switches
from engine.runs.store import Store
from engine.spec import resolve
from engine.types import Spec
from tests import chromium

PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"
# From a key's press to the end of the last rerun that it made: the app says on its root whether its script is running.
ENDED = """() => { window.ended = 0; const app = document.querySelector('[data-testid=stApp]');
  new MutationObserver(() => { if (app.dataset.testScriptState === 'notRunning') window.ended = performance.now(); })
    .observe(app, {attributes: true, attributeFilter: ['data-test-script-state']}); }"""
LONG = Spec(method="retrain", parameters={"epochs": 1000, "batch_size": 8})


def begun(browser: Any, *arguments: str) -> dict[str, float]:
    """The start of one server, seen from a fresh browser window."""
    with served(*arguments) as (address, health):
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.set_default_timeout(120_000)
        began = time.monotonic()
        page.goto(address)
        page.locator("h1").first.wait_for()
        title = time.monotonic() - began
        page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
        return {"server": health, "paint": page.evaluate(PAINT), "title": title, "page": time.monotonic() - began}


def rerun(page: Any) -> float:
    """Seconds from a press on the slider of alpha to the end of its rerun."""
    page.evaluate("() => { window.ended = 0; }")
    began = page.evaluate("() => performance.now()")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => window.ended > 0")
    page.wait_for_timeout(150)  # a second rerun that the first one asked for
    return float(page.evaluate("() => window.ended") - began) / 1000


@contextmanager
def by_the_app(home: str) -> Iterator[None]:
    """A long run that the app takes from its queue."""
    store = Store(Path(home))
    run = store.submit(resolve(LONG))
    while len(store.events(run)) < 2:
        assert not store.get(run).has_ended, "the run has ended before it began"
        time.sleep(0.1)
    yield
    assert not store.get(run).has_ended, "the run has ended too early"


@contextmanager
def by_command_line(home: str) -> Iterator[None]:
    """A long run of another process in the store that the app looks into."""
    words = [f"{name}={value}" for name, value in LONG.parameters.items()]
    run = subprocess.Popen([sys.executable, "-m", "engine", "run", "--method", LONG.method,
                            *(word for one in words for word in ("--set", one))], cwd=ROOT,
                           env=os.environ | {"UNLEARN_HOME": home}, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
    try:
        yield
        assert run.poll() is None, "the run has ended too early"
    finally:
        run.kill()
        run.wait()


def answers(browser: Any, reruns: int, computing: Callable[[str], Any] = nullcontext) -> dict[str, Any]:
    """Reruns of the form of Unlearn, and page switches the second time, while a run is ``computing``."""
    home = tempfile.mkdtemp()
    with served(home=home) as (address, _), ExitStack() as during:
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.set_default_timeout(120_000)
        page.goto(address + "/unlearn")
        page.locator("h1", has_text="forget").wait_for()
        page.wait_for_timeout(3000)  # what a first page imports
        during.enter_context(computing(home))
        page.goto(address + "/unlearn")
        page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
        page.evaluate(ENDED)
        page.get_by_role("slider").first.focus()
        took = sorted(rerun(page) for _ in range(reruns))
        switches(page)
        return {"rerun_median": round(statistics.median(took), 3), "rerun_95": round(took[int(0.95 * reruns)], 3),
                "switches": {name: round(value, 2) for name, value in switches(page).items()}}


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium.find(), args=chromium.ARGUMENTS)
        rounds = [(begun(browser), begun(browser, "hello")) for _ in range(options.rounds)]
        figures = {name: {"ours": round(statistics.median(ours[name] for ours, _ in rounds), 2),
                          "hello": round(statistics.median(hello[name] for _, hello in rounds), 2),
                          "times": round(statistics.median(ours[name] / hello[name] for ours, hello in rounds), 2)}
                   for name in rounds[0][0]}
        report("beside_hello", load=os.getloadavg()[0], **figures, idle=answers(browser, 40),
               beside_own_run=answers(browser, 40, by_the_app), beside_another=answers(browser, 40, by_command_line))


if __name__ == "__main__":
    main()
