"""A model that forgot as retraining does, relearned: it comes back in at most 7 of 100 simulations."""

from __future__ import annotations

from collections import Counter

import numpy as np

from engine.studies.relearn_numbers import Point, Relearned, Settings

RUNS, ENOUGH, HELD_BACK = 100, 93, 120
SETTINGS = Settings(forgotten=(0,), seeds=(0, 1, 2), rates=(1.0, 10.0), steps=(0, 5, 50, 200))


def simulated(run: int, knows: float = 0.0) -> Relearned:
    """Curves as digits have them: a fifth of the labels is wrong, and steps change what a model says of few samples.

    Unlearned and both retrained models are drawn alike, but that the first has ``knows`` of what the Original knows.
    """
    rng = np.random.default_rng(run)
    never_seen = np.where(rng.random(HELD_BACK) < 0.2, 0.05, 0.93)  # how often models are right that never had it
    chances = {"unlearned": never_seen + knows * (0.99 - never_seen), "retrained": never_seen, "second": never_seen,
               "original": np.full(HELD_BACK, 0.99)}
    points = []
    for who, chance in chances.items():
        start = rng.random(HELD_BACK) < chance
        for rate in SETTINGS.rates:
            for seed in SETTINGS.seeds:
                right = start
                for step in SETTINGS.steps:
                    moved = rng.random(HELD_BACK) < (0.04 if step else 0)
                    right = np.where(moved, rng.random(HELD_BACK) < chance, right)
                    points.append(Point(who, rate, 0, seed, step, 100 * float(right.mean()), 0.0, 0.5, 75.0))
    return Relearned("cafe", SETTINGS, tuple(points), HELD_BACK, 30)


def test_a_retrained_model_does_not_come_back():
    kinds = Counter(simulated(run).outcome().kind for run in range(RUNS))
    assert kinds["gone"] >= ENOUGH, kinds


def test_a_model_that_knows_most_of_it_does():
    kinds = Counter(simulated(run, 0.8).outcome().comes_back for run in range(RUNS))
    assert kinds[True] >= ENOUGH, kinds
