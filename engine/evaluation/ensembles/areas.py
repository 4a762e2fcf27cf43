"""Areas under ROC curves, forgotten against never seen: one a model over its samples, or one a sample over models."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from engine.evaluation.ensembles.outputs import FORGET, OUT


def area(members: np.ndarray, others: np.ndarray) -> float:
    """The chance that a member scores higher than another, ties half; by ranks (Mann and Whitney 1947).

    The same number as :func:`engine.evaluation.distances.auc`, without scikit-learn's checks of each call: a view takes
    two thousand of them.

    Examples
    --------
    >>> round(area(np.array([1.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0])), 4)
    0.6667
    """
    count, ranks = len(members), rankdata(np.concatenate([members, others]))
    return float((ranks[:count].sum() - count * (count + 1) / 2) / (count * len(others)))


def areas_per_model(scores: np.ndarray, state: np.ndarray) -> np.ndarray:
    """The area (M,) of each model's scores over samples; NaN marks samples without a score.

    Examples
    --------
    >>> areas_per_model(np.array([[2.0, 1.0]]), np.array([[FORGET, OUT]])).tolist()
    [1.0]
    """
    known = np.isfinite(scores)
    return np.array([area(row[(states == FORGET) & seen], row[(states == OUT) & seen])
                     for row, states, seen in zip(scores, state, known, strict=True)])


def areas_per_sample(scores: np.ndarray, state: np.ndarray) -> np.ndarray:
    """The area (n,) of each sample's scores over models; NaN where a side is empty.

    Examples
    --------
    >>> areas_per_sample(np.array([[3.0], [1.0], [2.0]]), np.array([[FORGET], [OUT], [OUT]])).tolist()
    [1.0]
    """
    ranks = rankdata(np.where(np.isin(state, (FORGET, OUT)), scores, np.inf), axis=0)  # kept ones rank last
    members, others = ((state == side) & np.isfinite(scores) for side in (FORGET, OUT))
    count, pairs = members.sum(0), members.sum(0) * others.sum(0)
    wins = (ranks * members).sum(0) - count * (count + 1) / 2
    areas: np.ndarray = np.divide(wins, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)
    return areas
