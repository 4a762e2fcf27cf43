"""A normal for each sample's phi on one side, fitted without the models that are scored with it.

Few models a sample make a poor variance: it is drawn towards the one that all samples share, and a new value's
distribution is Student's t (Gelman et al. 2013, section 3.3; the same idea as BaVarIA, arXiv:2603.11799).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.evaluation.ensembles.outputs import Outputs

PRIOR = 6.0  # degrees of freedom that the shared variance counts for
FLOOR = 1e-3  # of a standard deviation


@dataclass(frozen=True)
class Fits:
    """For each model m and sample: ``mean`` and ``scale`` (M, n) of the fit that leaves out m's group, and ``count``.

    ``count`` models were fitted; where it is 0 there is no fit.
    """

    mean: np.ndarray
    scale: np.ndarray
    count: np.ndarray

    def log_density(self, phi: np.ndarray) -> np.ndarray:
        """ln of the predictive density (M, n) at these values."""
        count = np.maximum(self.count, 1)
        wide = self.scale * np.sqrt(1 + 1 / count)
        density: np.ndarray = _log_t((phi - self.mean) / wide, PRIOR + count - 1) - np.log(wide)
        return density


def _log_t(x: np.ndarray, df: np.ndarray) -> np.ndarray:
    """ln of the density of Student's t as ``scipy.stats.t`` has it, whose import a listing of runs would wait for."""
    from scipy.special import poch  # nor does a first page wait for this part of it

    found: np.ndarray = (np.log(poch(0.5 * df, 0.5)) - 0.5 * (np.log(df) + np.log(np.pi))
                         - (df + 1) / 2 * np.log1p(x * x / df))
    return found


def fits_without_own(outputs: Outputs, state: int) -> Fits:
    """The fits of one side, for every model without its own group's values."""
    centre = outputs.phi.mean(0)
    values, here = outputs.phi - centre, outputs.state == state
    count, total, squares = (_others(part, outputs) for part in (here, here * values, here * values**2))
    mean = total / np.maximum(count, 1)
    spread = np.maximum(squares - count * mean**2, 0)  # sum of squared distances
    degrees = np.maximum(count - 1, 0)
    shared = spread.sum(1, keepdims=True) / np.maximum(degrees.sum(1, keepdims=True), 1)
    scale = np.sqrt((PRIOR * shared + spread) / (PRIOR + degrees))
    return Fits(mean + centre, np.maximum(scale, FLOOR), count)


def _others(part: np.ndarray, outputs: Outputs) -> np.ndarray:
    """The sum over all models but those of the row's group (M, n)."""
    groups = outputs.group_of
    own = np.zeros((groups.max() + 1, part.shape[1]))
    np.add.at(own, groups, part.astype(np.float64))
    others: np.ndarray = (own.sum(0) - own)[groups]
    return others
