"""Leave-one-out retraining in a few numbers: what is memorised, and how an estimate and an attack compare. Pure."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.registry import live_attacks
from engine.studies.leave_one_out import LeftOut

Values = np.ndarray[Any, np.dtype[Any]]


def figures(exact: LeftOut, wrong: Values, estimate: Values | None = None) -> dict[str, Any]:
    """``wrong`` marks samples with a false label; ``estimate`` are scores of the same samples from other models.

    Examples
    --------
    >>> exact = LeftOut(np.zeros((1, 3)), np.log([[[2.0, 1, 1], [1, 4, 1], [1, 1, 1]]]))
    >>> figures(exact, np.array([False, True, False]))["exact"]["wrong"]
    0.75
    """
    by_loss = next(attack for attack in live_attacks() if attack.needs == ("loss",))
    score, area = exact.memorisation, exact.exposure(by_loss.score_samples)
    order, third = np.argsort(score, kind="stable"), max(1, len(score) // 3)
    others = np.abs(exact.influence[~np.eye(len(score), dtype=bool)])
    return {"exact": {"mean": _mean(score), "error": _mean(exact.error), "wrong": _mean(score[wrong]),
                      "right": _mean(score[~wrong]), "influence_on_others": _mean(others, 4)},
            "estimator": None if estimate is None else {
                "rank_correlation": rank_correlation(estimate, score), "noise": _noise(exact),
                "mean_difference": _mean(estimate - score)},
            "attack": {"most_memorised": _mean(area[order[-third:]]), "least_memorised": _mean(area[order[:third]]),
                       "rank_correlation": rank_correlation(area, score)}}


def rank_correlation(one: Values, other: Values) -> float | None:
    """Spearman's; None where one of them has the same value everywhere."""
    from scipy.stats import spearmanr

    if len(one) < 2 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    return round(float(spearmanr(one, other).statistic), 3)


def _noise(exact: LeftOut) -> float | None:
    """The rank correlation of one half of the seeds with the other, which bounds any other; None of one seed."""
    half = len(exact.whole) // 2
    if not half:
        return None
    return rank_correlation(*(LeftOut(exact.whole[part], exact.without[part]).memorisation
                              for part in (slice(half), slice(half, None))))


def _mean(values: Values, digits: int = 3) -> float | None:
    """None of no value, and where one is no number."""
    return None if not len(values) or np.isnan(values).any() else round(float(values.mean()), digits)
