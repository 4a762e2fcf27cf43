"""Images on the device: one uint8 tensor a pool, batches as index look-ups, augmentation in batches.

Images are kept as (N, H, W, C), so that a batch is born in channels-last order.
"""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from engine.data import base
from engine.data.base import listed
from engine.data.corruption import Trigger

if TYPE_CHECKING:
    from engine.dataset import Dataset

PAD = 4  # docs/methods.md: crop 32 pad 4
IN_CACHE = 250  # pictures: on a CPU their maps then stay in a core's cache (benchmarks/read_out.py measures the gain)


@dataclass(frozen=True)
class Pool(base.Pool):
    """``images``: uint8 (N, H, W, C); ``labels``: int64 (N,); ``clean``: the true labels where some are manipulated."""

    images: Tensor
    labels: Tensor
    clean: Tensor | None = None

    @property
    def targets(self) -> Tensor:
        return self.labels

    @functools.cached_property
    def fingerprint(self) -> str:
        """sha256 over shape, images and labels, which is all that training sees: 64 hex digits."""
        digest = hashlib.sha256(repr(tuple(self.images.shape)).encode())
        digest.update(self.images.cpu().contiguous().numpy().data)
        digest.update(self.labels.cpu().contiguous().numpy().data)
        return digest.hexdigest()

    def shown(self, number: int) -> dict[str, Any]:
        """The picture, uint8 (H, W, C)."""
        return {"picture": self.images[number].cpu().numpy()}

    def to(self, device: torch.device) -> Pool:
        clean = None if self.clean is None else self.clean.to(device)
        return Pool(self.images.to(device), self.labels.to(device), clean)

    def problems(self, name: str) -> Iterator[str]:
        images, field = self.images, f"{name}.images"
        if not isinstance(images, Tensor):
            yield f"{field} is a {type(images).__name__}: make it a tensor with torch.from_numpy."
        if images.ndim != 4:
            mend = f": add the channels with {field}[..., None]" if images.ndim == 3 else ""
            yield f"{field} has the shape {tuple(images.shape)} and not (samples, height, width, channels){mend}."
        if images.is_floating_point() and not bool(images.isfinite().all()):
            yield f"{field} holds NaN or infinite values: replace them and convert to uint8, from 0 to 255."
        if images.dtype != torch.uint8:
            yield f"{field} is {str(images.dtype).removeprefix('torch.')}: convert it to uint8, from 0 to 255."
        if len(images) != len(self.labels):
            yield (f"{field} has {len(images):,} samples and {name}.labels {len(self.labels):,}: give each sample one "
                   "label.")

    def like(self, other: Pool, number: int) -> int:
        """The nearest picture, pixel by pixel."""
        away = ((self._levels - other.images[number].cpu().numpy().astype(np.float32)) ** 2).reshape(len(self), -1)
        return int(away.sum(1).argmin())

    @functools.cached_property
    def _levels(self) -> np.ndarray:
        return self.images.cpu().numpy().astype(np.float32)

    def stamped(self, trigger: Trigger) -> Pool:
        return replace(self, images=trigger.stamped(self.images))


@dataclass(frozen=True)
class Data(base.Data[Pool]):
    """A loaded data set of images; ``mean`` and ``std`` are per channel, on the 0 to 1 scale of pixels."""

    kind, pool = "image", Pool
    at_once = IN_CACHE

    @property
    def inputs(self) -> int:
        """The number of channels."""
        return self.train.images.shape[3]

    def batch(self, pool: Pool, index: Tensor,
              augment: torch.Generator | Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Inputs, float32 (B, C, H, W) normalised and channels-last, and labels (B,) of ``pool[index]``."""
        images = pool.images[index]
        if isinstance(augment, Tensor):
            images = shifted(images, augment)
        elif augment is not None and self.augment is not None:
            images = self.augment(images, augment)
        scale, offset = _affine(self.mean, self.std, images.device)
        return torch.addcmul(offset, images.permute(0, 3, 1, 2).float(), scale), pool.labels[index]

    @property
    def draws_ahead(self) -> bool:
        return self.augment is None or self.augment is shift_and_flip

    def drawn(self, pool: Pool, sizes: list[int], generator: torch.Generator) -> tuple[Tensor, ...] | None:
        """The crops and flips of batches, int16."""
        if self.augment is not shift_and_flip:
            return None
        height, width = pool.images.shape[1:3]
        parts = [shifts(size, height, width, generator) for size in sizes]
        moved: tuple[Tensor, ...] = torch.cat(parts).to(torch.int16).to(pool.images.device).split(sizes)
        return moved

    def problems(self, dataset: Dataset) -> Iterator[str]:
        """What two pools of pictures have in common, and the scale that is declared for both."""
        shape, other = (tuple(pool.images.shape[1:]) for pool in (self.train, self.heldout))
        if shape != other:
            yield f"train.images have the shape {shape} and heldout.images {other}: give all pictures one shape."
        if shape[:2] != (dataset.input_size, dataset.input_size):
            yield (f"a picture has {shape[0]} x {shape[1]} pixels and not input_size = {dataset.input_size} a side: "
                   "declare its real size.")
        for name, values in (("mean", self.mean), ("std", self.std)):
            if len(values) != shape[2]:
                yield f"{name} has {len(values)} values for {shape[2]} channels: give one for each channel."
            if not all(math.isfinite(value) and (name == "mean" or value > 0) for value in values):
                yield f"{name} is {values}: give finite numbers{' above 0' if name == 'std' else ''}."

    @property
    def normalisation(self) -> str:
        return f"pixels from 0 to 1, less {listed(self.mean)}, divided by {listed(self.std)}"

    @property
    def reading(self) -> str:
        return (f"It reads pictures as float32 of shape (samples, {self.inputs}, height, width): pixels from 0 to 1, "
                f"less {listed(self.mean, 6)}, divided by {listed(self.std, 6)}.")


@functools.lru_cache(maxsize=8)
def _affine(mean: tuple[float, ...], std: tuple[float, ...], device: torch.device) -> tuple[Tensor, Tensor]:
    """``x * scale + offset`` equals ``(x / 255 - mean) / std``; shapes (1, C, 1, 1)."""
    m, s = (torch.tensor(v, device=device).view(1, -1, 1, 1) for v in (mean, std))
    return 1 / (255 * s), -m / s


def shift_and_flip(images: Tensor, generator: torch.Generator, pad: int = PAD) -> Tensor:
    """Random crops of the zero-padded images and horizontal flips; (B, H, W, C) in and out.

    The draws are made on the CPU, so that every device sees the same augmentation.
    """
    b, h, w, _ = images.shape
    return shifted(images, shifts(b, h, w, generator, pad).to(images.device), pad)


def shifts(b: int, h: int, w: int, generator: torch.Generator, pad: int = PAD) -> Tensor:
    """The rows and columns of the padded images that each of ``b`` crops is made of, int64 (b, h + w)."""
    top = torch.randint(0, 2 * pad + 1, (b, 1), generator=generator)
    left = torch.randint(0, 2 * pad + 1, (b, 1), generator=generator)
    flip = torch.rand(b, 1, generator=generator) < 0.5
    across = torch.arange(w).expand(b, w)
    return torch.cat([top + torch.arange(h), left + torch.where(flip, w - 1 - across, across)], dim=1)


def shifted(images: Tensor, drawn: Tensor, pad: int = PAD) -> Tensor:
    """The crops (B, H, W, C) that :func:`shifts` has drawn."""
    b, h, w, _ = images.shape
    padded = F.pad(images, (0, 0, pad, pad, pad, pad))
    rows, columns = drawn.long().split([h, w], dim=1)
    which = torch.arange(b, device=images.device).view(b, 1, 1)
    return padded[which, rows[:, :, None], columns[:, None, :]]
