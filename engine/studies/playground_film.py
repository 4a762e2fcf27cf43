"""Films of the Playground: decision fields and numbers, drawn from the networks that a play left behind.

A play keeps the weights at every frame and looks at none of them. So what is asked for first, how it began and how it
ended, is drawn without waiting for the rest, and the rest without playing again.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call

from engine.data.points import REACH, PointData
from engine.evaluation.metrics import headlines
from engine.studies import playground_forces as forces
from engine.studies import playground_numbers as numbers
from engine.training.loop import Task

SIDE = 48  # cells a side of a decision field


@dataclass(frozen=True)
class Film:
    """The Original (frame 0) and what became of it: fields uint8 (F, C, SIDE, SIDE), probabilities of 255.

    ``steps`` (F,) are the optimiser steps before each frame, ``total`` those that were planned. ``numbers`` hold a
    value a frame. ``stopped`` says in a sentence why a run ended early. ``whole`` is False where only the first and
    the last frame are here.
    """

    fields: np.ndarray
    numbers: numbers.Numbers
    steps: tuple[int, ...]
    total: int
    arrows: tuple[forces.Arrows, ...] = ()
    stopped: str = ""
    whole: bool = True

    @property
    def longest(self) -> float:
        """The length that arrows are drawn to the scale of."""
        return forces.longest(self.arrows)


@dataclass(frozen=True)
class Ground:
    """Data and Original: what all plays on one data set share."""

    data: PointData
    original: nn.Module
    inputs: Tensor  # the cells' centres, then all points of both pools, as the network reads them

    @classmethod
    def of(cls, data: PointData, original: nn.Module) -> Ground:
        """The ground of these data and this Original, which is put into evaluation mode."""
        points = torch.cat([centres(), data.train.points, data.heldout.points])
        return cls(data, original.eval(), data.normalised(points))


@dataclass(frozen=True)
class Shot:
    """The network after ``step`` steps, and the terms of the objective there."""

    step: int
    weights: dict[str, Tensor]
    terms: dict[str, float]

    @classmethod
    def of(cls, step: int, model: nn.Module, terms: dict[str, float]) -> Shot:
        """A copy of what the network is now."""
        return cls(step, {name: value.detach().clone() for name, value in model.state_dict().items()}, terms)


@dataclass(frozen=True)
class Take:
    """A play of ``total`` steps. ``task`` is None where nothing was forgotten; ``beta`` is NegGrad+'s."""

    at: Ground
    task: Task | None
    shots: tuple[Shot, ...]
    total: int
    beta: float | None = None
    stopped: str = ""

    def film(self, arrows: bool = False, whole: bool = True) -> Film:
        """All frames, or the first and the last one; those where the network was broken are left out."""
        seen = self._seen(self.shots) if whole else [*self._seen(self.shots[:1]), *self._last()]
        shots, looks = zip(*seen, strict=True)
        drawn = [self._arrows(shot, look) for shot, look in seen] if arrows and self.task else []
        steps = tuple(shot.step for shot in shots)
        whole = whole or len(self.shots) <= len(steps)
        return film_of(self.at, self.task, looks, steps, self.total, tuple(drawn), self.stopped, whole)

    def _seen(self, shots: Iterable[Shot]) -> list[tuple[Shot, Tensor]]:
        looks = ((shot, look(self.at, shot.weights)) for shot in shots)
        return [(shot, seen) for shot, seen in looks if bool(seen.isfinite().all())]

    def _last(self) -> list[tuple[Shot, Tensor]]:
        """The last frame that is whole, where there is one beside the first."""
        for shot in reversed(self.shots[1:]):
            if seen := self._seen([shot]):
                return seen
        return []

    def _arrows(self, shot: Shot, seen: Tensor) -> forces.Arrows:
        assert self.task is not None
        model = copy.deepcopy(self.at.original)
        model.load_state_dict(shot.weights)
        return forces.arrows(self.at.data, self.task, model, shot.terms, centres().view(SIDE, SIDE, 2),
                             seen[:SIDE * SIDE].view(SIDE, SIDE, -1), self.beta)


def centres() -> Tensor:
    """The middles of the field's cells, row by row from the top left, (SIDE * SIDE, 2)."""
    along = (torch.arange(SIDE) + 0.5) / SIDE * 2 * REACH - REACH
    y, x = torch.meshgrid(-along, along, indexing="ij")
    return torch.stack([x.flatten(), y.flatten()], dim=1)


def look(at: Ground, weights: dict[str, Tensor]) -> Tensor:
    """Logits (N, C) of all cells and points by a network of these weights, in evaluation mode."""
    with torch.no_grad():
        logits: Tensor = functional_call(at.original, weights, (at.inputs,))
    return logits


def film_of(at: Ground, task: Task | None, looks: Sequence[Tensor], steps: tuple[int, ...], total: int,
            arrows: tuple[forces.Arrows, ...] = (), stopped: str = "", whole: bool = True) -> Film:
    """Frames (F, N, C) of logits as a film; a single one, the reference, has the attack's chance range."""
    logits = torch.stack(list(looks)).float()
    fields = (255 * logits[:, :SIDE * SIDE].softmax(dim=2)).round().to(torch.uint8)
    fields = fields.transpose(1, 2).reshape(len(logits), -1, SIDE, SIDE)
    told = numbers.of_frames(at.data, task.split if task else None, logits[:, SIDE * SIDE:], headlines()[0],
                             band=len(looks) == 1)
    return Film(fields.numpy(), told, steps, total, arrows, stopped, whole)
