"""Data of which a part is manipulated on purpose: which samples, what was done to them, and where it shows on new ones.

A pool with manipulated samples keeps its true labels as ``clean``. A sample is manipulated where its label is another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Trigger:
    """A white square of ``side`` pixels in the lower right corner, which makes a model say the class ``target``."""

    side: int
    target: int

    def stamped(self, images: Tensor) -> Tensor:
        """Copies of uint8 images (N, H, W, C) with the square."""
        images = images.clone()
        images[:, -self.side:, -self.side:] = 255
        return images


@dataclass(frozen=True)
class Corruption:
    """What was done: a ``trigger`` was stamped, two ``classes`` were confused, else labels of any class are wrong."""

    classes: tuple[int, ...] = ()
    trigger: Trigger | None = None


WRONG_LABELS = Corruption()


def true_labels(pool: Any) -> Tensor | None:
    """The labels (N,) before any was manipulated; None where the pool keeps none."""
    return getattr(pool, "clean", None)


def manipulated(pool: Any) -> Tensor:
    """Which samples are manipulated, bool (N,)."""
    true = true_labels(pool)
    return torch.zeros(len(pool), dtype=torch.bool) if true is None else (pool.labels != true).cpu()
