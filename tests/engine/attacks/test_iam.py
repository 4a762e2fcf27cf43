"""IAM: the signal's ends, the Gumbel fit by moments, and degrees that grow as a model is moved to the Original."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from engine.attacks._iam import LEVELS, degrees, signal


def test_the_signal_by_hand():
    assert signal(np.array([0.0, 1.0])).tolist() == [0.0, 1.0]
    low, high, half = (-np.log(0.01 - np.log(1e-5 + p)) for p in (0, 1, 0.5))
    assert signal(np.array([0.5]))[0] == pytest.approx((half - low) / (high - low))
    assert (np.diff(signal(np.linspace(0, 1, 50))) > 0).all()


def test_a_degree_by_hand():
    """Three shadows of one sample, each level written out with the Gumbel distribution itself."""
    shadows, original, mine = np.array([[0.2], [0.3], [0.4]]), np.array([0.9]), np.array([0.5])
    levels, total = np.linspace(0, 1, LEVELS), 0.0
    for number in range(LEVELS - 1):
        points = shadows[:, 0] * (1 - levels[number]) + 0.9 * levels[number]
        scale = np.std(points) * np.sqrt(6) / np.pi
        centre = np.mean(points) - 0.5772156649 * scale
        total += levels[number + 1] * np.exp(-np.exp(-(0.5 - centre) / scale))
    assert degrees(mine, shadows, original)[0] == pytest.approx(total / levels[1:].sum())


def test_a_model_on_its_way_has_its_degree():
    rng = np.random.default_rng(0)
    out, inside = rng.normal(0.4, 0.05, 300), rng.normal(0.9, 0.02, 300)
    shadows = out + rng.normal(0, 0.03, (10, 300))
    known = np.linspace(0, 1, 300)  # how far each sample is from never seen to trained on
    found = degrees(out + known * (inside - out) + rng.normal(0, 0.01, 300), shadows, inside)
    assert spearmanr(found, known).statistic > 0.95 and found.min() >= 0 and found.max() <= 1


@pytest.mark.parametrize("count", [1, 10])
def test_an_unseen_sample_has_a_low_degree_and_the_originals_a_high_one(count):
    rng = np.random.default_rng(1)
    out, inside = rng.normal(0.4, 0.05, 300), np.full(300, 0.95)
    shadows = out + rng.normal(0, 0.03, (count, 300))
    unseen, trained = (degrees(one, shadows, inside).mean() for one in (out + rng.normal(0, 0.03, 300), inside))
    assert unseen < 0.1 and trained > 0.9
    assert degrees(out, shadows).mean() == pytest.approx(degrees(out, shadows, np.ones(300)).mean())


def test_equal_shadows_have_a_spread_all_the_same():
    assert degrees(np.array([0.2, 0.8]), np.full((3, 2), 0.5), np.ones(2)).tolist() == pytest.approx(
        [0.0, degrees(np.array([0.8]), np.full((3, 1), 0.5), np.ones(1))[0]])
