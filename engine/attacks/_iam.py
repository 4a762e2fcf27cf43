"""IAM: a degree of membership for every sample, from few shadow models (2506.06112).

A signal s(p) of the probability of the label is put on a line: at one end what shadow models that never saw the sample
give it, at the other what the model that was trained on it gave. At each level between them a Gumbel distribution says
how much of what such a model would give lies below the signal at hand; a mean over levels is the degree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import ndarray

LEVELS = 100
INNER, OUTER = 1e-5, 0.01
SMALLEST_SPREAD = 1e-10


def signal(probability: ndarray) -> ndarray:
    """s(p) = -ln(0.01 - ln(1e-5 + p)), rescaled so that p = 0 gives 0 and p = 1 gives 1."""
    import numpy as np

    def raw(p: ndarray) -> ndarray:
        found: ndarray = -np.log(OUTER - np.log(INNER + p))
        return found

    low, high = raw(np.array(0.0)), raw(np.array(1.0))
    found: ndarray = (raw(np.asarray(probability, dtype=np.float64)) - low) / (high - low)
    return found


def degrees(mine: ndarray, shadows: ndarray, original: ndarray | None = None) -> ndarray:
    """The degree of membership (N,), 0 to 1, higher where *member* is likelier; 1 minus it is the degree of unlearning.

    ``mine`` are signals (N,) of the model at hand, ``shadows`` (S, N) those of models that never saw the samples, and
    ``original`` (N,) those of the one that was trained on them; None stands for one that fitted every sample. With one
    shadow the spread is pooled over samples.
    """
    from itertools import pairwise

    import numpy as np
    inside = np.ones_like(mine) if original is None else original
    levels = np.linspace(0, 1, LEVELS)
    found = np.zeros(len(mine))
    for level, weight in pairwise(levels):  # at the last level there is no spread left
        between = shadows + level * (inside - shadows)
        spread = between.std() if len(shadows) == 1 else between.std(axis=0)
        scale = np.maximum(spread, SMALLEST_SPREAD) * np.sqrt(6) / np.pi
        with np.errstate(over="ignore"):  # far below: exp(-inf) is the 0 that it should be
            centre = between.mean(axis=0) - np.euler_gamma * scale
            found += weight * np.exp(-np.exp(-(mine - centre) / scale))  # Gumbel's distribution
    mean: ndarray = found / levels[1:].sum()
    return mean
