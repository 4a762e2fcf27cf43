"""The short way to scikit-learn's logistic regression gives the same bits; a warning of its solver still comes."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedShuffleSplit

from engine.attacks import _attacker, _one_number


def rows(seed: int, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """90 rows of two overlapping sides in any order; every third table has ties, as counts have."""
    rng = np.random.default_rng(seed)
    feature = scale * np.concatenate([rng.gamma(1, 1, 50), rng.gamma(0.4, 2, 50)])
    chosen = rng.permutation(100)[:90]
    return (feature.round(0) if seed % 3 == 0 else feature)[chosen, None], np.repeat([0, 1], 50)[chosen]


def by_scikit_learn(feature: np.ndarray, label: np.ndarray) -> tuple[float, float]:
    fitted = LogisticRegression().fit(feature, label)
    return fitted.coef_[0, 0], fitted.intercept_[0]


@pytest.mark.parametrize("scale", [1e-6, 0.01, 1.0, 7.0, 300.0])
def test_the_bits_are_scikit_learns(scale):
    for seed in range(6):
        assert _one_number.fitted(*rows(seed, scale)) == by_scikit_learn(*rows(seed, scale))


def test_a_constant_feature_and_a_clean_cut_too():
    label = np.repeat([0, 1], 20)
    for feature in (np.full((40, 1), 0.3), np.linspace(0, 9, 40)[:, None]):
        assert _one_number.fitted(feature, label) == by_scikit_learn(feature, label)


def test_the_short_way_is_taken_and_scikit_learn_asked_where_it_cannot_be(monkeypatch):
    asked = []
    regression = LogisticRegression

    def counted():
        asked.append(1)
        return regression()

    monkeypatch.setattr(_one_number, "LogisticRegression", counted)
    expected = _one_number.fitted(*rows(1, 1.0))
    assert not asked, "scikit-learn's whole way was taken"
    monkeypatch.setattr(_one_number, "HalfBinomialLoss", None)
    assert _one_number.fitted(*rows(1, 1.0)) == expected and len(asked) == 1


def test_a_solver_that_gives_up_is_left_to_scikit_learn_which_warns(monkeypatch):
    monkeypatch.setattr(_one_number, "minimize", lambda *args, **options: SimpleNamespace(success=False))
    assert _one_number.fitted(*rows(2, 1.0)) == by_scikit_learn(*rows(2, 1.0))


def test_the_splits_are_drawn_once_for_one_number_of_rows(monkeypatch):
    drawn = []
    draw = StratifiedShuffleSplit.split
    monkeypatch.setattr(StratifiedShuffleSplit, "split", lambda *words: drawn.append(1) or draw(*words))
    rng = np.random.default_rng(0)
    scores = [_attacker.logistic_attack(rng.gamma(1, 1, 37), rng.gamma(1, 2, 37)) for _ in range(3)]
    assert len(drawn) <= 1 and len(set(scores)) > 1
