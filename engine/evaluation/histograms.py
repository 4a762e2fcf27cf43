"""Losses as histograms over a logarithmic axis, the same bins for every model, so that any two can be drawn together.

A fitted network's losses span eight decades: on a linear axis nearly all of them share the first bar.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

LOWEST, HIGHEST = -6, 2  # powers of ten, in nats: what lies beyond is counted in the first or the last bin
PER_DECADE = 10
EDGES = [float(f"{10 ** (LOWEST + i / PER_DECADE):.6g}") for i in range((HIGHEST - LOWEST) * PER_DECADE + 1)]
BANDWIDTH = 0.2  # decades: the standard deviation of the Gaussian that smooths what is drawn


def histogram(loss: Tensor) -> list[int]:
    """Counts of losses in the 80 bins between ``EDGES``.

    Parameters
    ----------
    loss : Tensor
        Losses in nats, (N,). Under 1e-6 they count in the first bin; above 100, infinite or NaN, in the last.

    Returns
    -------
    list of int
        One count a bin; they add up to N.

    Examples
    --------
    >>> import torch
    >>> counts = histogram(torch.tensor([0.0, 1e-6, 0.5, float("inf")]))
    >>> counts[0], counts[56], counts[-1], sum(counts)
    (2, 1, 1, 4)
    """
    values = np.nan_to_num(loss.double().cpu().numpy(), nan=np.inf, posinf=np.inf)
    found = np.clip(np.searchsorted(EDGES, values, side="right") - 1, 0, len(EDGES) - 2)
    return [int(count) for count in np.bincount(found, minlength=len(EDGES) - 1)]


def density(counts: Sequence[float], bandwidth: float = BANDWIDTH) -> np.ndarray:
    """The share of samples a decade, smoothed by a Gaussian; what would leave the axis is reflected at its ends.

    Parameters
    ----------
    counts : sequence of float
        Counts of equally wide bins on the logarithmic axis, (B,).
    bandwidth : float
        Standard deviation of the Gaussian in decades.

    Returns
    -------
    numpy.ndarray
        One value a bin, (B,): its mean times the axis's decades is 1; all 0 where there are no samples.

    Examples
    --------
    >>> round(float(density([0, 0, 4, 0, 0]).sum()) / PER_DECADE, 6)
    1.0
    """
    values = np.asarray(counts, dtype=float)
    total = values.sum()
    if not total:
        return values
    smooth: np.ndarray = PER_DECADE * (values / total) @ _kernel(len(values), bandwidth)
    return smooth


def overlap(one: Sequence[float], other: Sequence[float]) -> float:
    """Percent that two smoothed histograms have in common: 100 where they are the same, 0 where they are apart.

    Examples
    --------
    >>> round(overlap([5, 0, 0], [1, 0, 0]), 6)
    100.0
    """
    return float(100 * np.minimum(density(one), density(other)).sum() / PER_DECADE)


def _kernel(bins: int, bandwidth: float) -> np.ndarray:
    """Row i: where the mass of bin i goes, (B, B); rows add up to 1."""
    at = np.arange(bins)
    images = [at, -1 - at, 2 * bins - 1 - at]  # itself, and its reflections in both ends
    away = [(at[:, None] - image[None, :]) / (PER_DECADE * bandwidth) for image in images]
    rows = np.sum([np.exp(-0.5 * one ** 2) for one in away], axis=0)
    spread: np.ndarray = rows / rows.sum(axis=1, keepdims=True)
    return spread
