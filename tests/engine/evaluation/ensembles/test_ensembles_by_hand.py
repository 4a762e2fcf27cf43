"""The measures over many models on cases that are worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from drawn_in_thirds import thirds

from engine.errors import NotMeasurable
from engine.evaluation.ensembles.forgetting_quality import CAP, epsilons, forgetting_quality, points
from engine.evaluation.ensembles.klom import bins_for, klom
from engine.evaluation.ensembles.memorisation import memorisation
from engine.evaluation.ensembles.outputs import FORGET, IN, OUT, Outputs
from engine.evaluation.ensembles.population import population
from engine.evaluation.ensembles.ulira import null_sd, ulira


def column(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)[:, None]


def test_ulira_of_two_normals():
    """F ~ N(2, 1) against N(0, 1): the area is Phi(2 / sqrt 2) and the accuracy Phi(1)."""
    state = thirds(600, 60)
    phi = np.random.default_rng(1).normal(2.0 * (state == FORGET))
    found = ulira(Outputs(phi, state))
    assert found.area.value == pytest.approx(0.921, abs=0.005)
    assert found.accuracy.value == pytest.approx(0.841, abs=0.007)


def test_swapped_sides_mirror_the_ratio():
    state = thirds(30, 60)
    phi = np.random.default_rng(1).normal(2.0 * (state == FORGET))
    swapped = np.where(state == FORGET, OUT, np.where(state == OUT, FORGET, IN))
    one, other = ulira(Outputs(phi, state)), ulira(Outputs(phi, swapped))
    np.testing.assert_allclose(one.llr, -other.llr)
    assert one.area.value == pytest.approx(other.area.value)


def test_a_ratio_sees_a_spread_that_a_threshold_does_not():
    """Equal means, standard deviations 1 and 3."""
    state = thirds(300, 60)
    phi = np.random.default_rng(1).normal(size=state.shape) * np.where(state == FORGET, 3.0, 1.0)
    outputs = Outputs(phi, state)
    assert ulira(outputs).area.value > 0.7
    assert population(outputs).value == pytest.approx(0.5, abs=0.02)


def test_a_sample_by_itself_tells_what_all_together_hide():
    """Each sample has a level of its own, so that one threshold for all is nearly blind."""
    state = thirds(60, 300)
    rng = np.random.default_rng(2)
    phi = rng.normal(scale=20, size=300) + rng.normal(2.0 * (state == FORGET))
    outputs = Outputs(phi, state)
    assert ulira(outputs).area.value > 0.85 and population(outputs).value < 0.56


@pytest.mark.parametrize("models, spread", [(16, 0.104), (32, 0.073), (64, 0.051)])
def test_spread_of_an_area_by_chance(models, spread):
    assert null_sd(models) == pytest.approx(spread, abs=0.0005)


def test_klom_by_hand():
    """U {0,0,1,1} against R {0,1,1,1} is .5 ln 2 + .5 ln(2/3); twice each, because eight models are the fewest."""
    two, three = column(0, 0, 1, 1, 0, 0, 1, 1), column(0, 1, 1, 1, 0, 1, 1, 1)
    wanted = 0.5 * math.log(2) + 0.5 * math.log(2 / 3)
    assert wanted == pytest.approx(0.1438, abs=5e-5)
    for bins in (2, 3, 4, 7):
        assert klom(two, three, bins).mean == pytest.approx(wanted)
    assert klom(two + 5, three + 5).mean == pytest.approx(wanted)  # a constant added to both
    assert klom(three, two).mean != pytest.approx(wanted)  # it has a direction


def test_klom_of_apart_and_of_equal_samples():
    low, high = np.zeros((8, 3)) + np.linspace(0, 1, 8)[:, None], np.zeros((8, 3)) + np.linspace(90, 91, 8)[:, None]
    np.testing.assert_allclose(klom(low, high).values, math.log(1e5))
    assert math.log(1e5) == pytest.approx(11.513, abs=5e-4)
    assert klom(low, low).values.tolist() == [0, 0, 0]
    assert klom(low - low, high - high).values.tolist() == [0, 0, 0]  # no range at all


def test_klom_clips_and_closes_its_last_bin():
    """A value beyond 100 counts as 100, and the largest value is in a bin."""
    usual, wild = column(*range(8)), column(*range(7), 1e6)
    assert klom(wild, wild).mean == 0
    assert klom(usual, wild).mean > 0 and np.isfinite(klom(usual, wild).mean)


def test_bins_follow_the_models():
    assert [bins_for(n) for n in (8, 16, 21, 32, 64, 100, 200)] == [4, 4, 5, 6, 8, 10, 14]


def test_epsilon_by_hand():
    """At 2.5 a quarter of either side is wrong: ln 3, the third bucket, a quarter of a point."""
    u, r = column(0, 1, 2, 3), column(2, 3, 4, 5)
    found = epsilons(u, r, double=False)
    assert found[0] == pytest.approx(math.log(3), abs=1e-4)
    assert points(found, 512).tolist() == [0.25]
    assert epsilons(r, u, double=False) == pytest.approx(found) and epsilons(r, u) == pytest.approx(epsilons(u, r))


def test_epsilon_of_equal_and_of_apart_lists():
    values = column(*range(8))
    assert epsilons(values, values, double=False).tolist() == [0]
    assert epsilons(values, values + 100).tolist() == [CAP]
    assert points(np.array([CAP]), 512).tolist() == [0]


def test_an_interval_finds_a_peaked_sample_that_no_threshold_finds():
    peaked, wide = column(*np.linspace(-0.5, 0.5, 16)), column(*[-9, -8, -7, -6, -5, -4, -3, 0, 3, 4, 5, 6, 7, 8, 9, 9])
    assert epsilons(peaked, wide, double=False)[0] == pytest.approx(math.log(8), abs=1e-3)  # 1 of 16 against 8
    assert epsilons(peaked, wide)[0] == pytest.approx(math.log(15), abs=1e-3)  # 1 of 16 on either side


def test_a_range_under_a_hundredth_of_the_other_is_told_apart_at_once():
    rng = np.random.default_rng(0)
    assert epsilons(rng.normal(size=(16, 1)) * 1e-4, rng.normal(size=(16, 1))).tolist() == [CAP]


def test_points_of_a_forget_set():
    epsilon = np.array([0.2, 1.3] * 10)
    assert points(epsilon, 512).mean() == 0.625
    assert points(np.array([2.9, 3.1]), 16).tolist() == [2.0**-5, 0]  # 16 models show no more than ceil(ln 15) = 3


@pytest.mark.parametrize("shift, models, score", [(0, 16, 0.17), (0, 64, 0.17), (1, 16, 0.104), (1, 64, 0.046),
                                                  (3, 16, 0.021), (3, 64, 0.005)])
def test_few_models_flatter_bad_methods(shift, models, score):
    rng = np.random.default_rng(models)
    found = forgetting_quality(rng.normal(shift, size=(models, 600)), rng.normal(size=(models, 600)))
    assert found.score == pytest.approx(score, abs=0.02)


def test_memorisation_by_hand():
    found = memorisation(column(1, 1, 0, 1), column(1, 1, 0, 0))
    assert found.score.tolist() == [0.5] and (found.inside[0], found.outside[0]) == (2, 2)
    assert found.error[0] == pytest.approx(math.sqrt(0.25 / 2))  # p1 (1 - p1) / n_in is 0


def test_memorisation_of_a_copy_and_of_a_wrong_label():
    """A sample with a twin is right either way; a wrong label only where it was trained on."""
    rng = np.random.default_rng(0)
    mask = rng.random((200, 2)) < 0.7
    right = np.stack([np.ones(200), mask[:, 1]], axis=1)
    assert memorisation(right, mask).score.tolist() == [0, 1]


def test_the_error_of_200_models_is_small():
    mask = np.arange(200)[:, None] < 140
    right = np.concatenate([np.arange(140) % 2, np.arange(60) % 2])[:, None]
    assert memorisation(right, mask).error[0] <= 0.077 + 5e-4


def test_the_continuous_variant():
    found = memorisation(column(0.9, 0.7, 0.2, 0.4), column(1, 1, 0, 0))
    assert found.score[0] == pytest.approx(0.5) and found.error[0] == pytest.approx(math.sqrt(0.01 / 2 + 0.01 / 2))


NOISE = np.random.default_rng(0).normal(size=(30, 90))


@pytest.mark.parametrize("work, said", [
    (lambda: ulira(Outputs(NOISE[:3], thirds(3, 90))), "1 of at least 2 models"),
    (lambda: ulira(Outputs(NOISE[:, :9], thirds(30, 9))), "at least 10 a side"),
    (lambda: ulira(Outputs(NOISE, thirds(30, 90), np.zeros(30))), "one group"),
    (lambda: Outputs(np.where(np.arange(30)[:, None] == 4, 1.5, NOISE), thirds(30, 90)), "Model 4 says the same"),
    (lambda: Outputs(np.where(NOISE > 2, np.nan, NOISE), thirds(30, 90)), "not finite"),
    (lambda: Outputs(NOISE, thirds(30, 89)), "one column a sample"),
    (lambda: klom(NOISE[:7], NOISE[7:14]), "7 models a side and needs at least 8"),
    (lambda: klom(NOISE, NOISE, 20), "20 bins has 30 models a side and needs at least 64"),
    (lambda: klom(NOISE, NOISE[:20]), "same number of models"),
    (lambda: klom(np.where(NOISE > 2, np.inf, NOISE) * np.nan, NOISE), "not finite"),
    (lambda: forgetting_quality(NOISE[:7], NOISE), "needs at least 8"),
    (lambda: forgetting_quality(NOISE[:1].repeat(16, 0), NOISE), "not defined"),
    (lambda: forgetting_quality(NOISE, NOISE, [0, 0, *range(28)]), "28 mixed Originals"),
    (lambda: forgetting_quality(np.ones((16, 90)), NOISE), "damaged"),
    (lambda: memorisation(column(1, 1, 0), column(1, 1, 0)), "1 of at least 2 models"),
    (lambda: memorisation(column(1, 1, 0, np.nan), column(1, 1, 0, 0)), "between 0 and 1"),
])
def test_bad_input_is_a_sentence(work, said):
    with pytest.raises(NotMeasurable, match=said):
        work()


def test_one_original_or_another_for_each_are_both_fine():
    rng = np.random.default_rng(0)
    u, r = rng.normal(size=(16, 30)), rng.normal(size=(16, 30))
    assert forgetting_quality(u, r, ["one"] * 16).score == forgetting_quality(u, r, list(range(16))).score
