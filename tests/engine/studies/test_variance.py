"""Components of variance of nested seeds: hand cases, what a design cannot tell, and simulations of known ones."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import BadInput
from engine.studies.variance import ONE_INSIDE, ONE_TRAINING, paired, variation

ONE_UNLEARNING = ONE_INSIDE.format(outer="training", inner="unlearning")

HAND = [[50, 52], [54, 56], [58, 60]]


def test_the_hand_case():
    found = variation(HAND)
    assert (found.training, found.unlearning, found.evaluation) == (3, 2, 1)
    assert (found.between, found.within, found.mean) == (32.0, 2.0, 55.0)
    assert found.of_unlearning.variance == 2.0 and found.of_training.variance == 15.0
    assert found.of_training.share == pytest.approx(15 / 17) and found.of_unlearning.share == pytest.approx(2 / 17)
    assert found.of_training.sd == pytest.approx(15 ** 0.5) and found.of_evaluation is None
    assert found.se == pytest.approx(2.31, abs=0.005)
    assert np.std(np.ravel(HAND), ddof=1) / 6 ** 0.5 == pytest.approx(1.53, abs=0.005), "the naive one is too small"
    assert found.half == pytest.approx(4.303 * 2.309, abs=0.01) and found.half == pytest.approx(9.9, abs=0.05)
    assert found.interval == pytest.approx((45.06, 64.94), abs=0.01)
    assert found.text(1) == "55.0 ± 9.9 (95%, over 3 training seeds with 2 unlearning seeds each)"
    assert found.notes == ()


def test_all_equal_is_zeros():
    found = variation([[7.5, 7.5]] * 3)
    assert (found.between, found.within, found.se, found.interval) == (0.0, 0.0, 0.0, (7.5, 7.5))
    for component in (found.of_training, found.of_unlearning):
        assert (component.variance, component.share, component.sd, component.detectable) == (0.0, 0.0, 0.0, True)


def test_a_negative_estimate_is_not_detectable_rather_than_none():
    found = variation([[50, 60], [60, 50]])
    assert (found.between, found.within) == (0.0, 50.0)
    assert found.of_training.variance == -25.0 and not found.of_training.detectable and found.of_training.sd is None
    assert (found.of_training.share, found.of_unlearning.share) == (0.0, 1.0)


def test_one_training_seed_has_no_interval_and_says_for_what_it_holds():
    found = variation([[50, 52, 54]])
    assert (found.mean, found.se, found.interval, found.of_training) == (52.0, None, None, None)
    assert found.of_unlearning.variance == 4.0 and found.notes == (ONE_TRAINING,)
    assert found.text() == "52.00 (1 training seed with 3 unlearning seeds; no interval over training seeds)"
    assert "hold for that Original alone" in ONE_TRAINING


def test_one_unlearning_seed_has_an_interval_but_no_components():
    found = variation([[50], [54], [58]])
    assert found.se == pytest.approx(2.309, abs=1e-3) and found.half == pytest.approx(9.94, abs=0.01)
    assert found.of_training is found.of_unlearning is None and found.notes == (ONE_UNLEARNING,)
    assert variation([[50]]).notes == (ONE_TRAINING, ONE_UNLEARNING)


def test_three_levels_by_hand():
    found = variation([[[1, 3], [5, 7]], [[9, 11], [13, 15]]])  # steps of 2, of 4 and of 8
    assert (found.between, found.within) == (128.0, 16.0)
    assert found.of_evaluation.variance == 2.0
    assert found.of_unlearning.variance == (16 - 2) / 2 and found.of_training.variance == (128 - 16) / 4
    assert found.over == "2 training seeds with 2 unlearning seeds each, 2 evaluation seeds for each of those"


@pytest.mark.parametrize(("values", "said"), [
    ([[50, 52], [54]], "The design is not balanced: between 1 and 2 unlearning seeds."),
    ([[[1, 2], [3]], [[1, 2], [3, 4]]], "The design is not balanced: between 1 and 2 evaluation seeds."),
    ([], "There are no values"),
    ([[]], "Each training seed needs a list"),
    ([[1.0, float("nan")]], "1 of 2 values are not finite"),
    ([[1.0, None]], "1 of 2 values are not finite"),
    ([[1.0, "x"]], "The design is not balanced"),
])
def test_what_is_no_balanced_design(values, said):
    with pytest.raises(BadInput) as caught:
        variation(values)
    assert str(caught.value).startswith(said)


def test_a_paired_difference_leaves_out_what_both_share():
    rng = np.random.default_rng(0)
    luck = rng.normal(0, 10, (5, 1))  # of the Original: the same for both methods
    one, other = (luck + mean + rng.normal(0, 0.1, (5, 2)) for mean in (53, 50))
    assert paired(one.tolist(), other.tolist()).half < 0.3 < 5 < variation(one.tolist()).half
    assert paired(one.tolist(), other.tolist()).mean == pytest.approx(3, abs=0.2)
    assert paired(HAND, HAND).interval == (0.0, 0.0)
    with pytest.raises(BadInput, match="one has 3 x 2 values and the other 2 x 2 values"):
        paired(HAND, HAND[:2])


def test_the_interval_covers_and_the_estimates_are_right_on_average():
    rng, covered, found = np.random.default_rng(1), 0, []
    for _ in range(1_000):
        values = 50 + rng.normal(0, 3, (4, 1)) + rng.normal(0, 2, (4, 3))
        one = variation(values.tolist())
        covered += one.interval[0] <= 50 <= one.interval[1]
        found.append((one.of_training.variance, one.of_unlearning.variance))
    assert 930 <= covered <= 970
    assert np.mean(found, axis=0) == pytest.approx([9, 4], rel=0.08)
