"""Which of a method's models are broken, so that they say nothing about the others.

A few destroyed models stretch the normal that U-LiRA fits to a sample and the range that KLoM cuts into bins: both then
miss what all the other models still show. Of gradient ascent on digits, 19 broken models of 64 turn an area of .79 into
one of .51.
"""

from __future__ import annotations

import numpy as np

SPREADS = 3.0  # standard deviations of the retrained models' accuracies


def whole(accuracy: np.ndarray, retrained: np.ndarray, damaged: float) -> np.ndarray:
    """Whether each model (M,) is whole: its test accuracy is near or above the median of its method's models.

    It is at least half of them. A method all of whose models lost as much is another matter: it is damaged.

    Parameters
    ----------
    accuracy, retrained : ndarray
        Test accuracies of the method's models and of the retrained ones, in percent.
    damaged : float
        Points below the median from which on a model is broken; more where retrained models differ more by chance.

    Examples
    --------
    >>> whole(np.array([75.0, 74.0, 12.0]), np.array([75.0, 76.0, 74.0]), 10.0).tolist()
    [True, True, False]
    """
    limit = max(damaged, SPREADS * float(np.std(retrained, ddof=1)))
    found: np.ndarray = accuracy > np.median(accuracy) - limit
    return found
