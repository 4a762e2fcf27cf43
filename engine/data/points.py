"""Points by their coordinates: data that one can look at as a whole, with the decision field of a model behind them."""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from engine.data import base
from engine.data.base import listed

if TYPE_CHECKING:
    from engine.dataset import Dataset

REACH = 1.5  # all points of the data sets that ship lie in the square from -REACH to REACH
SIDE = 96  # pixels of a sample's picture
_COLOURS = ((0, 160, 135), (132, 82, 184), (184, 160, 0), (200, 90, 120))  # by class, over and over
_PAPER = 255
_MARGIN = 0.05  # of the range of points anywhere, left free on each side of a picture


@dataclass(frozen=True)
class PointPool(base.Pool):
    """``points``: float32 (N, D); ``labels``: int64 (N,); ``clean``: int64 (N,), the labels before noise.

    ``window`` are the lowest and the highest value that a picture shows of the first coordinate and of the second.
    """

    points: Tensor
    labels: Tensor
    clean: Tensor | None = None
    window: tuple[tuple[float, float], ...] = ((-REACH, REACH), (-REACH, REACH))

    @property
    def targets(self) -> Tensor:
        return self.labels

    @property
    def wrong(self) -> Tensor:
        """Which labels are wrong on purpose, bool (N,)."""
        return torch.zeros_like(self.labels, dtype=torch.bool) if self.clean is None else self.labels != self.clean

    @functools.cached_property
    def fingerprint(self) -> str:
        """sha256 over points and labels: 64 hex digits."""
        digest = hashlib.sha256(self.points.cpu().contiguous().numpy().data)
        digest.update(self.labels.cpu().contiguous().numpy().data)
        return digest.hexdigest()

    def shown(self, number: int) -> dict[str, Any]:
        """A plot of the first two coordinates: all points as dots in the colour of their label, this one large."""
        picture = self._map.copy()
        self._blot(picture, self.points[number], 5, (0, 0, 0))
        self._blot(picture, self.points[number], 3, _colour(self.labels[number]))
        return {"picture": picture}

    @functools.cached_property
    def _map(self) -> np.ndarray:
        """All points, faint, uint8 (SIDE, SIDE, 3)."""
        picture = np.full((SIDE, SIDE, 3), _PAPER, np.uint8)
        for point, label in zip(self.points.cpu(), self.labels.cpu(), strict=True):
            self._blot(picture, point, 1, tuple((value + 2 * _PAPER) // 3 for value in _colour(label)))
        return picture

    def _blot(self, picture: np.ndarray, point: Tensor, size: int, colour: tuple[int, ...]) -> None:
        """A filled square of ``2 size + 1`` pixels a side, cut off at the border."""
        (low, high), (bottom, top) = self.window
        x = round((float(point[0]) - low) / (high - low) * (SIDE - 1))
        y = round((top - float(point[1])) / (top - bottom) * (SIDE - 1))
        picture[max(0, y - size):y + size + 1, max(0, x - size):x + size + 1] = colour

    def to(self, device: torch.device) -> PointPool:
        return replace(self, points=self.points.to(device), labels=self.labels.to(device),
                       clean=None if self.clean is None else self.clean.to(device))

    def problems(self, name: str) -> Iterator[str]:
        points, field = self.points, f"{name}.points"
        if not isinstance(points, Tensor):
            yield f"{field} is a {type(points).__name__}: make it a tensor with torch.from_numpy."
        if points.ndim != 2 or points.shape[1] < 2:
            yield f"{field} has the shape {tuple(points.shape)} and not (samples, coordinates), two at least."
        if points.dtype != torch.float32:
            yield f"{field} is {str(points.dtype).removeprefix('torch.')}: convert it to float32 with .float()."
        if not bool(points.isfinite().all()):
            yield f"{field} holds NaN or infinite values: leave these points out."
        if len(points) != len(self.labels):
            yield (f"{field} has {len(points):,} samples and {name}.labels {len(self.labels):,}: give each sample one "
                   "label.")

    def like(self, other: PointPool, number: int) -> int:
        """The nearest point."""
        return int(((self.points - other.points[number]) ** 2).sum(dim=1).argmin())


@dataclass(frozen=True)
class PointData(base.Data[PointPool]):
    """A loaded data set of points; ``mean`` and ``std`` are per coordinate."""

    kind, pool = "points", PointPool

    @property
    def inputs(self) -> int:
        """The number of coordinates."""
        return self.train.points.shape[1]

    def batch(self, pool: PointPool, index: Tensor,
              augment: torch.Generator | Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Normalised coordinates, float32 (B, D), and labels of ``pool[index]``."""
        points = pool.points[index]
        if isinstance(augment, torch.Generator) and self.augment is not None:
            points = self.augment(points, augment)
        return self.normalised(points), pool.labels[index]

    def normalised(self, points: Tensor) -> Tensor:
        """Points anywhere as a network reads them."""
        mean, std = _affine(self.mean, self.std, points.device)
        return (points - mean) / std

    def problems(self, dataset: Dataset) -> Iterator[str]:
        """That both pools have the declared number of coordinates, and a scale for each."""
        for name, pool in (("train", self.train), ("heldout", self.heldout)):
            if pool.points.shape[1] != dataset.input_size:
                yield (f"{name}.points have {pool.points.shape[1]} coordinates and not input_size = "
                       f"{dataset.input_size}: declare their real number.")
        for name, values in (("mean", self.mean), ("std", self.std)):
            if len(values) != dataset.input_size:
                yield f"{name} has {len(values)} values for {dataset.input_size} coordinates: give one for each."
            if not all(math.isfinite(value) and (name == "mean" or value > 0) for value in values):
                yield f"{name} is {values}: give finite numbers{' above 0' if name == 'std' else ''}."

    @property
    def normalisation(self) -> str:
        return f"coordinates less {listed(self.mean)}, divided by {listed(self.std)}"

    @property
    def reading(self) -> str:
        return (f"It reads points as float32 of shape (samples, {self.inputs}): coordinates less "
                f"{listed(self.mean, 6)}, divided by {listed(self.std, 6)}.")


def window_of(points: Tensor) -> tuple[tuple[float, float], ...]:
    """What a picture shows so that all these points (N, D) are in it, with some room around."""
    lows, highs = points[:, :2].amin(dim=0).tolist(), points[:, :2].amax(dim=0).tolist()
    rooms = [_MARGIN * (high - low) or 1.0 for low, high in zip(lows, highs, strict=True)]
    return tuple((low - room, high + room) for low, high, room in zip(lows, highs, rooms, strict=True))


@functools.lru_cache(maxsize=8)
def _affine(mean: tuple[float, ...], std: tuple[float, ...], device: torch.device) -> tuple[Tensor, Tensor]:
    return torch.tensor(mean, device=device), torch.tensor(std, device=device)


def _colour(label: Any) -> tuple[int, ...]:
    return _COLOURS[int(label) % len(_COLOURS)]
