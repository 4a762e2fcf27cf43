"""Text of strangers in a real browser: nothing of it is fetched, leads anywhere or is drawn, on any page."""

from __future__ import annotations

import dataclasses
import http.server
import json
import sys
import threading
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "engine"), str(ROOT / "tests" / "engine" / "own")]

from archiving import METRICS, finished_run, members, put_together  # noqa: E402
from making import pictures  # noqa: E402

from engine.own import adding  # noqa: E402
from engine.own.declaration import save  # noqa: E402
from engine.own.folder import own, place_of  # noqa: E402
from engine.runs.archive.transfer import export_runs, import_runs  # noqa: E402
from engine.runs.store import Store  # noqa: E402
from ui.common.address import PAGES  # noqa: E402

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]  # catches hangs only: two dozen pages are opened
NAMES = ("run", "from", "original", "runs", "data", "dataset", "methods", "method", "seeds", "seed", "model", "models",
         "find", "sort", "group", "columns", "lesson", "scenario", "forget", "class", "profile", "xs", "ys",
         "across", "down",
         "at", "hide", "relearn", "likeness", "alpha", "noise", "stranger")


@pytest.fixture(scope="module")
def browser(webgl):
    """The comparison of runs draws by WebGL."""
    return webgl


@pytest.fixture(scope="module")
def listener():
    """A server of somebody else on this machine; what was asked of it."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()


def hostile(place: str, most: int = 10_000) -> str:
    text = (f"![x](http://{place}/a.png) <img src=http://{place}/b.png> [x](javascript:alert(1)) [y](http://{place}/c) "
            f"http://{place}/d $x^2$ :material/star: :red[x] <script>fetch('http://{place}/e')</script>")
    return text[:most]


@pytest.fixture(scope="module")
def home(tmp_path_factory, listener):
    """A home folder into which an archive was imported whose every text is hostile."""
    text, folder = hostile(listener[0]), tmp_path_factory.mktemp("strangers")
    patch = pytest.MonkeyPatch()
    patch.setenv("UNLEARN_HOME", str(folder / "there"))
    source = pictures(folder / "shapes")
    adding.write("shapes", adding.prepared("shapes", str(source))[1])
    declared = own().declared["shapes"]
    save(place_of("shapes"), dataclasses.replace(
        declared, title=text[:60], summary=text,
        classes=tuple(f"{text[:40]}{number}" for number in range(len(declared.classes)))))
    store = Store(folder / "there")
    ids = [finished_run(store, dataset="shapes"), finished_run(store, seed=1),
           finished_run(store, seed=2, status="failed"), finished_run(store, seed=3, status="cancelled")]
    export_runs(folder / "good.zip", ids, store)
    content = members(folder / "good.zip")
    runs = json.loads(content["runs.json"])
    for run in runs:
        run |= {"reason": text, "notice": text, "note": text, "device": text[:120], "code_version": text[:40],
                "identity": text[:32], "tags": [text[:40]], "effective": run["effective"] | {"batch_norm": text},
                "evidence": {"per_example": {"name": "per_example", "method": text, "models": 64, "area": 0.6,
                                             "low": 0.58, "high": 0.62, "retrained": 0.5, "retrained_low": 0.49,
                                             "retrained_high": 0.51, "damaged": False}}}
        if run["metrics"]:
            run["metrics"] = METRICS | {"notes": [text], "missing": {"tow": text, "average_gap": text}}
    put_together(folder / "bad.zip", content | {"runs.json": json.dumps(runs).encode()})
    patch.setenv("UNLEARN_HOME", str(folder / "here"))
    here = Store(folder / "here")
    assert len(import_runs(folder / "bad.zip", here)["imported"]) == len(ids)
    patch.undo()
    return folder / "here", ids


@pytest.fixture(scope="module")
def app(serve, home):
    return serve(ROOT / "app.py", env={"UNLEARN_HOME": str(home[0])})


def check(page, listener):
    place, asked = listener
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    assert asked == [] and page.foreign == [], page.url
    links = page.evaluate("[...document.querySelectorAll('a[href]')].map(a => a.href)")
    assert [link for link in links if place in urlsplit(link).netloc or link.startswith("javascript")] == [], page.url
    assert page.locator("[data-testid=stMarkdownContainer] img").count() == 0
    assert page.locator(".stAlert .katex").count() == 0


@pytest.fixture
def watched(page, app):
    page.foreign = []
    ours = urlsplit(app).netloc
    page.on("request", lambda request: page.foreign.append(request.url)
            if urlsplit(request.url).netloc not in (ours, "") and not request.url.startswith(("data:", "blob:"))
            else None)
    return page


@pytest.mark.long
def test_no_page_fetches_or_links_what_an_archive_says(watched, app, home, listener):
    _, ids = home
    for path in ("", "runs", "compare?data=shapes", "robustness", "evidence", f"selected?runs={','.join(ids)}",
                 "exposed", *(f"unlearn?run={run_id}" for run_id in ids)):
        watched.goto(f"{app}/{path}")
        watched.locator("h1").first.wait_for()
        watched.wait_for_timeout(500)
        check(watched, listener)


@pytest.mark.long
def test_no_page_fetches_or_links_what_an_address_says(watched, app, listener):
    asked = urlencode(dict.fromkeys(NAMES, hostile(listener[0], 400)))
    for path in ("", *PAGES):
        watched.goto(f"{app}/{path}?{asked}")
        watched.locator("h1").first.wait_for()
        watched.wait_for_timeout(500)
        check(watched, listener)
