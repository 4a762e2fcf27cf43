"""Takes docs/pictures/*.webp: the app's pages as they are, in a headless Chromium, 1280 x 800, light.

``python docs/make_pictures.py [--only compare] [--out docs/pictures]``

Starts the app on a free port with an empty results folder, carries out the demo there and opens what ships. Every file
stays under 70 kB: 128 colours, without dithering, packed without loss. Needs the test requirements and Chromium, as
the browser tests do.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests import chromium

ROOT = Path(__file__).resolve().parent.parent
SIZE = {"width": 1280, "height": 800}
LARGEST = 70_000  # bytes
PATIENCE = 120  # seconds for a page on a busy machine


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=sorted(PAGES), help="one page instead of all")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "pictures")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with served() as url, sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium.find(), args=chromium.ARGUMENTS)
        page = browser.new_page(viewport=SIZE, color_scheme="light")
        page.set_default_timeout(PATIENCE * 1000)
        for name in [options.only] if options.only else PAGES:
            PAGES[name](page, url)
            settled(page)
            size = save(page.screenshot(), options.out / f"{name}.webp")
            print(f"{name}.webp: {size / 1000:.0f} kB")
        browser.close()


@contextmanager
def served() -> Iterator[str]:
    """The app's address, while it runs; its results go with it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}", "--server.headless=true"]
    with tempfile.TemporaryDirectory() as home:
        server = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "UNLEARN_HOME": home},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            answering(url, server)
            yield url
        finally:
            server.terminate()
            server.wait()


def answering(url: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/_stcore/health")
        except OSError:
            time.sleep(0.3)
        else:
            return
    raise SystemExit(f"the app did not answer at {url}: start it with make run to see why")


def settled(page: Page) -> None:
    """Until the script has ended and what moves into place has."""
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.wait_for_timeout(2500)


def save(screenshot: bytes, path: Path) -> int:
    """Writes a picture with few colours; returns its bytes."""
    picture = Image.open(BytesIO(screenshot)).convert("RGB")
    few = picture.quantize(128, kmeans=3, dither=Image.Dither.NONE)
    few.convert("RGB").save(path, lossless=True, quality=100, method=6)
    size = path.stat().st_size
    if size > LARGEST:
        raise SystemExit(f"{path.name} has {size:,} bytes, more than {LARGEST:,}: fewer colours or a smaller window")
    return size


# --- the pages ------------------------------------------------------------------------------


def start(page: Page, url: str) -> None:
    page.goto(url)
    page.locator(".st-key-start-cards img").first.wait_for()
    page.wait_for_function("() => +document.querySelector('.stage')?.dataset.position > 20")


def unlearn(page: Page, url: str) -> None:
    """The demo, carried out here, at its end."""
    page.goto(url)
    page.locator(".st-key-demo button").click()
    page.get_by_role("heading", name="forgotten samples").wait_for()
    settled(page)


def exposed(page: Page, url: str) -> None:
    """What the attacker sees of the same run before it unlearned."""
    unlearn(page, url)
    run = page.url.partition("run=")[2].partition("&")[0]
    page.goto(f"{url}/exposed?run={run}&view=before")
    page.get_by_role("button", name="Best line").click()


def playground(page: Page, url: str) -> None:
    page.goto(f"{url}/playground")
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_timeout(8000)


def lessons(page: Page, url: str) -> None:
    """Lesson 2 in present mode, the line in the person's hand."""
    page.goto(f"{url}/learn?lesson=2&step=run&present=1")
    humps = page.locator(".seat-lesson .seat-humps")
    page.locator(".seat-lesson .seat-name").first.wait_for()
    settled(page)
    box = humps.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.56 * box["width"], box["y"] + 100, steps=20)
    page.mouse.up()


def compare(page: Page, url: str) -> None:
    page.goto(f"{url}/compare")
    page.locator(".cmp").first.wait_for()


def robustness(page: Page, url: str) -> None:
    page.goto(f"{url}/robustness")
    page.locator(".st-key-robustness-map .plot-container").first.wait_for()


PAGES: dict[str, Callable[[Page, str], None]] = {  # those that start runs come last
    "start": start,
    "compare": compare,
    "robustness": robustness,
    "playground": playground,
    "unlearn": unlearn,
    "exposed": exposed,
    "lessons": lessons,
}


if __name__ == "__main__":
    main()
