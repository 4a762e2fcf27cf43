"""The values that flow between the engine's parts: what is asked for, set sizes, costs and steps. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from torch import Tensor, nn

Status = Literal["queued", "running", "finished", "failed", "cancelled", "interrupted"]
ENDED: tuple[Status, ...] = ("finished", "failed", "cancelled", "interrupted")
PROFILES = ("corrected", "paper")


@dataclass(frozen=True)
class Sizes:
    """Numbers of samples in each set; ``unseen``: the attack's non-members where these are not the test set."""

    train: int
    forget: int
    retain: int
    validation: int
    test: int
    unseen: int | None = None

    @property
    def nonmembers(self) -> int:
        """How many samples an attacker has to tell from the forget set."""
        return self.test if self.unseen is None else self.unseen

    @property
    def forget_fraction(self) -> float:
        return self.forget / self.train


@dataclass(frozen=True)
class Plan:
    """What a method will cost: optimiser steps, and samples that pass forward and backward."""

    steps: int
    samples: int


@dataclass
class Progress:
    """One step of a method or of a training.

    ``terms`` holds detached scalars of this step (losses, alpha, learning rate); ``state`` is set at the end of an
    epoch by trainings that can be resumed.
    """

    step: int
    total_steps: int
    samples: int
    terms: dict[str, Tensor | float]
    epoch: int = 0
    state: TrainingState | None = None


@dataclass
class TrainingState:
    """All that a killed training needs to go on after ``epoch`` finished epochs."""

    epoch: int
    step: int
    samples: int
    model: nn.Module
    optimiser: Any


@dataclass(frozen=True)
class Spec:
    """One run as a person asks for it. See :mod:`engine.spec` for validation and identity.

    ``forget_fraction`` is a fraction of the training set in (0, 0.6]; ``forget_class`` belongs to the scenario
    ``class``; ``parameters`` holds hyperparameters that differ from the defaults; ``options`` those of the data set.
    """

    dataset: str = "digits"
    method: str = "nabla_tau"
    model: str | None = None
    scenario: str = "random"
    forget_fraction: float | None = 0.15
    forget_class: str | int | None = None
    seed: int = 0
    original_seed: int = 0
    profile: str = "corrected"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def fraction(self) -> float:
        """``forget_fraction`` where the scenario goes by it. Raises TypeError where the spec has none."""
        if self.forget_fraction is None:
            raise TypeError(f"forget_fraction is None: the scenario {self.scenario!r} forgets no fraction.")
        return self.forget_fraction

    @property
    def class_number(self) -> int:
        """``forget_class`` of a resolved spec. Raises TypeError where it is not a number yet, or there is none."""
        if not isinstance(self.forget_class, int):
            raise TypeError(f"forget_class is {self.forget_class!r}, but must be a number: resolve the spec first.")
        return self.forget_class

    @property
    def forgotten(self) -> float | int | str:
        """The class where one is named, else the fraction."""
        return self.fraction if self.forget_class is None else self.forget_class
