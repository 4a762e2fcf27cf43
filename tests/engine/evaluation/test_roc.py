"""Thresholds on scores: the curve's conventions by hand, the strategies, and a null simulator."""

from __future__ import annotations

import numpy as np
import pytest

from engine.evaluation import roc
from engine.evaluation.roc import Counted, Roc, Sides


def sides(members: list[float], nonmembers: list[float]) -> Sides:
    return Sides(np.array(members, dtype=float), np.array(nonmembers, dtype=float))


def points(curve: Roc) -> list[tuple[float, float]]:
    return [(round(float(fpr), 6), round(float(tpr), 6)) for fpr, tpr in zip(curve.fpr, curve.tpr)]


TIED = sides([1, 1, 0], [1, 0, 0])


def test_ties_are_one_step_and_the_area_counts_them_half():
    assert Roc(TIED).auc == pytest.approx(6 / 9)
    assert points(Roc(TIED)) == [(0, 0), (pytest.approx(1 / 3, abs=1e-6), pytest.approx(2 / 3, abs=1e-6)), (1, 1)]
    assert roc.tpr_at(TIED, 0) == 0
    assert roc.tpr_at(TIED, 1 / 3) == pytest.approx(2 / 3)
    assert roc.tpr_at(TIED, 0.5) == pytest.approx(2 / 3), "no interpolation"


@pytest.mark.parametrize(("members", "nonmembers", "area", "course"), [
    ([2, 2], [2, 2, 2], 0.5, [(0, 0), (1, 1)]),
    ([3, 4], [1, 2], 1.0, [(0, 0), (0, 0.5), (0, 1), (0.5, 1), (1, 1)]),
    ([1, 2], [3, 4], 0.0, [(0, 0), (0.5, 0), (1, 0), (1, 0.5), (1, 1)]),
], ids=["all equal", "perfect", "reversed"])
def test_the_extremes(members, nonmembers, area, course):
    curve = Roc(sides(members, nonmembers))
    assert curve.auc == area
    assert points(curve) == course
    assert curve.resolution == 1 / len(nonmembers)


def test_a_sample_at_the_threshold_is_not_caught():
    found = roc.count(TIED, 0)
    assert found == Counted(caught=2, members=3, accused=1, nonmembers=3)
    assert (found.tpr, found.fpr, found.accuracy) == pytest.approx((2 / 3, 1 / 3, 2 / 3))
    assert roc.count(TIED, 1).caught == roc.count(TIED, 1).accused == 0


def test_intervals_are_exact():
    found = Counted(caught=0, members=150, accused=0, nonmembers=400)
    assert found.tpr_interval == pytest.approx((0, 1 - 0.025 ** (1 / 150)))
    assert found.fpr_interval == pytest.approx((0, 1 - 0.025 ** (1 / 400)))


def test_few_false_alarms_is_the_next_unseen_score():
    unseen = sides([5.5], list(range(100)))
    assert roc.few_false_alarms(unseen, 0.01) == 98, "one of a hundred may lie above"
    assert roc.few_false_alarms(unseen, 0.009) == 99, "less than 1 / n: none may"
    assert roc.few_false_alarms(unseen, 0.29) == 70, "0.29 x 100 counts as 29"
    assert roc.few_false_alarms(unseen, 1.0) == -np.inf
    assert roc.count(unseen, roc.few_false_alarms(unseen, 0.01)).accused == 1


def test_few_false_alarms_catches_as_many_as_the_curve_allows():
    rng = np.random.default_rng(3)
    drawn = sides(rng.integers(0, 30, 80).tolist(), rng.integers(0, 25, 70).tolist())
    for most in (0, 0.01, 0.05, 0.1, 0.5, 1):
        assert roc.count(drawn, roc.few_false_alarms(drawn, most)).tpr == roc.tpr_at(drawn, most)


def test_the_best_threshold_is_the_strictest_of_the_best():
    assert roc.best_threshold(sides([3, 4], [1, 2])) == 2
    assert roc.best_threshold(sides([1, 1], [1, 1])) == 1, "nothing is gained: nobody is accused"


def test_a_common_threshold_serves_both_runs():
    first, second = sides([3, 4, 5], [0, 1, 2]), sides([5, 6, 7], [2, 3, 4])
    assert (roc.best_threshold(first), roc.best_threshold(second)) == (2, 4)
    assert roc.common_threshold([first, second]) == 4, "5/6 for the mean, as at 2 and 3: the strictest is taken"


def test_halves_are_stratified_fixed_and_lose_nobody():
    rng = np.random.default_rng(0)
    drawn = Sides(rng.normal(size=15), rng.normal(size=40))
    one, other = roc.halves(drawn)
    assert [len(side) for side in (one.members, other.members, one.nonmembers, other.nonmembers)] == [8, 7, 20, 20]
    assert sorted([*one.members, *other.members]) == sorted(drawn.members)
    assert np.array_equal(roc.halves(drawn)[0].members, one.members)


def test_the_other_half_does_not_flatter():
    """Two samples of one distribution: the best threshold gains on its own half, and nothing on the other."""
    rng, own, other = np.random.default_rng(1), [], []
    for _ in range(200):
        drawn = Sides(rng.normal(size=40), rng.normal(size=40))
        own.append(roc.count(drawn, roc.best_threshold(drawn)).accuracy)
        other.append(roc.on_other_half(drawn, roc.best_threshold).accuracy)
    assert np.mean(own) > 0.55
    assert abs(np.mean(other) - 0.5) < 0.01


@pytest.mark.parametrize("ties", [False, True])
def test_chance_ranges_hold_two_samples_of_one_distribution(ties):
    """Area and share caught, ties or not, in at least 93 of 100 simulations."""
    inside = caught = 0
    for seed in range(100):
        values = np.random.default_rng(seed).normal(size=(2, 150))
        drawn = Sides(*(values.round() if ties else values))
        low, high = Roc(drawn).auc_chance_range
        inside += low <= Roc(drawn).auc <= high
        low, high = roc.count(drawn, 1.5).tpr_interval
        caught += low <= 0.0668072 <= high  # 1 - Phi(1.5): a rounded value above 1.5 was above it
    assert inside >= 93 and caught >= 93


def test_swapped_halves_are_averaged():
    drawn = sides([3, 4, 5, 6], [0, 1, 2, 5.5])
    found = roc.on_other_half(drawn, lambda half: float(half.nonmembers.max()))
    one, other = roc.halves(drawn)
    assert found.thresholds == (one.nonmembers.max(), other.nonmembers.max())
    assert found.counted == (roc.count(other, found.thresholds[0]), roc.count(one, found.thresholds[1]))
    assert found.tpr == (found.counted[0].tpr + found.counted[1].tpr) / 2
    assert roc.on_other_half(sides([1], [1, 2]), roc.best_threshold) is None


def test_the_overlap_counts_combinations_at_one_rate_of_false_alarms():
    scored = {"a": sides([9, 9, 1, 1], [0, 2, 0, 0]), "b": sides([9, 1, 9, 1], [0, 0, 2, 0])}
    found = roc.overlap(scored, 0.0)
    assert found.members == {("a", "b"): 1, ("a",): 1, ("b",): 1}
    assert found.nonmembers == {}
    assert (found.by_all, found.by_all_expected) == (1, 4 * 0.5 * 0.5)
    assert roc.overlap(scored, 0.25).nonmembers == {("a",): 1, ("b",): 1}


def test_a_side_without_scores_is_refused():
    with pytest.raises(ValueError, match="at least one score"):
        sides([], [1])
