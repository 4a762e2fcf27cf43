"""Agreement, accuracy by class, prediction matrix and divergence: hand cases, limits, and what two nulls give."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from engine.errors import BadInput
from engine.evaluation.distances import wilson
from engine.evaluation.likeness.agreement import agreement
from engine.evaluation.likeness.by_class import by_class
from engine.evaluation.likeness.jsd import MOST, jsd
from engine.evaluation.likeness.prediction_matrix import prediction_matrix


@pytest.mark.parametrize("name", ["agreement", "by_class", "prediction_matrix", "jsd", "cka"])
def test_every_measure_names_its_source_and_its_blind_spot(name):
    module = importlib.import_module(f"engine.evaluation.likeness.{name}")
    assert module.SOURCE and module.BLIND_SPOT.endswith((".", ")."))


# --- divergence -----------------------------------------------------------------------------


def test_the_divergence_by_hand():
    found = jsd(np.array([[1.0, 0.0], [1.0, 0.0], [0.3, 0.7]]), np.array([[0.0, 1.0], [0.5, 0.5], [0.3, 0.7]]))
    assert found[0] == pytest.approx(0.6931, abs=5e-5) and found[0] == pytest.approx(np.log(2))
    assert found[1] == pytest.approx(0.2158, abs=5e-5)
    assert found[2] == 0.0


def test_the_divergence_is_symmetric_and_within_its_limits():
    rng = np.random.default_rng(0)
    p, q = (rng.dirichlet([0.1] * 10, 500) for _ in range(2))
    assert np.array_equal(jsd(p, q), jsd(q, p))
    assert jsd(p, q).min() >= 0 and jsd(p, q).max() <= MOST
    with pytest.raises(BadInput, match="sum to 1"):
        jsd(p * 2, q)
    with pytest.raises(BadInput, match="same samples and classes"):
        jsd(p, q[:10])


# --- agreement ------------------------------------------------------------------------------


def test_agreement_by_hand():
    one, other = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2, 2]), np.array([0, 0, 1, 1, 1, 2, 2, 2, 2, 0])
    by_chance = (3 * 3 + 3 * 3 + 4 * 4) / 100
    found = agreement(one, other)
    assert (found.share, found.count) == (70.0, 10)
    assert found.kappa == pytest.approx((0.7 - by_chance) / (1 - by_chance))
    assert agreement(one, one).kappa == 1.0


def test_agreement_of_constants_has_no_kappa_and_chance_has_none_of_it():
    assert agreement(np.ones(5), np.ones(5)) == agreement(np.zeros(5), np.zeros(5))
    assert agreement(np.ones(5), np.ones(5)).kappa is None
    assert agreement(np.ones(5), np.array([0, 1, 0, 1, 1])).kappa == 0.0
    rng = np.random.default_rng(0)
    assert agreement(rng.integers(0, 10, 20_000), rng.integers(0, 10, 20_000)).kappa == pytest.approx(0, abs=0.01)
    with pytest.raises(BadInput, match="one has 2 and the other 3"):
        agreement(np.ones(2), np.ones(3))


# --- classes --------------------------------------------------------------------------------


def test_accuracy_by_class_by_hand():
    labels, said = np.array([0, 0, 0, 0, 1, 1]), np.array([0, 0, 0, 1, 1, 1])
    zero, one, two = by_class(said, labels, ("zero", "one", "two"))
    assert (zero.name, zero.right, zero.count, zero.accuracy) == ("zero", 3, 4, 75.0)
    assert (one.accuracy, two.count, two.accuracy, two.interval) == (100.0, 0, None, None)
    z = 1.959964
    centre, half = (0.75 + z * z / 8) / (1 + z * z / 4), z * np.sqrt(0.75 * 0.25 / 4 + z * z / 64) / (1 + z * z / 4)
    assert zero.interval == pytest.approx((100 * (centre - half), 100 * (centre + half)), abs=1e-4)


def test_forty_samples_leave_thirteen_points():
    low, high = wilson(32, 40)
    assert (high - low) / 2 == pytest.approx(0.122, abs=0.005)
    assert wilson(0, 40)[0] == 0.0 and wilson(40, 40) == pytest.approx((0.912, 1.0), abs=1e-3)


def test_the_prediction_matrix_by_hand():
    found = prediction_matrix(np.array([0, 0, 1, 2]), np.array([0, 2, 1, 2]), 4)
    assert found.tolist() == [[1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]] and found.sum() == 4
