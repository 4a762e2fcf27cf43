"""The quick attacker of live curves against scikit-learn, solved to the end and as the metrics use it."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from engine.attacks._attacker import logistic_attack
from engine.attacks._quick import fit_logistic, quick_score, quick_scores
from engine.errors import Diverged
from engine.evaluation.measure import accuracy
from engine.registry import live_attacks


def sides(seed: int, size: int = 150, other: int = 450, scale: float = 2.0):
    rng = np.random.default_rng(seed)
    return rng.gamma(1.0, 1.0, size), rng.gamma(1.0, scale, other)


@pytest.mark.parametrize("shift", [0.0, 1.0, 50.0])
def test_the_optimum_is_scikit_learns(shift):
    members, others = sides(3)
    feature = np.concatenate([others, members + shift])
    label = np.repeat([0, 1], [len(others), len(members)])
    slope, intercept = fit_logistic(feature[None], label[None])
    exact = LogisticRegression(tol=1e-12, max_iter=10_000).fit(feature[:, None], label)
    assert slope[0] == pytest.approx(exact.coef_[0, 0], rel=1e-4)
    assert intercept[0] == pytest.approx(exact.intercept_[0], rel=1e-4)


def test_several_fits_at_once_are_the_fits_one_by_one():
    rng = np.random.default_rng(0)
    feature, label = rng.normal(size=(4, 60)) * np.array([[0.1], [1], [30], [1000]]), np.tile([0, 1], (4, 30))
    together = np.stack(fit_logistic(feature, label))
    alone = np.concatenate([np.stack(fit_logistic(f[None], y[None])) for f, y in zip(feature, label)], axis=1)
    assert together == pytest.approx(alone, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("scale", [0.2, 1.0, 1.3, 2.0, 20.0])
def test_scores_are_the_metrics_within_a_sample_a_split(scale):
    """Ten splits of 30 held-out samples: a sample more or less in each is 3.3 points; usually nothing differs."""
    apart = [abs(quick_score(*sides(seed, scale=scale)) - logistic_attack(*sides(seed, scale=scale)))
             for seed in range(12)]
    assert max(apart) <= 3.4 and np.mean(apart) < 0.25, apart


@pytest.mark.parametrize("scale", [0.01, 1.0, 1e4])
def test_many_at_once_are_the_scores_one_by_one(scale):
    """Also of sides that are told apart, where full Newton steps overshoot and care is taken."""
    pairs = [sides(seed, 40, 40, 1.0 + seed) for seed in range(6)] + [(np.zeros(40), 9 + np.arange(40.0))]
    members, others = (scale * np.stack(side) for side in zip(*pairs, strict=True))
    alone = [quick_score(*pair) for pair in zip(members, others, strict=True)]
    assert quick_scores(members, others).tolist() == pytest.approx(alone)


def test_a_constant_feature_is_a_coin_toss():
    assert quick_score(np.ones(40), np.ones(40)) == logistic_attack(np.ones(40), np.ones(40)) == 50.0


def test_separated_sides_are_told_apart():
    assert quick_score(np.zeros(30), np.full(30, 9.0)) == 100.0


def test_errors_are_those_of_the_metric():
    with pytest.raises(ValueError, match="an attack needs at least 10 samples per side, not 9"):
        quick_score(np.zeros(9), np.zeros(50))
    with pytest.raises(Diverged, match="1 of 20 losses or entropies are not finite"):
        quick_score(np.array([np.nan] + [0.0] * 9), np.zeros(10))


def test_every_attack_has_a_quickest_way():
    for attack in live_attacks():
        score = accuracy(attack, *sides(1), quick=True)
        assert score == pytest.approx(accuracy(attack, *sides(1)), abs=3.4)
