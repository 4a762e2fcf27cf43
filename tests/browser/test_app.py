"""The app as a user starts it, in headless Chromium: the demo, zoom, deep links, reloads, Ctrl-C, kill -9."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Error
from stillness import place, still

from engine.runs.store import Store
from engine.spec import resolve
from engine.types import ENDED, Spec
from tests import warm
from tests.patience import patience, until

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "test-artifacts"
LONG = Spec(parameters={"retain_epochs": 200, "batch_size": 8})  # minutes of digits: every test that uses it stops it
HEADINGS = {"Start": "Can a trained model forget?", "Unlearn": "Does it forget?", "Robustness": "How sensitive is it?",
            "Compare": "Which method forgets best?", "Evidence": "Is it really gone?", "Runs": "What has been run?"}
STATE = """() => [...document.querySelectorAll('.stage')].map(e => ["now",
  JSON.stringify([...e.querySelectorAll('path[data-set=forget]')].map(p => p.getAttribute('d')))])"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """The results folder of the one server that most tests here use: a start costs it seconds of imports."""
    return tmp_path_factory.mktemp("shared")


@pytest.fixture(scope="module")
def app(serve, shared):
    """The address of that server."""
    return serve(ROOT / "app.py", env={"UNLEARN_HOME": str(shared)}, fresh=True)


@pytest.fixture
def home(request, tmp_path):
    """Where the test's server keeps its results: its own place, unless it uses the shared server."""
    return request.getfixturevalue("shared") if "app" in request.fixturenames else tmp_path


def picture(page, name: str) -> None:
    PICTURES.mkdir(exist_ok=True)
    size = page.viewport_size
    page.set_viewport_size({"width": size["width"], "height": 1700 if name.startswith("unlearn") else 900})
    still(page)
    page.screenshot(path=str(PICTURES / f"{name}.png"))
    page.set_viewport_size(size)


def no_error(page) -> None:
    assert page.errors == []
    assert page.locator("[data-testid=stException]").count() == 0
    assert page.locator("[data-testid=stAlertContentError]").count() == 0


def charts(page) -> list[list[str]]:
    """Name and content (as JSON) of every live chart."""
    return page.evaluate(STATE)


def drawn(page, count: int = 4) -> None:
    page.wait_for_function(f"() => document.querySelectorAll('.stage-svg').length >= {count}")


def ended(home: Path, run_id: str) -> dict:
    store = Store(home)
    return until(lambda: (run := store.get(run_id)).status in ENDED and run, lambda: store.get(run_id))


def started(home: Path, run_id: str, step: int = 1) -> None:
    store = Store(home)
    until(lambda: ((store.get(run_id).progress or {}).get("step") or 0) >= step, lambda: store.get(run_id))


@pytest.mark.long
def test_a_runs_address_first_thing_after_a_server_start(page, app, home):
    """The first test of this file: nobody has been at the server before."""
    run_id = Store(home).submit(resolve(Spec()))
    page.goto(f"{app}/unlearn?run={run_id}")
    page.get_by_text("measured on the complete sets, the charts").wait_for()
    links = page.locator("[data-testid=stSidebarNavLink]").all_inner_texts()
    assert [link.split()[-1] for link in links] == ["Start", "Lessons", "Playground", "Unlearn", "exposed?", "Compare",
                                                    "Robustness", "Evidence", "Runs"]
    assert page.url.endswith(f"/unlearn?run={run_id}")
    no_error(page)


def test_the_demo_from_click_to_finished(page, app, home):
    page.emulate_media(reduced_motion="no-preference")
    page.goto(app)
    page.get_by_role("heading", name="Can a trained model forget?").wait_for()
    picture(page, "start-light-1440")
    page.locator(".st-key-demo button").first.click()
    page.wait_for_url("**/unlearn?run=*")
    run_id = page.url.split("run=")[1]
    assert ended(home, run_id).status == "finished"
    page.get_by_text("measured on the complete sets, the charts").wait_for()
    drawn(page)
    no_error(page)
    picture(page, "unlearn-light-1440")
    metrics = Store(home).get(run_id).metrics
    said = f"{metrics.original['mia_loss']:.1f} → {metrics['mia_loss']:.1f}%"
    page.locator(".stage-gauge-value", has_text=said).wait_for()  # played to its end
    verdict = place(page.get_by_role("heading", name="Forgotten, as far as these three attacks can tell"))
    assert verdict["y"] + verdict["height"] < 900, "above the fold"
    probes = [event for event in Store(home).events(run_id) if event["kind"] == "probe"]
    assert len(probes) >= 12, "the demo has something to watch"


@pytest.mark.long
@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_charts_and_progress_move_and_go_on_after_a_reload(page, app, home, motion):
    """Also where nothing is to be played: then the chart jumps."""
    page.emulate_media(reduced_motion=motion)
    run_id = Store(home).submit(resolve(LONG))
    page.goto(f"{app}/unlearn?run={run_id}")
    for _ in range(2):
        drawn(page)
        moving(page)
        assert Store(home).get(run_id).status == "running"
        page.reload()
    page.locator(f".st-key-stop-{run_id} button").first.click()
    assert ended(home, run_id).status == "cancelled"
    no_error(page)


def moving(page) -> None:
    """Waits until the chart and the progress bar were seen to move."""
    seen, progress = [], set()
    until(lambda: moved(page, seen, progress), lambda: (len(seen), progress), every=0.04)


def moved(page, seen: list[str], progress: set[str]) -> bool:
    """Adds what the chart of the present distributions and the progress bar show, where that is new: enough?"""
    state = next((s for s in charts(page) if s[0] == "now" and s[1] != "[]"), None)
    if state and state[1] not in seen:
        seen.append(state[1])
    progress |= {text for text in page.locator("[data-testid=stProgress]").all_inner_texts() if "%" in text}
    return len(seen) >= 4 and len(progress) >= 2


@pytest.mark.long
def test_pictures_in_dark_and_narrow(browser, app, home):
    done = Store(home).list(status=("finished",), limit=1)
    run_id = done[0].id if done else Store(home).submit(resolve(Spec()))
    context = browser.new_context(viewport={"width": 900, "height": 900}, color_scheme="dark")
    page = context.new_page()
    page.set_default_timeout(patience() * 1000)
    for name, address in (("start", "/"), ("unlearn", f"/unlearn?run={run_id}"), ("runs", "/runs")):
        page.goto(app + address)
        page.locator("h1").first.wait_for()
        assert ended(home, run_id).status == "finished"  # the first session starts the queue
        for scheme, width in (("dark", 900), ("light", 900), ("dark", 1440)):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            if name == "unlearn":
                page.get_by_text("measured on the complete sets, the charts").wait_for()
                drawn(page, 4 if width > 900 else 3)  # a narrow picture holds its beginning as well
            picture(page, f"{name}-{scheme}-{width}")
            overflow = page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
            assert overflow <= 0, f"{name} is {overflow} pixels wider than the window"
    context.close()


@pytest.mark.long
def test_no_picture_is_replaced_while_it_moves_and_a_pause_holds(page, app, home):
    page.emulate_media(reduced_motion="no-preference")
    run_id = Store(home).submit(resolve(LONG))
    page.goto(f"{app}/unlearn?run={run_id}")
    drawn(page)
    page.evaluate("() => document.querySelectorAll('.stage').forEach((e, i) => e._mark = i)")
    frames = "() => Number(document.querySelector('.stage').dataset.frames)"
    for _ in range(3):
        page.wait_for_function(f"before => ({frames})() > before", arg=page.evaluate(frames))
    page.locator(".stage-slider").press("Home")  # back to the beginning: it stays there while the run goes on
    page.wait_for_function(f"before => ({frames})() > before", arg=page.evaluate(frames))
    assert page.evaluate("() => document.querySelector('.stage').dataset.position") == "0.00"
    assert Store(home).get(run_id).status == "running"
    assert page.evaluate("() => [...document.querySelectorAll('.stage')].map(e => e._mark)") == [0]
    page.locator(f".st-key-stop-{run_id} button").first.click()
    assert ended(home, run_id).status == "cancelled"
    page.get_by_text("What was measured until then is kept.").wait_for()
    no_error(page)


@pytest.mark.long
def test_no_chart_offers_an_upload_and_nothing_is_asked_of_a_foreign_server(page, app, home):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(app)
    for name, title in HEADINGS.items():
        page.locator("[data-testid=stSidebarNavLink]", has_text=name).click()
        page.get_by_role("heading", level=1, name=title).wait_for()
        still(page)
        buttons = page.evaluate("() => [...document.querySelectorAll('.modebar-btn')].map(b => b.dataset.title || '')")
        assert not [title for title in buttons if "Share" in title or "cloud" in title.lower()]
        assert page.evaluate("() => [...document.querySelectorAll('.js-plotly-plot')]"
                             ".every(e => !e._context || !e._context.plotlyServerURL)")
    foreign = [url for url in asked if not url.startswith((app, "data:", "blob:", app.replace("http", "ws")))]
    assert foreign == []


@pytest.mark.long
def test_a_run_goes_on_while_nobody_looks_and_is_found_in_a_second_tab(page, app, home):
    run_id = Store(home).submit(resolve(LONG))
    page.goto(f"{app}/unlearn?run={run_id}")
    drawn(page)
    page.get_by_role("link", name="Runs").click()
    page.get_by_role("heading", name="What has been run?").wait_for()
    page.locator("[data-testid=stSidebar]").get_by_text("% · ").first.wait_for()  # the tray follows it
    step = Store(home).get(run_id).progress["step"]
    page.goto("about:blank")  # every tab closed
    started(home, run_id, step + 20)
    page.goto(f"{app}/unlearn?run={run_id}")
    page.locator(f".st-key-stop-{run_id} button").first.click()
    assert ended(home, run_id).status == "cancelled"
    no_error(page)


def launch(home: Path, port: int, start: type[subprocess.Popen] = subprocess.Popen) -> subprocess.Popen:
    """The app in a process of its own that a test may interrupt or kill."""
    return start([sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"], cwd=ROOT,
                            env={**os.environ, "UNLEARN_HOME": str(home)}, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, start_new_session=True)


def open_when_up(page, address: str) -> None:
    def opened() -> bool:
        try:
            page.goto(address)
        except Error:
            return False
        return True

    until(opened, address, every=0.3)


@pytest.mark.long
def test_ctrl_c_ends_the_server_though_a_run_is_running_and_a_browser_reads_no_more(page, home, free_port):
    run_id = Store(home).submit(resolve(LONG))
    server = launch(home, free_port)
    open_when_up(page, f"http://127.0.0.1:{free_port}/unlearn?run={run_id}")
    started(home, run_id, 5)
    with socket.create_connection(("127.0.0.1", free_port)) as slow:  # a browser that stopped reading in mid-answer
        slow.sendall(b"GET /app/static/plotly.min.js HTTP/1.1\r\nHost: localhost\r\n\r\n")
        slow.recv(100)
        server.send_signal(signal.SIGINT)
        server.wait(patience())
    assert Store(home).get(run_id).status != "finished", "it did not wait for the run"


@pytest.mark.long
def test_after_a_kill_the_run_is_interrupted_offered_again_and_the_queue_goes_on(page, home, free_port):
    store = Store(home)
    running, waiting = store.submit(resolve(LONG)), store.submit(resolve(Spec(seed=1)))
    server = launch(home, free_port, warm.Popen)
    open_when_up(page, f"http://127.0.0.1:{free_port}/")
    started(home, running, 5)
    os.killpg(server.pid, signal.SIGKILL)
    server.wait(patience())
    assert store.get(running).status == "running"  # nobody was left to write it down
    page.goto("about:blank")
    again = launch(home, free_port, warm.Popen)
    try:
        open_when_up(page, f"http://127.0.0.1:{free_port}/")
        page.get_by_text("Interrupted: ∇τ (nabla-tau) on Digits").wait_for()
        assert store.get(running).status == "interrupted"
        assert ended(home, waiting).status == "finished"
        page.locator(f".st-key-rerun-{running} button").first.click()
        page.wait_for_url("**/unlearn?run=*")
        new = page.url.split("run=")[1]
        assert store.get(new).spec == store.get(running).spec
        page.locator(f".st-key-stop-{new} button").first.click()
        assert ended(home, new).status == "cancelled"
    finally:
        os.killpg(again.pid, signal.SIGKILL)
        again.wait(patience())
