"""What every kind of data is to the engine: two pools of samples, batches of them, how they are read and shown.

A kind implements :class:`Pool` and :class:`Data` in a file of its own beside this one (``images``, ``texts``,
``points``); what can be said of it without loading anything is its :class:`engine.kind.Kind`. Training, methods,
read-outs and attacks know these two classes only.

Pools are ``train`` (D) and ``heldout`` (the official test set, later split into test and validation).
"""

from __future__ import annotations

import functools
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self

import torch
from torch import Tensor

from engine.data import about
from engine.data.about import About
from engine.data.corruption import WRONG_LABELS, Corruption, Trigger, manipulated
from engine.data.criteria import ONE_LABEL, ManyLabels, OneLabel

if TYPE_CHECKING:
    from typing_extensions import TypeVar  # with a default: ``Data`` alone is data of any pool

    from engine.data.ranks import Ranks
    from engine.dataset import Dataset
else:
    from typing import TypeVar

Augment = Callable[[Tensor, torch.Generator], Tensor]


class Pool(ABC):
    """Samples with their labels, int64 (N,); what else a sample is made of is the kind's.

    ``targets`` are what the loss is held against: the labels, unless samples have several. ``clean`` are the true
    labels where some are manipulated.
    """

    labels: Tensor
    clean: Tensor | None = None
    if TYPE_CHECKING:  # a field of some pools, a property of others
        @property
        def targets(self) -> Tensor: ...

    def __len__(self) -> int:
        return len(self.labels)

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """sha256 over all that training sees: 64 hex digits."""

    @abstractmethod
    def shown(self, number: int) -> dict[str, Any]:
        """A sample as a page shows it: a ``picture``, uint8 (H, W, C), or a ``text``."""

    @abstractmethod
    def to(self, device: torch.device) -> Self: ...

    @abstractmethod
    def problems(self, name: str) -> Iterator[str]:
        """What is wrong with the samples of the pool of that name, in sentences; most basic things first."""

    @abstractmethod
    def like(self, other: Self, number: int) -> int | None:
        """The sample of this pool that is most like one of another; None where nobody can say."""

    def stamped(self, trigger: Trigger) -> Self:
        """The pool with a trigger on every sample. Raises TypeError where samples cannot carry one."""
        raise TypeError(f"A trigger is stamped on pictures, and this is a {type(self).__name__}.")


if TYPE_CHECKING:
    P = TypeVar("P", bound=Pool, default=Any)
else:
    P = TypeVar("P", bound=Pool)


@dataclass(frozen=True)
class Data(ABC, Generic[P]):
    """A loaded data set.

    ``mean`` and ``std`` are what a kind normalises its samples by.
    The first ``test_count`` held-out samples are the official test set and the others its validation set; None:
    the held-out samples are halved by a run's seed. ``criterion`` turns logits and targets into losses. ``augment``
    takes the samples of a batch and a generator and returns them changed at random, in the same shape; where it
    is None, training sees the samples as they are. ``corruption`` says what was done to samples whose label is not the
    ``clean`` one of their pool. ``ranks`` comes with an Original, for scenarios that choose by it.
    ``about`` says by pool where samples came from, and holds the further columns that a scenario may choose by.
    """

    kind: ClassVar[str]  # the name of its engine.kind.Kind
    pool: ClassVar[type[Any]]  # the class of its pools
    at_once: ClassVar[int | None] = None  # samples that a CPU reads fastest together; None: a whole batch

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
    @abstractmethod
    def inputs(self) -> int:
        """What a network is built for, as its ``build(classes, inputs)`` has it."""

    @abstractmethod
    def batch(self, pool: P, index: Tensor, augment: torch.Generator | Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Inputs as a network reads them, and targets, of ``pool[index]``; augmented with a generator, or as drawn."""

    @property
    def draws_ahead(self) -> bool:
        """Whether :meth:`drawn` knows what augmentation draws, or there is none."""
        return self.augment is None

    def drawn(self, pool: P, sizes: list[int], generator: torch.Generator) -> tuple[Tensor, ...] | None:
        """What :meth:`batch` would draw for batches of these sizes, on the device; None where nobody knows.

        One copy to a card instead of one a batch.
        """
        return None

    @abstractmethod
    def problems(self, dataset: Dataset) -> Iterator[str]:
        """What of both pools together is not as the data set declares, in sentences."""

    @property
    @abstractmethod
    def normalisation(self) -> str:
        """How samples are normalised, in words: ``pixels from 0 to 1, less 0.5, divided by 0.25``."""

    @property
    @abstractmethod
    def reading(self) -> str:
        """What a network of these data is to be given, as a sentence."""

    @property
    def device(self) -> torch.device:
        return self.train.labels.device

    def to(self, device: torch.device) -> Self:
        return replace(self, train=self.train.to(device), heldout=self.heldout.to(device))

    @property
    def manipulated(self) -> Tensor:
        """Which training samples have a label that is wrong on purpose, bool (N,)."""
        return manipulated(self.train)

    def pool_of(self, name: str) -> P:
        """The pool that a set's indices point into: ``retain`` and ``forget`` are of D, the others held out."""
        return self.train if name in ("retain", "forget") else self.heldout

    @functools.cached_property
    def fingerprint(self) -> str:
        """sha256 over the training samples and labels, which is what makes an Original."""
        return self.train.fingerprint

    @functools.cached_property
    def content(self) -> str:
        """sha256 over both pools: everything about the data that a result can depend on."""
        parts = [self.train.fingerprint, self.heldout.fingerprint, *filter(None, [about.fingerprint(self.about)])]
        return hashlib.sha256("/".join(parts).encode()).hexdigest()


def tensors_of(data: Data) -> dict[str, Tensor]:
    """Every tensor that the pools hold, by names such as ``train.labels``."""
    return {f"{pool}.{name}": value for pool in ("train", "heldout")
            for name, value in vars(getattr(data, pool)).items() if isinstance(value, Tensor)}


def listed(values: tuple[float, ...], digits: int = 4) -> str:
    """``0.4914, 0.4822, 0.4465``: the numbers of a normalisation in a sentence."""
    return ", ".join(f"{value:.{digits}g}" for value in values)
