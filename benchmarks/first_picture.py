"""How long a person waits for a picture: first paint, the demo cold and warm, frames, replay, page switches.

    python benchmarks/first_picture.py [--repeats 3]

Starts the app on a free port with an empty results folder and looks at it in headless Chromium. Prints one JSON object
last: seconds, unless a name says otherwise. What follows a click is timed in the page itself, from its click to the
change of the document: whoever asks a busy page from outside learns of it up to a second late.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests import chromium

ROOT = Path(__file__).resolve().parents[1]
# What is waited for, by name, and the seconds from the last click until it was there.
WATCH = """() => { let clicked = null; window.seen = {};
  const awaited = {
    first_picture: () => document.querySelector('.stage-curves'),
    first_movement: () => Number(document.querySelector('.stage:has(.stage-curves)')?.dataset.position ?? 0) > 0,
    verdict: () => [...document.querySelectorAll('h2, h3, h4, h5')].some(
      one => one.textContent.includes('Forgotten, as far as')),
    title: () => document.querySelector('h1')?.textContent.includes(window.title)};
  addEventListener('click', () => { clicked = performance.now(); window.seen = {}; }, true);
  new MutationObserver(() => { for (const name in awaited) if (clicked !== null && !(name in window.seen)
    && awaited[name]()) window.seen[name] = (performance.now() - clicked) / 1000;
  }).observe(document, {subtree: true, childList: true, attributes: true, characterData: true}); }"""
REPLAY = """async () => { const e = document.querySelector('.stage'), seen = new Set();
  const until = performance.now() + 2000;
  while (performance.now() < until) { await new Promise(requestAnimationFrame); seen.add(e.dataset.position); }
  return seen.size / 2; }"""


@contextmanager
def served(*arguments: str, home: str = "") -> Any:
    """The address of ``streamlit``, by default with the app, and the seconds until it answered."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home, began = home or tempfile.mkdtemp(), time.monotonic()
    server = subprocess.Popen([sys.executable, "-m", "streamlit", *(arguments or ("run", "app.py")),
                               f"--server.port={port}"], cwd=ROOT, env={**os.environ, "UNLEARN_HOME": home},
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health")
                break
            except OSError:
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}", time.monotonic() - began
    finally:
        server.terminate()
        server.wait(20)
        shutil.rmtree(home, ignore_errors=True)


def start(page: Any, address: str) -> dict[str, float]:
    """The page Start: first paint by the browser's own clock, then its picture."""
    began = time.monotonic()
    page.goto(address)
    page.locator(".stage-svg").first.wait_for()
    paint = page.evaluate("() => performance.getEntriesByType('paint').map(e => [e.name, e.startTime / 1000])")
    return dict(paint) | {"hero": time.monotonic() - began}


def seen(page: Any, name: str) -> float:
    """Seconds from the last click to what :data:`WATCH` calls so."""
    page.wait_for_function(f"() => {name!r} in window.seen")
    return float(page.evaluate(f"() => window.seen.{name}"))


def demo(page: Any) -> dict[str, float]:
    """From the click to the picture, its first movement and the verdict; how many frames the run has."""
    page.evaluate(WATCH)
    page.locator(".st-key-demo button").first.click()
    page.wait_for_url("**/unlearn?run=*")
    found = {name: seen(page, name) for name in ("first_picture", "first_movement", "verdict")}
    return found | {"frames": float(page.evaluate("() => document.querySelector('.stage').dataset.frames"))}


def replay(page: Any) -> float:
    """Pictures a second while a replay plays."""
    page.wait_for_function("() => document.querySelector('.stage-button').textContent.includes('Replay')")
    page.locator(".stage-button").first.click()
    return float(page.evaluate(REPLAY))


def switches(page: Any) -> dict[str, float]:
    """From a click in the sidebar to the new page's title."""
    page.evaluate(WATCH)
    found = {}
    for name, title in (("Compare", "best"), ("Robustness", "sensitive"), ("Runs", "been run"), ("Unlearn", "forget")):
        page.evaluate(f"() => {{ window.title = {title!r}; }}")
        page.locator("[data-testid=stSidebarNavLink]", has_text=name).click()
        found[f"to_{name.lower()}"] = seen(page, "title")
        page.wait_for_timeout(1500)  # a person looks at the page
    return found


def once(browser: Any) -> dict[str, float]:
    with served() as (address, health):
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.set_default_timeout(120_000)
        found = {"health": health} | {f"start_{name}": value for name, value in start(page, address).items()}
        page.wait_for_timeout(2000)  # a person reads a sentence
        found |= {f"cold_{name}": value for name, value in demo(page).items()}
        page.goto(address)
        page.locator(".stage-svg").first.wait_for()
        found |= {f"warm_{name}": value for name, value in demo(page).items()}
        return found | {"replay_frames_a_second": replay(page)} | switches(page)


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium.find(), args=chromium.ARGUMENTS)
        rounds = [once(browser) for _ in range(repeats)]
    middle = {name: round(statistics.median(one[name] for one in rounds), 2) for name in rounds[0]}
    worst = {name: round(max(one[name] for one in rounds), 2) for name in rounds[0]}
    print(json.dumps({"repeats": repeats, "load": os.getloadavg()[0], "median": middle, "worst": worst}))


if __name__ == "__main__":
    main()
