"""A run that many follow: one look for all, and another pace without another page."""

from __future__ import annotations

import pytest
import streamlit as st

from engine.runs.records import Run
from engine.types import Spec
from ui.common import repeats, watched
from ui.common.shared import FOLLOWED, TURN, Looks, Watchers
from ui.frame import tray


@pytest.fixture
def timers(monkeypatch):
    """What Streamlit is asked to repeat, as (interval, function); drawing one draws what is in it."""
    asked = []

    def fragment(function, run_every=None):
        asked.append((run_every, function))
        return function

    monkeypatch.setattr(st, "fragment", fragment)
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(watched, "WATCHERS", Watchers())
    return asked


def test_where_others_come_the_view_gets_another_interval_and_the_page_is_not_drawn_again(timers, monkeypatch):
    drawn = []
    monkeypatch.setattr(st, "rerun", lambda *_: pytest.fail("the whole page is drawn again"))
    watched.follow("cafe", lambda over: drawn.append(1))
    (outer, draw_again), (inner, _) = timers
    assert (outer, inner, len(drawn)) == (watched.PACED, watched.EVERY, 1)
    for number in range(30):
        watched.WATCHERS.here(str(number))
    draw_again()
    assert timers[-1][0] == watched.WATCHERS.pause(watched.EVERY) > 1.5 and len(drawn) == 2
    assert [interval for interval, _ in timers].count(watched.PACED) == 1


def test_the_end_stops_the_timers_and_draws_no_page(timers, monkeypatch):
    """Streamlit's own context says which fragment runs; a tick that was under way by then starts no timer again."""
    sent, told = [], []
    monkeypatch.setattr(repeats, "get_script_run_ctx", lambda **_: type("Context", (), {"enqueue": sent.append}))
    monkeypatch.setattr(repeats.ThreadState, "get", lambda: type("State", (), {"fragment_id": names[0]}))
    names = ["page"]
    watched.follow("cafe", lambda over: told.append(over) or len(told) > 1)
    (_, paced), (_, looking) = timers
    assert sent == []
    names[0] = "view"
    looking()
    assert [list(one.stop_auto_rerun.fragment_ids) for one in sent] == [["page", "view"]]
    paced()
    assert timers[-1][0] is None and told == [False, False, True]
    assert all(list(one.stop_auto_rerun.fragment_ids) == ["page", "view"] for one in sent)


def test_thirty_sessions_read_a_live_run_once(monkeypatch):
    read = []
    monkeypatch.setattr(watched, "LOOKS", Looks(60.0))
    now = watched.Look(Run("cafe", "running", Spec()), None, None)
    monkeypatch.setattr(watched, "_look", lambda run_id: read.append(run_id) or now)
    monkeypatch.setattr(watched, "manager", lambda: type("Jobs", (), {"store": type("Store", (), {"url": "here"})}))
    assert all(watched.look("cafe", live=True) is now for _ in range(30)) and read == ["cafe"]
    watched.look("cafe", live=False)
    assert read == ["cafe"] * 2


def test_a_page_that_follows_a_run_is_not_drawn_again_where_another_run_is_queued(monkeypatch):
    monkeypatch.setattr(st, "session_state", {})
    active = [Run("cafe", "running", Spec())]
    assert tray.outdated(active, seen=[("cafe", "running")]) is False
    active.append(Run("beef", "queued", Spec()))
    assert tray.outdated(active, seen=[("cafe", "running")]) is True
    FOLLOWED.put("cafe")
    assert tray.outdated(active, seen=[("cafe", "running")]) is False


def test_the_end_is_seen_by_one_session_after_another(monkeypatch):
    clock, who = [100.0], {}
    watchers = Watchers(lambda: clock[0])
    monkeypatch.setattr(watched, "WATCHERS", watchers)
    monkeypatch.setattr(watched, "LOOKS", Looks(0.0))
    monkeypatch.setattr(watched, "WHO", type("Who", (), {"get": lambda self: who["now"]})())
    monkeypatch.setattr(watched, "manager", lambda: type("Jobs", (), {"store": type("Store", (), {"url": "here"})}))
    running, ended = (watched.Look(Run("cafe", status, Spec()), None, None) for status in ("running", "finished"))
    monkeypatch.setattr(watched, "_look", lambda _: running)

    def looks():
        found = []
        for who["now"] in "abc":
            watchers.here(who["now"])
            found.append(watched.look("cafe", live=True))
        return found

    assert looks() == [running] * 3
    monkeypatch.setattr(watched, "_look", lambda _: ended)
    assert looks() == [ended, running, running]
    clock[0] += TURN
    assert looks() == [ended, ended, running]
    clock[0] += TURN
    assert looks() == [ended] * 3
