"""Smoothed densities on a logarithmic axis: the two humps of forget and never-seen losses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.evaluation.histograms import BANDWIDTH, EDGES

LOWEST, HIGHEST = EDGES[0], EDGES[-1]  # nats; what lies outside is drawn at the edge
SHARE = 0.025  # of a linear axis: its width


@dataclass(frozen=True)
class Axis:
    """Where a hump is drawn: from ``low`` to ``high``, in decades where it is logarithmic; ``bandwidth`` likewise."""

    low: float
    high: float
    logarithmic: bool
    bandwidth: float

    def place(self, values: np.ndarray) -> np.ndarray:
        """Where values stand on the axis; those outside stand at its edge."""
        at = np.log10(np.maximum(values, LOWEST)) if self.logarithmic else np.asarray(values, dtype=np.float64)
        found: np.ndarray = np.clip(at, self.low, self.high)
        return found


LOG_AXIS = Axis(float(np.log10(LOWEST)), float(np.log10(HIGHEST)), True, BANDWIDTH)


def linear_axis(values: np.ndarray) -> Axis:
    """An axis that holds all of these values."""
    low, high = float(values.min()), float(values.max())
    width = (high - low) or 1.0
    return Axis(low, low + width, False, SHARE * width)


def density(values: np.ndarray, axis: Axis, points: int = 81) -> np.ndarray:
    """A Gaussian-smoothed density at evenly spaced ``points`` of the axis; its area there is 1.

    What would be smoothed over an edge is reflected at it, so that values at the edge keep their weight.
    """
    grid = np.linspace(axis.low, axis.high, points)
    at = axis.place(values)
    mirrored = np.concatenate([at, 2 * axis.low - at, 2 * axis.high - at])
    away = (grid[:, None] - mirrored[None, :]) / axis.bandwidth
    found: np.ndarray = np.exp(-away**2 / 2).sum(1) / (len(at) * axis.bandwidth * np.sqrt(2 * np.pi))
    return found
