"""A run gives way to what a person waits for, for a while and for a share of its time."""

from __future__ import annotations

import threading
import time

import pytest

from engine.system import foreground
from engine.system.foreground import MOST, SHARE, Foreground, Turns


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still unless a test moves it."""
    now = [100.0]
    monkeypatch.setattr(foreground.time, "monotonic", lambda: now[0])
    return now


class Waits(Foreground):
    """Somebody always waits; notes for how long a run would wait."""

    def __init__(self, clock):
        super().__init__()
        self.clock, self.asked = clock, []

    def wait(self, most):
        self.asked.append(round(most, 6))
        self.clock[0] += max(0.0, most)
        return max(0.0, most)


def test_it_does_not_wait_where_nobody_does():
    assert Foreground().wait(30) == 0.0


def test_a_browser_has_a_moment_to_draw_what_it_was_sent(monkeypatch):
    monkeypatch.setattr(foreground, "AFTER", 1000.0)
    drawn = Foreground()
    with drawn.first():
        pass
    assert drawn.wait(0.05) >= 0.05, "the moment is not over"
    monkeypatch.setattr(foreground, "AFTER", 0.0)
    with drawn.first():
        pass
    assert drawn.wait(30) == 0.0


def test_it_waits_until_the_last_has_what_it_waits_for():
    held, order = Foreground(), []
    inside, leave = threading.Event(), threading.Event()

    def person():
        with held.first():
            inside.set()
            leave.wait(30)
            order.append("drawn")

    threads = [threading.Thread(target=person) for _ in range(3)]
    for thread in threads:
        thread.start()
    inside.wait(30)
    threading.Timer(0.05, leave.set).start()
    held.wait(30)
    order.append("run")
    for thread in threads:
        thread.join()
    assert order == ["drawn"] * 3 + ["run"]


def test_an_error_of_the_page_does_not_hold_the_run(monkeypatch):
    monkeypatch.setattr(foreground, "AFTER", 0.0)
    held = Foreground()
    with pytest.raises(ValueError, match="page"), held.first():
        raise ValueError("page")
    assert held.wait(30) == 0.0


def test_it_waits_no_longer_than_it_may():
    held = Foreground()
    with held.first():
        began = time.monotonic()
        assert 0.05 <= held.wait(0.05) <= time.monotonic() - began
        assert held.wait(0) == held.wait(-1) == 0.0


def test_a_run_gives_its_share_of_the_time_and_no_more(clock):
    people = Waits(clock)
    turns = Turns(people)
    for _ in range(200):
        clock[0] += 0.01  # a step
        turns.give_way()
    assert people.asked[0] == MOST, "what it has saved"
    assert people.asked[1] == pytest.approx(0.01 * SHARE / (1 - SHARE))
    assert sum(people.asked[1:]) == pytest.approx(199 * 0.01 * SHARE / (1 - SHARE))
    clock[0] += 1000
    turns.give_way()
    assert people.asked[-1] == MOST
