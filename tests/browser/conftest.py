"""A Streamlit server and a headless Chromium for the browser tests, which skip by name where either is absent."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import chromium, warm
from tests.patience import patience, until

ROOT = Path(__file__).resolve().parents[2]
PLAIN = "--disable-software-rasterizer"  # no WebGL, and less work for a page


@pytest.fixture(scope="session")
def launch():
    """Starts a headless Chromium, with further arguments."""
    playwright = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed")
    if not (found := chromium.find()):
        pytest.skip(f"none of these is installed: {', '.join(chromium.NAMES)}")
    playwright.expect.set_options(timeout=patience() * 1000)
    with playwright.sync_playwright() as started:
        yield lambda *more: started.chromium.launch(executable_path=found, args=[*chromium.ARGUMENTS, *more])


@pytest.fixture(scope="session")
def plain(launch):
    """One headless Chromium for all tests of pages that draw without WebGL."""
    started = launch(PLAIN)
    yield started
    started.close()


@pytest.fixture(scope="session")
def webgl(launch):
    """Another one, which draws by WebGL: what compares runs has such charts."""
    started = launch()
    yield started
    started.close()


@pytest.fixture(scope="module")
def browser(plain):
    """The browser of a file's tests; one that looks at charts drawn by WebGL replaces it."""
    return plain


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Leaves the report of the test itself on its item, where ``page`` looks for it."""
    report = yield
    if report.when == "call":
        item.report = report
    return report


@pytest.fixture
def page(browser, request):
    """A fresh page of 1440 x 900 that asks for less motion: a picture that plays on takes a core, so a test of motion
    alone asks for it (``emulate_media``). ``page.errors`` lists console errors and uncaught exceptions as they come.

    What it showed when its test failed is kept as a picture in test-artifacts, and printed with the errors.
    """
    tab = _opened(browser)
    yield tab
    _keep_if_failed(tab, request)
    tab.context.close()


def _opened(browser):
    tab = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce").new_page()
    tab.set_default_timeout(patience() * 1000)
    tab.errors = []
    tab.on("console", lambda message: tab.errors.append(_said(message)) if _counts(message) else None)
    tab.on("pageerror", lambda error: tab.errors.append(str(error)))
    return tab


def _keep_if_failed(tab, request) -> None:
    if (report := getattr(request.node, "report", None)) and report.failed:
        tab.screenshot(path=ROOT / "test-artifacts" / f"failed-{request.node.name}.png", full_page=True)
        print(f"{tab.url} shows {tab.locator('body').inner_text()[:500]!r}; the console's errors: {tab.errors}")


def _counts(message) -> bool:
    """An error, but not Streamlit's own search for its base path, which answers 404 below a deep link."""
    return message.type == "error" and "/_stcore/" not in message.location.get("url", "")


def _said(message) -> str:
    return f"{message.text} ({message.location.get('url', '')})"


@pytest.fixture(scope="session")
def museum(tmp_path_factory) -> Iterator[str]:
    """The address of one server for all tests that only look at what ships: nothing is started there."""
    for serve in _serving(tmp_path_factory):
        yield serve(ROOT / "app.py", env={"UNLEARN_HOME": str(tmp_path_factory.mktemp("museum"))})


@pytest.fixture(scope="session")
def workshop(tmp_path_factory) -> Iterator[str]:
    """The address of one server for tests that start runs and do not mind those of others."""
    for serve in _serving(tmp_path_factory):
        yield serve(ROOT / "app.py", env={"UNLEARN_HOME": str(tmp_path_factory.mktemp("workshop"))})


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Path:
    """The results folder of the server that a file's tests share."""
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="module")
def app(serve, results) -> str:
    """The address of that server; a file whose server is another one replaces it."""
    return serve(ROOT / "app.py", env={"UNLEARN_HOME": str(results)})


@pytest.fixture(scope="module")
def serve(tmp_path_factory) -> Iterator[Callable[..., str]]:
    """``serve(script, env=None, wait=True, options=(), fresh=False)`` starts Streamlit on a free port: its URL.

    ``options`` are further ``--section.name=value`` arguments; a ``fresh`` server imports everything itself. Servers
    stop, with their children, after the module's last test; what they wrote is shown when one does not come up.
    """
    yield from _serving(tmp_path_factory)


def _serving(tmp_path_factory) -> Iterator[Callable[..., str]]:
    started: list[subprocess.Popen] = []

    def start(script: Path | str, env: dict[str, str] | None = None, wait: bool = True,
              options: tuple[str, ...] = (), fresh: bool = False) -> str:
        port = _free_port()
        log = tmp_path_factory.mktemp("server") / "log.txt"
        server = _launch(Path(script), port, log, env or {}, options, fresh)
        started.append(server)
        base = next((o.split("=", 1)[1].strip("/") for o in options if o.startswith("--server.baseUrlPath=")), "")
        url = f"http://127.0.0.1:{port}" + (f"/{base}" if base else "")
        if wait:
            _await_health(server, url, log)
        return url

    yield start
    for server in started:
        _stop(server)


def _launch(script: Path, port: int, log: Path, env: dict[str, str], options: tuple[str, ...],
            fresh: bool) -> subprocess.Popen:
    command = [sys.executable, "-m", "streamlit", "run", str(script), f"--server.port={port}",
               "--server.address=127.0.0.1", "--server.headless=true", "--server.enableStaticServing=true",
               "--browser.gatherUsageStats=false", "--server.fileWatcherType=none", "--runner.postScriptGC=false",
               *options]
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    with log.open("wb") as out:
        start = subprocess.Popen if fresh else warm.Popen
        return start(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": path, warm.WORKERS: "1", **env}, stdout=out,
                     stderr=subprocess.STDOUT, start_new_session=True)


def _await_health(server: subprocess.Popen, url: str, log: Path) -> None:
    def healthy() -> bool:
        if server.poll() is not None:
            pytest.fail(f"the server at {url} ended:\n{log.read_text(errors='replace')[-3000:]}")
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=patience()) as answer:
                return answer.status == 200
        except OSError:
            return False

    until(healthy, lambda: f"the server at {url}:\n{log.read_text(errors='replace')[-3000:]}")


def _stop(server: subprocess.Popen) -> None:
    """End the server's own session: it and whatever it started."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(server.pid, sign)
            server.wait(patience() / 4)
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
    server.wait(patience())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def free_port() -> int:
    """A port that nothing listens on."""
    return _free_port()
