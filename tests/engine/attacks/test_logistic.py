"""The attackers against hand-worked cases and against scikit-learn used directly (docs/methods.md, "Metrics")."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedShuffleSplit, cross_val_score

from engine.attacks import _attacker
from engine.attacks._attacker import balanced, logistic_attack
from engine.data.criteria import ONE_LABEL
from engine.errors import Diverged
from engine.evaluation.measure import accuracy, expected_null_bands, null_band
from engine.evaluation.readout import Readout
from engine.registry import all_of, get


def by_scikit_learn(forget, test):
    """The authors' code as docs/methods.md tells it, written a second time."""
    n = min(len(forget), len(test))
    forget, test = np.array(forget, dtype=float), np.array(test, dtype=float)
    larger = forget if len(forget) > len(test) else test
    if len(forget) != len(test):
        np.random.default_rng(1).shuffle(larger)
    rows = np.concatenate([test[:n], forget[:n]]).reshape(-1, 1)
    label = np.array([0] * n + [1] * n)
    folds = StratifiedShuffleSplit(n_splits=10, test_size=0.1, random_state=0)
    return 100 * cross_val_score(LogisticRegression(), rows, label, cv=folds).mean()


# --- the larger side is subsampled ----------------------------------------------------------


def test_equal_sides_are_left_as_they_are():
    members, nonmembers = balanced(np.array([3.0, 1.0]), np.array([2.0, 4.0]))
    assert members.tolist() == [3.0, 1.0] and nonmembers.tolist() == [2.0, 4.0]


def test_the_larger_side_is_shuffled_by_default_rng_1_and_cut():
    """numpy.random.default_rng(1) shuffles 0 ... 9 into 8 4 7 0 1 2 5 9 6 3."""
    small, large = np.array([0.5, 0.25, 0.75]), np.arange(10.0)
    assert [side.tolist() for side in balanced(small, large)] == [[0.5, 0.25, 0.75], [8, 4, 7]]
    assert [side.tolist() for side in balanced(large, small)] == [[8, 4, 7], [0.5, 0.25, 0.75]]
    assert large.tolist() == list(range(10)), "the caller's array is not shuffled"


def test_test_rows_come_first_then_the_forget_rows(monkeypatch):
    seen = {}
    monkeypatch.setattr(_attacker, "_mean_accuracy", lambda rows, label: seen.update(rows=rows, label=label) or 50.0)
    logistic_attack(np.arange(10.0), np.arange(100.0, 110.0))
    assert seen["rows"][:, 0].tolist() == [*range(100, 110), *range(10)]
    assert seen["label"].tolist() == [0] * 10 + [1] * 10


# --- the score ------------------------------------------------------------------------------


def test_all_members_below_all_others_is_100():
    assert logistic_attack(np.linspace(0, 1, 50), np.linspace(20, 21, 50)) == 100.0
    assert logistic_attack(np.linspace(20, 21, 50), np.linspace(0, 1, 50)) == 100.0


def test_one_value_for_all_is_50():
    assert logistic_attack(np.full(40, 0.3), np.full(40, 0.3)) == 50.0


def test_a_tenth_of_the_members_stands_out():
    """10 of 100 members at 0, everything else at 10: per held-out 10 + 10 the attacker gets the 10 others right and
    the standing-out members, so the mean is 50 + their share of the folds."""
    members = np.array([0.0] * 10 + [10.0] * 90)
    others = np.full(100, 10.0)
    folds = StratifiedShuffleSplit(10, test_size=0.1, random_state=0).split(np.zeros(200), [0] * 100 + [1] * 100)
    hits = [sum(100 <= row < 110 for row in held) for _, held in folds]
    assert logistic_attack(members, others) == pytest.approx(50 + 100 * np.mean(hits) / 20)


def test_equal_means_are_invisible_to_it():
    """docs/methods.md: two samples with equal means but otherwise separable score 50."""
    inside = np.tile([4.9, 5.1], 250)
    outside = np.tile([0.0, 10.0], 250)
    assert logistic_attack(inside, outside) == pytest.approx(50, abs=4)


@pytest.mark.parametrize("members, others", [(150, 150), (150, 399), (399, 150), (37, 64), (10, 10)])
@pytest.mark.parametrize("attack", all_of("attack"), ids=lambda attack: attack.name)
def test_against_scikit_learn_used_directly(attack, members, others):
    if attack.name not in ("mia_loss", "mia_entropy"):
        pytest.skip(f"{attack.name} is not the paper's logistic regression")
    rng = np.random.default_rng(members + others)
    forget, test = rng.exponential(0.7, members), rng.exponential(1.0, others)
    assert attack.accuracy(-forget, -test) == by_scikit_learn(forget, test)


def test_float32_losses_are_attacked_as_they_are():
    rng = np.random.default_rng(0)
    forget, test = (rng.exponential(size=60).astype(np.float32) for _ in range(2))
    assert logistic_attack(forget, test) == by_scikit_learn(forget, test)


@pytest.mark.parametrize("bad, count", [([math.nan], 1), ([math.inf, -math.inf, math.nan], 3)])
def test_losses_that_are_not_finite_are_an_error(bad, count):
    forget = np.array([*bad, *[1.0] * (20 - len(bad))])
    with pytest.raises(Diverged) as caught:
        logistic_attack(forget, np.ones(20))
    assert str(caught.value) == (
        f"{count} of 40 losses or entropies are not finite, so there is nothing to attack.")


def test_fewer_than_ten_samples_a_side():
    with pytest.raises(ValueError, match=r"^an attack needs at least 10 samples per side, not 9$"):
        logistic_attack(np.ones(9), np.ones(100))
    assert 0 <= logistic_attack(np.arange(10.0), np.arange(10.0)) <= 100
    assert null_band(get("attack", "mia_loss"), np.ones(9), np.ones(100), seed=0) is None


# --- what the attackers see -----------------------------------------------------------------


def test_entropy_is_0_at_certainty_and_ln_c_at_uniform():
    logits = torch.tensor([[200.0, -200.0, -200.0], [0.0, 0.0, 0.0], [math.log(2), math.log(1), math.log(1)]])
    loss, entropy, correct = ONE_LABEL.columns(logits, torch.tensor([0, 2, 1]))
    # softmax (1/2, 1/4, 1/4): entropy 1.5 ln 2; cross entropy of the label 1 is ln 4
    assert entropy.tolist() == pytest.approx([0.0, math.log(3), 1.5 * math.log(2)], abs=1e-6)
    assert loss.tolist() == pytest.approx([0.0, math.log(3), math.log(4)], abs=1e-6)
    assert correct.tolist() == [True, False, False]
    assert bool(entropy.isfinite().all()) and entropy.dtype == torch.float32


def test_columns_are_float32_whatever_the_logits():
    loss, entropy, _ = ONE_LABEL.columns(torch.zeros(2, 4, dtype=torch.bfloat16), torch.tensor([0, 1]))
    assert loss.dtype == entropy.dtype == torch.float32
    assert loss.tolist() == pytest.approx([math.log(4)] * 2)


# --- the null band --------------------------------------------------------------------------


@pytest.mark.parametrize("attack", ["mia_loss", "mia_entropy"])
def test_the_null_band_lies_around_50_even_where_the_sets_differ(attack):
    rng = np.random.default_rng(0)
    low, high = null_band(get("attack", attack), rng.exponential(size=150), rng.exponential(size=150) + 5, seed=0)
    assert low < 50 < high


def test_the_null_band_has_the_width_of_the_attackers_noise():
    """docs/methods.md: expected |score - 50| is 1.6 with 500 a side, about 3 with 150: a deviation of 2 and 3.7."""
    rng = np.random.default_rng(1)
    for n, expected in ((500, 1.6), (150, 3.0)):
        low, high = null_band(get("attack", "mia_loss"), rng.exponential(size=n), rng.exponential(size=n), seed=3)
        half = 1.96 * expected * math.sqrt(math.pi / 2)
        assert 0.5 * half < (high - low) / 2 < 1.7 * half
        assert low < 50 < high


def test_the_null_band_repeats_under_one_seed():
    rng = np.random.default_rng(2)
    one, other = rng.exponential(size=40), rng.exponential(size=60)
    loss = get("attack", "mia_loss")
    first = null_band(loss, one, other, seed=0)
    assert null_band(loss, one, other, seed=0) == first != null_band(loss, one, other, seed=1)


def test_an_attack_without_a_way_to_do_many_at_once_has_the_same_band():
    rng = np.random.default_rng(2)
    sides = rng.exponential(size=40), rng.exponential(size=60)
    loss = get("attack", "mia_loss")
    assert null_band(dataclasses.replace(loss, quick_many=None), *sides, seed=0) == null_band(loss, *sides, seed=0)


# What two retrained digits nets say of samples they never saw (retrained_losses.py): any two parts are a null case.
NEVER_SEEN = np.load(Path(__file__).with_name("retrained_losses.npz"))
DRAWS = 100  # of 150 and 399 samples, a net and attack: 400 in all


def outside(attack, never_seen, band):
    """How many of the draws have an attack's accuracy outside of ``band(forget, test, seed)``."""
    rng, found = np.random.default_rng(7), 0
    for seed in range(DRAWS):
        forget, test = np.split(rng.permutation(never_seen)[:549], [150])
        low, high = band(attack, forget, test, seed)
        found += not low <= accuracy(attack, forget, test, quick=True) <= high
    return found


@pytest.mark.long
def test_the_null_band_covers_95_percent_of_what_was_truly_forgotten():
    """Binomial: 5% of 400 are 20 with a standard deviation of 4.4, so 8 to 33 is three of them."""
    found = [outside(get("attack", f"mia_{column}"), NEVER_SEEN[f"{column}{net}"], null_band)
             for column in ("loss", "entropy") for net in (0, 1)]
    assert 8 <= sum(found) <= 33, found


@pytest.mark.long
def test_the_band_before_the_run_covers_what_a_retrained_model_gives():
    """Of other losses than the run's own: those of the test set alone, which take the place of both sides."""
    def expected(attack, forget, test, seed):
        never_seen = torch.from_numpy(test)
        readout = Readout(never_seen, never_seen, torch.ones(len(test), dtype=torch.bool))
        return expected_null_bands(readout, len(forget), seed)[attack.name]

    found = outside(get("attack", "mia_loss"), NEVER_SEEN["loss0"], expected)
    assert 1 <= found <= 12, "5% of 100, with a standard deviation of 2.2"


@pytest.mark.parametrize("unseen, members, known", [(9, 100, False), (100, 9, False), (12, 100, True)])
def test_the_band_before_the_run_draws_again_where_unseen_samples_are_few(unseen, members, known):
    values = torch.arange(float(unseen))
    bands = expected_null_bands(Readout(values, values, values > 0), members, seed=0)
    assert set(bands) == {"mia_loss", "mia_entropy"} and all((band is not None) is known for band in bands.values())
