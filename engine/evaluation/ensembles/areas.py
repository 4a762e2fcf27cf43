"""Areas under ROC curves, forgotten against never seen: one a model over its samples, or one a sample over models."""

from __future__ import annotations

import numpy as np

from engine.evaluation.ensembles.outputs import FORGET, OUT


def areas_per_model(scores: np.ndarray, state: np.ndarray) -> np.ndarray:
    """The area (M,) of each model's scores over samples; NaN marks samples without a score.

    Examples
    --------
    >>> areas_per_model(np.array([[2.0, 1.0]]), np.array([[FORGET, OUT]])).tolist()
    [1.0]
    """
    seen = np.isfinite(scores)
    members, others = ((state == side) & seen for side in (FORGET, OUT))
    wins = [_wins(row[mine], row[theirs]) for row, mine, theirs in zip(scores, members, others, strict=True)]
    areas: np.ndarray = np.array(wins) / (members.sum(1) * others.sum(1))
    return areas


def _wins(members: np.ndarray, others: np.ndarray) -> float:
    """In how many pairs the member has the higher score; equal ones count half."""
    ordered = np.sort(others)
    return float(sum(np.searchsorted(ordered, members, side).sum() for side in ("left", "right")) / 2)


def areas_per_sample(scores: np.ndarray, state: np.ndarray) -> np.ndarray:
    """The area (n,) of each sample's scores over models; NaN where a side is empty.

    Examples
    --------
    >>> areas_per_sample(np.array([[3.0], [1.0], [2.0]]), np.array([[FORGET], [OUT], [OUT]])).tolist()
    [1.0]
    """
    from scipy.stats import rankdata  # nobody who lists runs waits for it

    ranks = rankdata(np.where(np.isin(state, (FORGET, OUT)), scores, np.inf), axis=0)  # kept ones rank last
    members, others = ((state == side) & np.isfinite(scores) for side in (FORGET, OUT))
    count, pairs = members.sum(0), members.sum(0) * others.sum(0)
    wins = (ranks * members).sum(0) - count * (count + 1) / 2
    areas: np.ndarray = np.divide(wins, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)
    return areas
