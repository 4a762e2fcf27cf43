"""The attacker's seat in numbers: cuts, lines, and how much the browser is sent."""

from __future__ import annotations

import json

import numpy as np
import pytest

from engine.evaluation import roc
from engine.evaluation.distances import clopper_pearson
from engine.evaluation.roc import Roc, Sides
from engine.registry import get
from engine.studies import attacker
from ui.inspect import payload

LOSS = get("attack", "mia_loss")


def drawn(members: int, others: int, seed: int = 0, apart: float = 1.0) -> Sides:
    rng = np.random.default_rng(seed)
    return Sides(-rng.lognormal(-apart, 2, members), -rng.lognormal(0, 2, others))


@pytest.mark.parametrize(("members", "others", "exact"), [(150, 399, True), (7500, 5000, False)])
def test_cuts_count_what_lies_below_each_position(members, others, exact):
    scored = drawn(members, others)
    found = attacker.cuts(Roc(scored), [-0.123])
    assert found.exact is exact
    assert found.positions[-1] == np.inf
    for at, caught, accused in zip(found.positions, found.caught, found.accused, strict=True):
        assert (caught, accused) == ((-scored.members < at).sum(), (-scored.nonmembers < at).sum())
    assert exact or 0.123 in found.positions


def numbers(value) -> int:
    if isinstance(value, dict):
        return sum(map(numbers, value.values()))
    if isinstance(value, list):
        return sum(map(numbers, value))
    return int(isinstance(value, (int, float)) and not isinstance(value, bool))


@pytest.mark.parametrize("sizes", [(150, 399), (300, 600), (450, 451), (7500, 5000)])
def test_the_browser_gets_at_most_two_thousand_numbers(sizes):
    scored, other = drawn(*sizes), drawn(*sizes, seed=1)
    data = payload.seat("run", attacker.take(scored, LOSS, other), scored, LOSS, "test", ("Retraining", other))
    assert numbers(data) <= 2_300
    assert numbers(data | {"second": None}) <= 2_000
    json.dumps(data, allow_nan=False)


@pytest.mark.parametrize("trials", [1, 7, 150, 7500])
def test_between_the_knots_the_interval_is_right_to_a_tenth_of_a_point(trials):
    counts, low, high = attacker.interval_table(trials)
    for count in range(0, trials + 1, max(1, trials // 200)):
        exact = clopper_pearson(count, trials)
        assert np.interp(count, counts, low) == pytest.approx(exact[0], abs=0.001)
        assert np.interp(count, counts, high) == pytest.approx(exact[1], abs=0.001)


def test_a_strategys_line_stands_between_the_halves_and_is_counted_on_all():
    scored = drawn(150, 399)
    best, few = attacker.strategies(scored)
    assert best.position == -np.mean(best.reported[0].thresholds)
    assert best.counted == roc.count(scored, -best.position)
    assert best.counted.caught == (-scored.members < best.position).sum()
    assert few.reported[0].fpr < 0.03
    assert payload.note(best).startswith(
        "Best line as an attacker would have it, chosen on one half and counted on the other: caught ")


def test_losses_have_a_logarithmic_axis_and_other_scores_their_own():
    assert attacker.axis_of(drawn(20, 20), LOSS).logarithmic
    assert not attacker.axis_of(Sides(np.array([0.9]), np.array([0.1])), get("attack", "rmia")).logarithmic


def test_a_reversed_curve_is_called_over_forgotten():
    found = attacker.take(drawn(150, 399, apart=-2), LOSS)
    assert found.auc < 0.3
    assert "Over-forgotten" in payload.area(found)
