"""ROC, exact intervals, distances of distributions and RMIA: by hand, and against scipy and scikit-learn."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import beta, binomtest, ks_2samp, wasserstein_distance
from sklearn.metrics import roc_auc_score, roc_curve

from engine.attacks.rmia import dominated
from engine.evaluation.distances import auc, clopper_pearson, counts, kolmogorov_smirnov, tpr_at, wasserstein

# --- ROC ------------------------------------------------------------------------------------


def test_auc_by_hand():
    """Of 2 x 3 pairs the member wins (4, 1), (4, 2), (4, 3), (2, 1), draws (2, 2) and loses (2, 3)."""
    assert auc(np.array([4.0, 2.0]), np.array([1.0, 2.0, 3.0])) == pytest.approx(4.5 / 6)


def test_auc_of_all_draws_and_of_a_clean_cut():
    assert auc(np.ones(5), np.ones(7)) == 0.5
    assert auc(np.array([2.0, 3.0]), np.array([0.0, 1.0])) == 1.0
    assert auc(np.array([0.0, 1.0]), np.array([2.0, 3.0])) == 0.0


@pytest.mark.parametrize("members, others", [(150, 150), (40, 399), (399, 12)])
def test_auc_against_the_pairs_and_scikit_learn(members, others):
    rng = np.random.default_rng(members)
    one, two = rng.normal(0.3, 1, members).round(1), rng.normal(0, 1, others).round(1)  # rounded: ties
    pairs = [(a > b) + (a == b) / 2 for a, b in itertools.product(one, two)]
    assert auc(one, two) == pytest.approx(np.mean(pairs))
    assert auc(one, two) == roc_auc_score([1] * members + [0] * others, np.concatenate([one, two]))


@pytest.mark.parametrize("digits", [0, 1, 9])
def test_counts_are_the_bits_of_scikit_learns_curve(digits):
    for seed in range(8):
        rng = np.random.default_rng(seed)
        members, others = (rng.normal(mean, 1, rng.integers(1, 80)).round(digits) for mean in (0.3, 0))
        truth, score = np.repeat([1, 0], [len(members), len(others)]), np.concatenate([members, others])
        fpr, tpr, _ = roc_curve(truth, score, drop_intermediate=False)
        tps, fps = counts(members, others)
        assert (np.append(0.0, tps) / tps[-1] == tpr).all() and (np.append(0.0, fps) / fps[-1] == fpr).all()
        assert auc(members, others) == roc_auc_score(truth, score)


def test_scores_that_are_no_numbers_are_scikit_learns_to_refuse():
    for bad in (np.inf, np.nan):
        for ask in (auc, lambda one, two: tpr_at(one, two, 0.01)):
            with pytest.raises(ValueError, match="contains"):
                ask(np.array([bad, 1.0]), np.array([0.0, 1.0]))


def test_exact_intervals_are_those_that_scipy_searches():
    for successes, trials in ((0, 1), (1, 1), (1, 2), (7, 411), (199, 200), (3000, 6000), (1, 50_000)):
        searched = binomtest(successes, trials).proportion_ci(0.95, method="exact")
        assert clopper_pearson(successes, trials) == pytest.approx((searched.low, searched.high), abs=1e-11)
    for successes, trials in ((2, 1), (-1, 3), (0, 0)):
        with pytest.raises(ValueError, match=f"{successes} of {trials} is no proportion"):
            clopper_pearson(successes, trials)


def by_counting(members, others, most):
    """The best rule "member from this score on" whose share of false alarms is at most ``most``."""
    rules = [(np.mean(others >= cut), np.mean(members >= cut)) for cut in np.unique(np.concatenate([members, others]))]
    return 100 * max([hits for alarms, hits in rules if alarms <= most], default=0.0)


@pytest.mark.parametrize("most", [0.01, 0.001])
@pytest.mark.parametrize("members, others", [(150, 150), (500, 1_000), (100, 5_000), (20, 100)])
def test_tpr_against_counting(members, others, most):
    rng = np.random.default_rng(others)
    one, two = rng.normal(1.5, 1, members).round(1), rng.normal(0, 1, others).round(1)
    assert tpr_at(one, two, most)[0] == pytest.approx(by_counting(one, two, most))


def test_one_false_alarm_is_allowed_at_a_hundred_and_at_a_thousand():
    """Others at 9 and 7, the rest at 0. Members at 10, 8, 6 and -1: with no alarm 1 of 4, with one 2, with two 3."""
    members = np.array([10.0, 8.0, 6.0, -1.0])
    for others, most, share in ((100, 0.01, 50), (99, 0.01, 25), (199, 0.01, 50), (200, 0.01, 75),
                                (1_000, 0.001, 50), (999, 0.001, 25), (2_000, 0.001, 75)):
        rest = np.array([9.0, 7.0] + [0.0] * (others - 2))
        assert tpr_at(members, rest, most)[0] == share, others


def test_a_tie_at_the_threshold_is_all_or_nothing():
    """Two of 100 others share the members' score: a rule that catches the members has 2% false alarms."""
    assert tpr_at(np.ones(5), np.array([1.0] * 2 + [0.0] * 98), 0.01)[0] == 0.0
    assert tpr_at(np.ones(5), np.array([1.0] + [0.0] * 99), 0.01)[0] == 100.0


def test_the_interval_is_that_of_the_members_found():
    rate, (low, high) = tpr_at(np.array([5.0] * 3 + [0.0] * 17), np.zeros(200), 0.01)
    exact = binomtest(3, 20).proportion_ci(confidence_level=0.95, method="exact")
    assert rate == pytest.approx(15.0) and (low, high) == pytest.approx((100 * exact.low, 100 * exact.high))
    assert low < rate < high


# --- Clopper and Pearson --------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 10, 150, 7_500])
def test_none_and_all_by_hand(n):
    """Of none in n trials the upper end p has (1 - p)^n = alpha / 2; all in n trials is its mirror."""
    assert clopper_pearson(0, n) == pytest.approx((0.0, 1 - 0.025 ** (1 / n)))
    assert clopper_pearson(n, n) == pytest.approx((0.025 ** (1 / n), 1.0))
    assert clopper_pearson(0, n, confidence=0.9)[1] == pytest.approx(1 - 0.05 ** (1 / n))
    assert clopper_pearson(0, n)[0] == 0.0 and clopper_pearson(n, n)[1] == 1.0


def test_one_of_two_by_hand():
    """P(at least 1 of 2) = 1 - (1 - p)^2 = alpha / 2 at the lower end; the upper one is its mirror."""
    low = 1 - np.sqrt(0.975)
    assert clopper_pearson(1, 2) == pytest.approx((low, 1 - low))


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
@pytest.mark.parametrize("hits, n", [(0, 7), (1, 7), (7, 7), (2, 150), (75, 150), (149, 150), (75, 7_500)])
def test_intervals_against_beta_quantiles(hits, n, confidence):
    tail = (1 - confidence) / 2
    low = beta.ppf(tail, hits, n - hits + 1) if hits else 0.0
    high = beta.ppf(1 - tail, hits + 1, n - hits) if hits < n else 1.0
    assert clopper_pearson(hits, n, confidence) == pytest.approx((low, high), abs=1e-9)


# --- distances of distributions -------------------------------------------------------------


def test_kolmogorov_smirnov_by_hand():
    """Just after 2: two thirds of the one lie below and a quarter of the other; after 4 it is all and a half."""
    assert kolmogorov_smirnov(np.array([1.0, 2.0, 4.0]), np.array([2.0, 3.0, 5.0, 6.0])) == pytest.approx(1 / 2)
    assert kolmogorov_smirnov(np.array([1.0, 2.0]), np.array([1.0, 2.0])) == 0.0
    assert kolmogorov_smirnov(np.array([1.0, 2.0]), np.array([3.0])) == 1.0


@pytest.mark.filterwarnings("error")
def test_kolmogorov_smirnov_of_one_sample_warns_of_nothing():
    """A retrained model's one forget sample is held against itself: scipy's p value divides by zero there."""
    alone = np.array([0.5], dtype=np.float32)
    assert kolmogorov_smirnov(alone, alone) == 0.0
    assert kolmogorov_smirnov(alone, alone + 1) == 1.0
    assert kolmogorov_smirnov(alone, np.array([0.25, 0.75])) == pytest.approx(1 / 2)


def test_wasserstein_by_hand():
    """1 -> 2, 3 -> 4 and 5 -> 9 move 1, 1 and 4. And a single 0 splits in two halves, which move 1 and 3."""
    assert wasserstein(np.array([5.0, 1.0, 3.0]), np.array([2.0, 4.0, 9.0])) == pytest.approx(2.0)
    assert wasserstein(np.array([0.0]), np.array([1.0, 3.0])) == pytest.approx(2.0)
    assert wasserstein(np.array([0.25, 4.0]), np.array([4.0, 0.25])) == 0.0


@pytest.mark.parametrize("one, two", [(150, 399), (10_001, 12_000)])
def test_distances_against_scipy(one, two):
    rng = np.random.default_rng(one)
    a, b = rng.exponential(0.7, one).astype(np.float32), rng.exponential(1.0, two).astype(np.float32)
    assert kolmogorov_smirnov(a, b) == pytest.approx(ks_2samp(a, b).statistic, abs=1e-12)
    assert wasserstein(a, b) == pytest.approx(wasserstein_distance(a, b), abs=1e-12)


# --- RMIA -----------------------------------------------------------------------------------

# Three population points: the model gives them the probabilities .5, .5, .9, the references .5, .25, .3: r = 1, 2, 3.
POPULATION = -np.log([0.5, 0.5, 0.9]), -np.log([0.5, 0.25, 0.3])


@pytest.mark.parametrize("model, reference, share", [
    (0.1, 0.2, 0),        # r = 1/2: above none
    (0.6, 0.4, 1 / 3),    # r = 1.5: above the first
    (0.5, 0.2, 2 / 3),    # r = 2.5
    (0.8, 0.2, 1),        # r = 4
    (0.5, 0.5, 0),        # r = 1 ties with the first: a ratio of 1 is not above 1
    (0.5, 0.25, 1 / 3),   # r = 2 ties with the second
])
def test_rmia_on_three_points(model, reference, share):
    """docs/methods.md: the share of population points z with r(x) / r(z) > 1, r = p_model / mean p_references."""
    assert dominated(-np.log([model]), -np.log([reference]), *POPULATION).tolist() == pytest.approx([share])


@pytest.mark.parametrize("gamma, share", [(0.4, 1), (0.6, 2 / 3), (1.0, 1 / 3), (1.4, 1 / 3), (1.6, 0)])
def test_rmia_with_a_margin(gamma, share):
    """r(x) = 1.5, so the ratios are 1.5, .75 and .5."""
    assert dominated(-np.log([0.6]), -np.log([0.4]), *POPULATION, gamma).tolist() == pytest.approx([share])


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0])
def test_rmia_against_its_definition(gamma):
    """Every ratio written out."""
    rng = np.random.default_rng(0)
    x, x_reference, z, z_reference = (rng.uniform(0.01, 1, size) for size in (60, 60, 90, 90))
    expected = [np.mean([(p / q) / (p_z / q_z) > gamma for p_z, q_z in zip(z, z_reference, strict=True)])
                for p, q in zip(x, x_reference, strict=True)]
    found = dominated(-np.log(x), -np.log(x_reference), -np.log(z), -np.log(z_reference), gamma)
    assert found.tolist() == pytest.approx(expected)


def test_rmia_of_probabilities_too_small_to_write_down():
    """Losses of 900 nats are probabilities that no float holds: their ratio is still e^5."""
    found = dominated(np.array([900.0]), np.array([905.0]), np.array([1.0, 1.0]), np.array([5.0, 7.0]))
    assert found.tolist() == [0.5]
