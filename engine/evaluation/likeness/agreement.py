"""How often two models say the same class: the churn behind equal accuracies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import cohen_kappa_score

from engine.errors import BadInput

BLIND_SPOT = ("Two models retrained with different seeds disagree too, so the ceiling is their agreement, not 100%; "
              "equal predictions say nothing of how sure they are.")
SOURCE = "Cohen 1960"


@dataclass(frozen=True)
class Agreement:
    """``share`` in percent of ``count`` samples; ``kappa`` is None where both say one class alone."""

    share: float
    kappa: float | None
    count: int


def agreement(one: np.ndarray, other: np.ndarray) -> Agreement:
    """The share of equal predictions, and Cohen's kappa, which leaves out what chance alone would give.

    Parameters
    ----------
    one, other : ndarray
        Predicted class numbers (N,) of the same samples.

    Returns
    -------
    Agreement
        Share, kappa and N.

    Examples
    --------
    >>> agreement(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]))
    Agreement(share=75.0, kappa=0.5, count=4)
    """
    if one.shape != other.shape or not len(one):
        raise BadInput(f"Agreement needs the predictions of the same samples, but one has {len(one)} and the other "
                       f"{len(other)}.")
    alone = len(np.unique(np.concatenate([one, other]))) == 1  # kappa is 0 / 0 there
    kappa = None if alone else float(cohen_kappa_score(one, other))
    return Agreement(100 * float(np.mean(one == other)), kappa, len(one))
