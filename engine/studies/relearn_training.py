"""One curve of relearning: a copy of a model is fine-tuned on retain data, and read after a few of its steps."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import torch
from torch import Tensor, nn

from engine.attacks._attacker import FEWEST
from engine.data.base import Data
from engine.data.splits import Split
from engine.errors import Diverged
from engine.evaluation.constant import is_constant
from engine.evaluation.distances import auc
from engine.evaluation.readout import Readout, read_out
from engine.studies.relearn_numbers import POOL, Point, Settings, Who
from engine.system.rng import permutation
from engine.training.loop import Task, cycle, loop, make_optimiser, shuffled
from engine.types import Recipe


@dataclass(frozen=True)
class Ground:
    """What all curves of a run share: its data and split, and what of the forget set is shown or held back."""

    data: Data
    parts: Split
    pool: Tensor
    held_back: Tensor
    batch_size: int
    recipe: Recipe

    @property
    def unseen(self) -> Tensor:
        """The attack's non-members, as indices into the held-out samples."""
        return self.parts.test if self.parts.unseen is None else self.parts.unseen


def ground_of(data: Data, parts: Split, seed: int, batch_size: int, recipe: Recipe) -> Ground:
    """Draws the fifth of the forget set that may be shown, by the run's seed."""
    order = permutation(len(parts.forget), seed, "relearn/pool").to(parts.forget.device)
    cut = round(POOL * len(order))
    return Ground(data, parts, parts.forget[order[:cut]], parts.forget[order[cut:].sort().values], batch_size, recipe)


@dataclass(frozen=True)
class Curve:
    """Which curve: a copy of a model, at a rate, with so many forgotten samples, in an order of batches."""

    who: Who
    model: nn.Module
    rate: float
    forgotten: int
    seed: int


def points(ground: Ground, curve: Curve, settings: Settings,
           each_step: Callable[[], None] = lambda: None) -> Iterator[Point]:
    """The curve's points as they come. The batches depend on the seed and on what is shown, not on the model.

    AdamW without weight decay from a fresh state, at a constant rate, batch norm in training mode. ``each_step`` may
    raise to end it. Raises Diverged.
    """
    model, last = copy.deepcopy(curve.model), settings.steps[-1]
    task = Task(model, ground.data, ground.parts, ground.recipe, curve.seed, ground.data.device, lambda: model)
    index = torch.cat([ground.parts.retain, ground.pool[:curve.forgotten]])
    batches = tuple(islice(cycle(index, ground.batch_size, curve.seed, "relearn"), last))
    yield _read(ground, curve, model, 0)
    model.train()
    for progress in loop(make_optimiser("adamw", model, curve.rate, 0.0), epochs=1, batches=lambda epoch: batches,
                         objective=lambda batch, epoch: (task.loss(batch), len(batch), {}),
                         learning_rate=lambda epoch: curve.rate, total_steps=last, dropout=task.dropout):
        each_step()
        if progress.step in settings.steps:
            yield _read(ground, curve, model, progress.step)


def _read(ground: Ground, curve: Curve, model: nn.Module, step: int) -> Point:
    data = ground.data
    forget = read_out(model, data, data.train, ground.held_back)
    test, unseen = (read_out(model, data, data.heldout, index) for index in (ground.parts.test, ground.unseen))
    if not all(bool(side.loss.isfinite().all()) for side in (forget, test, unseen)):
        raise Diverged(f"The losses are not finite after {step} steps: a smaller learning rate may help.")
    assert forget.phi is not None  # it was read out just now
    return Point(curve.who, curve.rate, curve.forgotten, curve.seed, step, forget.accuracy,
                 float(forget.phi.double().mean()), _auc(forget, unseen), test.accuracy)


def _auc(forget: Readout, unseen: Readout) -> float | None:
    """The ROC area of the attack on the loss."""
    if min(len(forget), len(unseen)) < FEWEST:
        return None
    return auc(-forget.loss.double().numpy(), -unseen.loss.double().numpy())


def refreshed(ground: Ground, model: nn.Module) -> float | None:
    """The forget accuracy after one pass over the retain data that moves batch norm's statistics and nothing else.

    None for a model without batch norm.
    """
    if not any(isinstance(layer, nn.modules.batchnorm._BatchNorm) for layer in model.modules()):
        return None
    model = copy.deepcopy(model).train()
    with torch.no_grad():
        for batch in shuffled(ground.parts.retain, max(2, ground.batch_size), 0, "relearn/batch norm"):
            model(ground.data.batch(ground.data.train, batch)[0])
    return read_out(model, ground.data, ground.data.train, ground.held_back).accuracy


def constant(ground: Ground, model: nn.Module) -> bool:
    """Whether a model gives every never-seen sample the same logits."""
    inputs, _ = ground.data.batch(ground.data.heldout, ground.parts.test[:1_000])
    with torch.no_grad():
        return is_constant(model.eval()(inputs))
