"""One look for many sessions, and a pace that many can keep."""

from __future__ import annotations

import threading

import pytest

from ui.common.shared import ABSENT, Looks, Watchers


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_a_look_serves_all_who_ask_within_its_time():
    clock, made = Clock(), []
    looks = Looks(0.3, clock)
    assert [looks.get("run", lambda: made.append(1) or len(made)) for _ in range(30)] == [1] * 30
    clock.now += 0.31
    assert looks.get("run", lambda: made.append(1) or len(made)) == 2
    assert looks.get("other", lambda: "its own") == "its own"


def test_while_one_looks_the_others_wait_for_what_it_finds():
    looks, started, made = Looks(60.0), threading.Event(), []

    def slow():
        made.append(1)
        started.wait(5)
        return "found"

    found = []
    threads = [threading.Thread(target=lambda: found.append(looks.get("run", slow))) for _ in range(8)]
    for thread in threads:
        thread.start()
    started.set()
    for thread in threads:
        thread.join()
    assert found == ["found"] * 8 and made == [1]


def test_an_error_is_kept_for_nobody():
    looks = Looks(60.0)
    with pytest.raises(ValueError):
        looks.get("run", lambda: int("x"))
    assert looks.get("run", lambda: 7) == 7


def test_what_nobody_asks_for_is_not_kept():
    clock = Clock()
    looks = Looks(0.3, clock)
    looks.get("old", lambda: 1)
    clock.now += 2 * ABSENT
    looks.get("new", lambda: 1)
    assert set(looks._kept) == {"new"}


def test_the_more_look_the_longer_each_waits_and_those_who_left_do_not_count():
    clock = Clock()
    watchers = Watchers(clock)
    watchers.here("one")
    assert watchers.pause(0.4) == 0.4
    for number in range(30):
        watchers.here(str(number))
    assert 0.6 < watchers.pause(0.4) < 2.0
    clock.now += ABSENT + 1
    watchers.here("one")
    assert watchers.pause(0.4) == 0.4
