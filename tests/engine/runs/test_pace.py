"""What is said to be left: by the wall clock, by the pace of late, and without leaps where marks come thick."""

from __future__ import annotations

import pytest

from engine.runs.pace import Pace


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def after(pace: Pace, clock: Clock, steps: range, each: float, total: int) -> float:
    """What is left after these steps of ``each`` seconds."""
    for step in steps:
        clock.now += each
        left = pace.left(step, total)
    return left


def test_even_steps_are_counted_from_the_first_one_on():
    clock = Clock()
    pace = Pace(clock)
    assert after(pace, clock, range(1, 2), 0.5, 100) == pytest.approx(49.5)
    assert after(pace, clock, range(2, 41), 0.5, 100) == pytest.approx(30.0)
    assert after(pace, clock, range(41, 101), 0.5, 100) == 0.0


def test_a_second_part_that_is_slower_is_noticed():
    """200 steps of 0.01 s, then of 1 s: the mean since the start would still say 4 s a long while later."""
    clock = Clock()
    pace = Pace(clock)
    after(pace, clock, range(1, 201), 0.01, 300)
    assert after(pace, clock, range(201, 206), 1.0, 300) == pytest.approx(95.0, rel=0.25)


def test_a_pause_is_forgotten():
    clock = Clock()
    pace = Pace(clock)
    after(pace, clock, range(1, 101), 0.1, 1000)
    clock.now += 60  # a laptop that slept
    assert after(pace, clock, range(101, 402), 0.1, 1000) == pytest.approx(59.9)


def test_a_run_that_continues_after_a_kill_counts_its_own_steps():
    clock = Clock()
    pace = Pace(clock)
    assert after(pace, clock, range(2001, 2005), 0.5, 4000) == pytest.approx(998.0)
