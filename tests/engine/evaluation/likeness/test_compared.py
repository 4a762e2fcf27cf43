"""Four models side by side on one set: which pairs, which counts, and what is said of a damaged one."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import BadInput
from engine.evaluation.likeness.compared import AGAIN, ORIGINAL, RETRAINED, UNLEARNED, compared
from engine.evaluation.likeness.outputs import Outputs

LABELS = np.arange(200) % 4


def model(seed, wrong=0.1, features=None):
    """Outputs that are right but for a share of the samples; features that all models of a test have in common."""
    rng = np.random.default_rng(seed)
    said = np.where(rng.random(200) < wrong, rng.integers(0, 4, 200), LABELS)
    p = np.full((200, 4), 0.02)
    p[np.arange(200), said] = 0.94
    shared = np.random.default_rng(99).normal(size=(200, 8)) if features is None else features
    return Outputs(p, said, {"body": shared + 0.1 * rng.normal(size=shared.shape), "head": p})


def test_the_pairs_and_the_attainable_one():
    said = {ORIGINAL: model(0, 0), UNLEARNED: model(1), RETRAINED: model(2), AGAIN: model(3)}
    found = compared(said, LABELS, "abcd")
    assert list(found.agreement) == list(found.jsd) == list(found.cka) == [
        "unlearned_original", "unlearned_retrained", "unlearned_retrained_again", "attainable",
        "original_retrained"]
    assert found.agreement["attainable"].share == 100 * np.mean(said[RETRAINED].said == said[AGAIN].said)
    assert abs(found.agreement["unlearned_retrained"].share - found.agreement["attainable"].share) < 8
    assert list(found.cka["attainable"]) == ["body", "head"] and found.cka["attainable"]["body"] > 0.9
    assert set(found.by_class) == set(said) and found.by_class[ORIGINAL][0].accuracy == 100.0
    assert found.notes == () and found.to_json()["count"] == 200


def test_predictions_move_from_the_original_to_each_model():
    said = {ORIGINAL: model(0, 0), UNLEARNED: model(1), RETRAINED: model(2)}
    found = compared(said, LABELS, "abcd")
    matrix = np.array(found.moved["original_to_unlearned"])
    assert matrix.sum() == 200 and np.trace(matrix) == np.sum(said[UNLEARNED].said == LABELS)
    assert list(found.agreement) == ["unlearned_original", "unlearned_retrained", "original_retrained"], (
        "nothing attainable was asked for")


def test_the_divergence_is_the_mean_over_rows():
    one = model(0, 0)
    other = Outputs(one.probabilities.copy(), one.said, one.features)
    other.probabilities[:50] = other.probabilities[50:100][:, ::-1]
    found = compared({UNLEARNED: one, RETRAINED: other}, LABELS, "abcd")
    p, q = np.array([0.94, 0.02]), np.array([0.02, 0.94])
    m = (p + q) / 2
    row = 0.5 * (np.sum(p * np.log(p / m)) + np.sum(q * np.log(q / m)))
    moved = np.mean([not np.array_equal(*pair) for pair in zip(one.probabilities, other.probabilities)])
    assert found.jsd["unlearned_retrained"] == pytest.approx(moved * row)


def test_a_model_that_says_one_thing_is_named_and_few_samples_too():
    constant = Outputs(np.tile([0.4, 0.2, 0.2, 0.2], (200, 1)), np.zeros(200, int), {"head": np.ones((200, 4))})
    found = compared({UNLEARNED: constant, RETRAINED: model(2)}, LABELS, "abcd")
    assert found.notes == ("The unlearned model says the same of every sample: it is damaged, and its likeness to "
                           "others means nothing.",)
    assert found.cka["unlearned_retrained"]["head"] is None
    few = Outputs(np.eye(2)[[0, 1, 0]], np.array([0, 1, 0]), {"head": np.eye(2)[[0, 1, 0]]})
    small = compared({UNLEARNED: few, RETRAINED: few}, np.array([0, 1, 1]), "ab")
    assert small.cka["unlearned_retrained"] == {} and small.notes == ("CKA is of 3 samples: below 150 it is noisy.",)
    with pytest.raises(BadInput, match="no samples"):
        compared({}, np.array([]), "ab")


def test_two_retrained_models_are_within_their_own_null():
    """Three models of one distribution, 100 times: the agreement with one of the others is as often above as below
    theirs, and divergence and CKA lie within three standard deviations of theirs, as often above as below.
    """
    within, pairs = 0, []
    for seed in range(100):
        said = {UNLEARNED: model(3 * seed), RETRAINED: model(3 * seed + 1), AGAIN: model(3 * seed + 2)}
        found = compared(said, LABELS, "abcd")
        sd = 100 * np.sqrt(2 * 0.135 * 0.865 / 200)  # of the difference of two shares of 86.5%
        share = {pair: found.agreement[pair].share for pair in ("unlearned_retrained", "attainable")}
        within += abs(share["unlearned_retrained"] - share["attainable"]) <= 1.96 * sd
        pairs.append([(one[pair] if one is found.jsd else one[pair]["head"]) for one in (found.jsd, found.cka)
                      for pair in ("unlearned_retrained", "attainable")])
    assert within >= 93
    for mine, null in np.array(pairs).T.reshape(2, 2, 100):
        assert np.sum(abs(mine - null.mean()) <= 3 * null.std()) >= 93
        assert 35 <= np.sum(mine > null) <= 65
