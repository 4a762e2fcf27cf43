"""A class that opens one lesson: its runs are read once for all, and queued once."""

from __future__ import annotations

import pytest
import streamlit as st

from engine.runs.records import Run
from engine.types import Spec
from ui.common.shared import Looks
from ui.learn import films
from ui.learn.lessons import LESSONS


@pytest.fixture
def lab(monkeypatch):
    """A manager that only notes what is read and queued."""
    read, queued = [], []

    def best(wanted, _store, **_):
        read.append(1)
        there = {films.resolve(spec).fingerprint for spec in queued}
        return {key: Run(key, "queued", Spec()) for key in wanted if key in there}

    jobs = type("Jobs", (), {"store": type("Store", (), {"url": "here"}),
                             "submit": lambda self, spec: queued.append(spec)})
    monkeypatch.setattr(films, "manager", jobs)
    monkeypatch.setattr(films.library, "best", best)
    monkeypatch.setattr(films.afterwards, "completed", lambda run, *_, **__: run)
    for name in ("THERE", "RUNS"):
        monkeypatch.setattr(films, name, Looks(60.0))
    return read, queued


def open_lesson(monkeypatch):
    monkeypatch.setattr(st, "session_state", {})  # another session
    films.ensure(LESSONS[:1])


def test_the_runs_of_a_lesson_are_queued_once_for_a_class(lab, monkeypatch):
    for _ in range(30):
        open_lesson(monkeypatch)
    assert len(lab[1]) == len(LESSONS[0].films)
    assert not films.ASKING.locked()


def test_sessions_that_wait_read_the_runs_once(lab, monkeypatch):
    open_lesson(monkeypatch)
    lab[0].clear()
    assert len({id(films._runs_a_moment_ago(LESSONS[0])) for _ in range(30)}) == 1
    assert len(lab[0]) == 1
