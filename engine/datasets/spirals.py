"""Two spirals in the plane, some labels wrong on purpose: 200 training points, nothing to download."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from engine.datasets import _points

CLASSES = ("circle", "square")
TURNS, NOISE = 1.3, 0.07


def draw(count: int, seed: int) -> tuple[Any, Any]:
    """Points (N, 2) and labels (N,): the classes in turn, evenly spread along their arms."""
    import numpy as np

    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    along = np.sqrt(rng.uniform(0.02, 1, count))
    angle = math.tau * TURNS * along + math.pi * labels
    points = 1.3 * along[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return points + rng.normal(0, NOISE, (count, 2)), labels


def load(options: dict[str, Any], on_progress: Callable[[str, float], None] | None = None) -> Any:
    """Spirals as :class:`engine.data.points.PointData`."""
    return _points.loaded("spirals", CLASSES, draw, options, "generated here")


DATASET = _points.declared(
    "spirals", "Spirals", CLASSES, load,
    "200 points of two spirals; generated with numpy, nothing to download.", "this project")
