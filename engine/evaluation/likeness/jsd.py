"""The Jensen-Shannon divergence of two models' outputs, sample by sample, as it is defined.

Released unlearning code takes KL(m || p) and averages over every entry of the matrix, which squeezes all values towards
0; here each row is a distribution, and the mean is over rows.
"""

from __future__ import annotations

import numpy as np
from scipy.special import rel_entr

from engine.errors import BadInput

BLIND_SPOT = ("It compares outputs alone: a model that hides what it knows below its last layer has a small one; two "
              "retrained models are not at 0 either.")
SOURCE = "Lin 1991"
MOST = float(np.log(2))


def jsd(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The divergence (N,) in nats, from 0 to ln 2, of probabilities (N, C) row by row; 0 ln 0 is 0.

    Examples
    --------
    >>> jsd(np.array([[1, 0], [1, 0]]), np.array([[0, 1], [0.5, 0.5]])).round(4).tolist()
    [0.6931, 0.2158]
    """
    p, q = (_checked(side) for side in (one, other))
    if p.shape != q.shape:
        raise BadInput(f"The divergence needs probabilities of the same samples and classes, but one side is {p.shape} "
                       f"and the other {q.shape}.")
    middle = (p + q) / 2
    found: np.ndarray = (rel_entr(p, middle) + rel_entr(q, middle)).sum(axis=1) / 2
    np.clip(found, 0, MOST, out=found)  # rounding alone leaves it
    return found


def _checked(side: np.ndarray) -> np.ndarray:
    found = np.asarray(side, dtype=np.float64)
    if found.ndim != 2 or (found < 0).any() or not np.allclose(found.sum(axis=1), 1, atol=1e-4):
        raise BadInput("The divergence needs rows of probabilities that sum to 1.")
    rows: np.ndarray = found / found.sum(axis=1, keepdims=True)
    return rows
