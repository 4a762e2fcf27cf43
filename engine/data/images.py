"""Data on the device: one uint8 tensor a pool, batches as index look-ups, augmentation in batches.

Pools are ``train`` (D) and ``heldout`` (the official test set, later split into test and
validation). Images are kept as (N, H, W, C), so that a batch is born in channels-last order.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.data import about
from engine.data.about import About
from engine.data.corruption import WRONG_LABELS, Corruption, manipulated
from engine.data.criteria import ONE_LABEL, ManyLabels, OneLabel

if TYPE_CHECKING:
    from typing_extensions import TypeVar  # with a default: ``Data`` alone is data of any pool

    from engine.data.ranks import Ranks
else:
    from typing import TypeVar

Augment = Callable[[Tensor, torch.Generator], Tensor]
PAD = 4  # docs/methods.md: crop 32 pad 4


class AnyPool(Protocol):
    """What all pools have: labels, int64 (N,), and targets, which the loss is held against."""

    @property
    def labels(self) -> Tensor: ...
    @property
    def targets(self) -> Tensor: ...
    @property
    def fingerprint(self) -> str: ...
    def __len__(self) -> int: ...
    def shown(self, number: int) -> dict[str, Any]: ...
    def to(self, device: torch.device) -> Self: ...


if TYPE_CHECKING:
    P = TypeVar("P", bound=AnyPool, default=Any)
else:
    P = TypeVar("P", bound=AnyPool)


@dataclass(frozen=True)
class Pool:
    """``images``: uint8 (N, H, W, C); ``labels``: int64 (N,); ``clean``: the true labels where some are manipulated."""

    images: Tensor
    labels: Tensor
    clean: Tensor | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def targets(self) -> Tensor:
        """What the loss is held against."""
        return self.labels

    @functools.cached_property
    def fingerprint(self) -> str:
        """sha256 over shape, images and labels, which is all that training sees: 64 hex digits."""
        digest = hashlib.sha256(repr(tuple(self.images.shape)).encode())
        digest.update(self.images.cpu().contiguous().numpy().data)
        digest.update(self.labels.cpu().contiguous().numpy().data)
        return digest.hexdigest()

    def shown(self, number: int) -> dict[str, Any]:
        """A sample as a page shows it: a ``picture``, uint8 (H, W, C), or a ``text``."""
        return {"picture": self.images[number].cpu().numpy()}

    def to(self, device: torch.device) -> Pool:
        clean = None if self.clean is None else self.clean.to(device)
        return Pool(self.images.to(device), self.labels.to(device), clean)


@dataclass(frozen=True)
class Data(Generic[P]):
    """A loaded data set, of images unless a subclass says otherwise.

    ``mean`` and ``std`` are per channel, on the 0 to 1 scale of pixels.
    The first ``test_count`` held-out samples are the official test set and the others its validation set; None:
    the held-out samples are halved by a run's seed. ``criterion`` turns logits and targets into losses. ``augment``
    takes a batch of images (B, H, W, C) and a generator and returns them changed at random, in the same shape; where it
    is None, training sees the samples as they are. ``corruption`` says what was done to samples whose label is not the
    ``clean`` one of their pool. ``ranks`` comes with an Original, for scenarios that choose by it. ``about`` says by
    pool where samples came from, and holds the further columns that a scenario may choose by.
    """

    name: str
    classes: tuple[str, ...]
    train: P
    heldout: P
    mean: tuple[float, ...]
    std: tuple[float, ...]
    origin: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    test_count: int | None = None
    criterion: OneLabel | ManyLabels = ONE_LABEL
    augment: Augment | None = None
    corruption: Corruption = WRONG_LABELS
    ranks: Ranks | None = field(default=None, compare=False, repr=False)
    about: Mapping[str, About] = field(default_factory=dict, compare=False, repr=False)

    @property
    def inputs(self) -> int:
        """What a network is built for: the number of channels."""
        return cast(Pool, self.train).images.shape[3]

    @property
    def device(self) -> torch.device:
        return self.train.labels.device

    def to(self, device: torch.device) -> Self:
        return replace(self, train=self.train.to(device), heldout=self.heldout.to(device))

    def batch(self, pool: P, index: Tensor, augment: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """Inputs, float32 (B, C, H, W) normalised and channels-last, and labels (B,) of ``pool[index]``.

        With a generator the images are augmented, if these data declare how.
        """
        images = cast(Pool, pool).images[index]
        if augment is not None and self.augment is not None:
            images = self.augment(images, augment)
        scale, offset = self._affine(images.device)
        return torch.addcmul(offset, images.permute(0, 3, 1, 2).float(), scale), pool.labels[index]

    @property
    def manipulated(self) -> Tensor:
        """Which training samples have a label that is wrong on purpose, bool (N,)."""
        return manipulated(self.train)

    def pool_of(self, name: str) -> P:
        """The pool that a set's indices point into: ``retain`` and ``forget`` are of D, the others held out."""
        return self.train if name in ("retain", "forget") else self.heldout

    def _affine(self, device: torch.device) -> tuple[Tensor, Tensor]:
        return _affine(self.mean, self.std, device)

    @functools.cached_property
    def fingerprint(self) -> str:
        """sha256 over the training images and labels, which is what makes an Original."""
        return self.train.fingerprint

    @functools.cached_property
    def content(self) -> str:
        """sha256 over both pools and further columns: everything about the data that a result can depend on."""
        parts = [self.train.fingerprint, self.heldout.fingerprint, *filter(None, [about.fingerprint(self.about)])]
        return hashlib.sha256("/".join(parts).encode()).hexdigest()


def tensors_of(data: Data) -> dict[str, Tensor]:
    """Every tensor that the pools hold, by names such as ``train.labels``."""
    return {f"{pool}.{name}": value for pool in ("train", "heldout")
            for name, value in vars(getattr(data, pool)).items() if isinstance(value, Tensor)}


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
    padded = F.pad(images, (0, 0, pad, pad, pad, pad))
    top = torch.randint(0, 2 * pad + 1, (b, 1), generator=generator)
    left = torch.randint(0, 2 * pad + 1, (b, 1), generator=generator)
    flip = torch.rand(b, 1, generator=generator) < 0.5
    across = torch.arange(w).expand(b, w)
    rows = top + torch.arange(h)
    columns = left + torch.where(flip, w - 1 - across, across)
    rows, columns = rows.to(images.device), columns.to(images.device)
    which = torch.arange(b, device=images.device).view(b, 1, 1)
    return padded[which, rows[:, :, None], columns[:, None, :]]
