"""From which class to which predictions moved: before by after, sample for sample."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import confusion_matrix

BLIND_SPOT = "It counts the class named first alone: a model that is about to change its mind looks unchanged."
SOURCE = "this project"


def prediction_matrix(before: np.ndarray, after: np.ndarray, classes: int) -> np.ndarray:
    """Counts (C, C), int64: row the class said before, column the one said after, on the same samples.

    Examples
    --------
    >>> prediction_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
    [[1, 1], [0, 1]]
    """
    found: np.ndarray = confusion_matrix(before, after, labels=range(classes))
    return found.astype(np.int64)
