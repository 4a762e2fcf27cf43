"""KLoM, the KL divergence of margins: per sample, how far phi under unlearned models lies from that under retrained.

Georgiev et al. 2024 (arXiv:2410.23232, appendix E.1). Direction: KL(unlearned || retrained). The published variant has
20 bins, which need 64 models a side; with fewer, the number of bins follows that of the models.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.errors import NotMeasurable

CLIP = 100.0  # published bound on phi
EMPTY = 1e-5  # what an empty bin of the retrained side counts for; it caps the divergence at ln(1e5) = 11.5
PUBLISHED_BINS, PUBLISHED_FROM = 20, 64
FEWEST, ADVISED = 8, 32  # models a side
DIRECTION = "KL(unlearned || retrained)"


@dataclass(frozen=True)
class Klom:
    """KLoM of each sample, and what it was computed with.

    Parameters
    ----------
    values : ndarray
        Nats (n,).
    bins, models : int
        Bins over each sample's joint range, and models a side.

    Examples
    --------
    >>> found = Klom(np.array([0.1, 0.3]), bins=5, models=21)
    >>> found.name, found.mean
    ('KLoM (5 bins, N = 21)', 0.2)
    """

    values: np.ndarray
    bins: int
    models: int

    @property
    def name(self) -> str:
        return f"KLoM ({self.bins} bins, N = {self.models})"

    @property
    def mean(self) -> float:
        return float(self.values.mean())

    @property
    def percentile_95(self) -> float:
        """The published read-out: the 95th percentile over samples."""
        return float(np.percentile(self.values, 95))


def bins_for(models: int) -> int:
    """Bins for this many models a side: the root of the number, at least 4.

    Examples
    --------
    >>> bins_for(8), bins_for(64)
    (4, 8)
    """
    return max(4, round(math.sqrt(models)))


def klom(unlearned: np.ndarray, retrained: np.ndarray, bins: int | None = None) -> Klom:
    """KLoM of every sample from phi (N, n) under N unlearned and N retrained models.

    Parameters
    ----------
    unlearned, retrained : ndarray
        phi (N, n); the same N, from different training seeds.
    bins : int, optional
        Bins of equal width over a sample's joint range, closed on both ends. 20 is the published number.

    Raises
    ------
    NotMeasurable
        With fewer than 8 models a side, with 20 bins fewer than 64, or with different numbers of them.

    Examples
    --------
    >>> two = np.array([0.0] * 4 + [1.0] * 4)[:, None]
    >>> three = np.array([0.0] * 2 + [1.0] * 6)[:, None]
    >>> round(klom(two, three).mean, 4)
    0.1438
    """
    unlearned, retrained = (np.clip(np.asarray(side, dtype=np.float64), -CLIP, CLIP) for side in (unlearned, retrained))
    models = _refuse_bad(unlearned, retrained, bins)
    bins = bins or bins_for(models)
    low = np.minimum(unlearned.min(0), retrained.min(0))
    width = np.maximum(unlearned.max(0), retrained.max(0)) - low
    p, q = (_shares(side, low, width, bins) for side in (unlearned, retrained))
    terms = np.where(p > 0, p * np.log(np.maximum(p, EMPTY) / np.maximum(q, EMPTY)), 0.0)
    return Klom(terms.sum(1), bins, models)


def _shares(side: np.ndarray, low: np.ndarray, width: np.ndarray, bins: int) -> np.ndarray:
    """The share of models (n, bins) in each bin; the largest value belongs to the last bin."""
    at = np.minimum((bins * (side - low) / np.where(width > 0, width, 1)).astype(np.int64), bins - 1)
    samples = side.shape[1]
    counted = np.bincount((at + bins * np.arange(samples)).ravel(), minlength=bins * samples)
    shares: np.ndarray = counted.reshape(samples, bins) / len(side)
    return shares


def _refuse_bad(unlearned: np.ndarray, retrained: np.ndarray, bins: int | None) -> int:
    if unlearned.shape != retrained.shape or unlearned.ndim != 2:
        raise NotMeasurable(f"KLoM compares {unlearned.shape} with {retrained.shape} values of phi: give both sides "
                            "the same number of models and the same samples.")
    if not (np.isfinite(unlearned).all() and np.isfinite(retrained).all()):
        raise NotMeasurable("KLoM was given values of phi that are not finite: a model is damaged.")
    models = len(unlearned)
    fewest = PUBLISHED_FROM if bins and bins >= PUBLISHED_BINS else FEWEST
    if models < fewest:
        with_bins = f" with {bins} bins" if bins else ""
        raise NotMeasurable(f"KLoM{with_bins} has {models} models a side and needs at least {fewest}: with fewer, two "
                            "retrained models look as far apart as a bad method.")
    return models
