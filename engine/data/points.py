"""Points in the plane: data that one can look at as a whole, with the decision field of a model behind them."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.data.images import Data

REACH = 1.5  # all points lie in the square from -REACH to REACH
SIDE = 96  # pixels of a sample's picture
_COLOURS = ((0, 160, 135), (132, 82, 184), (184, 160, 0), (200, 90, 120))  # by class, over and over
_PAPER = 255


@dataclass(frozen=True)
class PointPool:
    """``points``: float32 (N, 2); ``labels``: int64 (N,); ``clean``: int64 (N,), the labels before noise."""

    points: Tensor
    labels: Tensor
    clean: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def targets(self) -> Tensor:
        """What the loss is held against."""
        return self.labels

    @property
    def wrong(self) -> Tensor:
        """Which labels are wrong on purpose, bool (N,)."""
        return self.labels != self.clean

    @functools.cached_property
    def fingerprint(self) -> str:
        """sha256 over points and labels: 64 hex digits."""
        digest = hashlib.sha256(self.points.cpu().contiguous().numpy().data)
        digest.update(self.labels.cpu().contiguous().numpy().data)
        return digest.hexdigest()

    def shown(self, number: int) -> dict[str, Any]:
        """A sample as a picture: all points as dots in the colour of their label, this one large."""
        picture = self._map.copy()
        _blot(picture, self.points[number], 5, (0, 0, 0))
        _blot(picture, self.points[number], 3, _colour(self.labels[number]))
        return {"picture": picture}

    @functools.cached_property
    def _map(self) -> np.ndarray:
        """All points, faint, uint8 (SIDE, SIDE, 3)."""
        picture = np.full((SIDE, SIDE, 3), _PAPER, np.uint8)
        for point, label in zip(self.points, self.labels, strict=True):
            _blot(picture, point, 1, tuple((value + 2 * _PAPER) // 3 for value in _colour(label)))
        return picture

    def to(self, device: torch.device) -> PointPool:
        return PointPool(self.points.to(device), self.labels.to(device), self.clean.to(device))


@dataclass(frozen=True)
class PointData(Data[PointPool]):
    """A loaded data set of points; ``mean`` and ``std`` are per coordinate."""

    train: PointPool
    heldout: PointPool

    @property
    def inputs(self) -> int:
        return self.train.points.shape[1]

    def batch(self, pool: PointPool, index: Tensor, augment: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """Normalised coordinates, float32 (B, 2), and labels of ``pool[index]``; points are not augmented."""
        return self.normalised(pool.points[index]), pool.labels[index]

    def normalised(self, points: Tensor) -> Tensor:
        """Points anywhere in the plane as a network reads them."""
        mean, std = _affine(self.mean, self.std, points.device)
        return (points - mean) / std


@functools.lru_cache(maxsize=8)
def _affine(mean: tuple[float, ...], std: tuple[float, ...], device: torch.device) -> tuple[Tensor, Tensor]:
    return torch.tensor(mean, device=device), torch.tensor(std, device=device)


def _colour(label: Any) -> tuple[int, ...]:
    return _COLOURS[int(label) % len(_COLOURS)]


def _blot(picture: np.ndarray, point: Tensor, size: int, colour: tuple[int, ...]) -> None:
    """A filled square of ``2 size + 1`` pixels a side, cut off at the border."""
    x, y = (round(float(value / REACH + 1) / 2 * (SIDE - 1)) for value in (point[0], -point[1]))
    picture[max(0, y - size):y + size + 1, max(0, x - size):x + size + 1] = colour
