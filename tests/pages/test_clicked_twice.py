"""A button that is clicked twice, or whose click counts twice, queues one run."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "engine" / "own"))

from making import rings

from engine.own import adding
from engine.types import Spec
from tests.pages.test_pages import app, opened, unlearn_page
from ui.common import queueing
from ui.start import own_data

QUICK = Spec(method="finetune", forget_fraction=0.05, parameters={"retain_epochs": 1})


@pytest.fixture
def waiting(jobs):
    """The manager, which lets all runs wait."""
    jobs.stop()
    return jobs


@pytest.fixture
def slow(monkeypatch):
    """A machine on which a second click may come a minute later."""
    monkeypatch.setattr(queueing, "SOON", 60.0)


@pytest.fixture
def session(monkeypatch):
    """A session of a page without a page."""
    kept: dict[str, tuple[str, float]] = {}
    monkeypatch.setattr(queueing.Slot, "get", lambda slot: kept)


def test_unlearn_clicked_twice_is_one_run_and_later_it_is_another(waiting, slow, monkeypatch):
    at = opened(unlearn_page())
    for _ in range(2):
        at.button(key="launch").click().run()
        assert not at.exception
    run, = waiting.store.list()
    assert at.query_params["run"] == run.id
    at.number_input(key="seed").set_value(5).run()
    at.button(key="launch").click().run()
    assert [one.spec.seed for one in waiting.store.list()] == [0, 5], "another run is another one"
    monkeypatch.setattr(queueing, "SOON", 0.0)
    at.button(key="launch").click().run()
    assert [one.spec.seed for one in waiting.store.list()] == [0, 5, 5]


def test_the_demo_clicked_twice_is_one_run(waiting, slow):
    at = app().run()
    at.button(key="demo").click().run()
    at.switch_page("pages/start.py").run()
    at.button(key="demo").click().run()
    assert len(waiting.store.list()) == 1 and not at.exception


def test_two_runs_of_one_spec_are_run_again_as_two_and_each_once(waiting, slow, session):
    for before in ("first", "second"):
        assert queueing.queue(QUICK, of=before) == queueing.queue(QUICK, of=before)
    assert len(waiting.store.list()) == 2


def test_a_run_that_was_stopped_or_deleted_is_asked_for_again_at_once(waiting, slow, session):
    first = queueing.queue(QUICK)
    waiting.cancel(first)
    second = queueing.queue(QUICK)
    assert waiting.store.get(first).status == "cancelled" and second != first
    waiting.cancel(second)
    waiting.store.delete(second)
    assert queueing.queue(QUICK) not in (first, second)


def test_two_clicks_at_once_are_one_run(waiting, slow, session):
    begin, got = threading.Barrier(2), []

    def click() -> None:
        begin.wait()
        got.append(queueing.queue(QUICK))

    clicks = [threading.Thread(target=click) for _ in range(2)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()
    assert [run.id for run in waiting.store.list()] == got[:1] == got[1:]


def test_data_that_two_clicks_add_are_trained_on_once(waiting, slow, session, monkeypatch, tmp_path):
    _, added = adding.prepared("my_rings", str(rings(tmp_path / "rings.csv")))
    opened = []
    monkeypatch.setattr(own_data, "_close", lambda: None)
    monkeypatch.setattr("streamlit.switch_page", lambda page, query_params: opened.append(query_params["run"]))
    for _ in range(2):
        own_data._add("my_rings", added)
    run, = waiting.store.list()
    assert opened == [run.id, run.id] and run.train_original
