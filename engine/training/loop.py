"""The only training loop, and the small parts that methods build their objectives from.

A loop is a generator: it yields a :class:`engine.types.Progress` after every optimiser step, so the
caller decides about probing, timing, saving and stopping. Batches are index tensors.
"""

from __future__ import annotations

import contextlib
import copy
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from engine.data.base import Data, Pool
from engine.data.batches import batch_sizes, steps_in
from engine.data.splits import Split
from engine.errors import Diverged
from engine.evaluation.readout import read_at_once, read_logits
from engine.system.device import autocast, on_card, queued
from engine.system.rng import generator, permutation
from engine.training import brief
from engine.training.dropout import AtStep, at_step, none
from engine.training.recorded import step_for
from engine.types import Progress, Recipe, TrainingState

Resume = Callable[[nn.Module, Any], TrainingState | None]
Seen = Callable[[Tensor, Tensor], None]  # the samples (B,) of a step, and the probabilities of their labels


@dataclass
class Task:
    """What an unlearning method is given.

    ``model`` starts as the Original and is changed in place; ``fresh()`` builds the same network with
    its first weights; ``resume(model, optimiser)`` restores a killed training of this very run, if any.
    """

    model: nn.Module
    data: Data
    split: Split
    recipe: Recipe
    seed: int
    device: torch.device
    fresh: Callable[[], nn.Module]
    resume: Resume = lambda model, optimiser: None

    def batch(self, index: Tensor, augment: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """Inputs and targets of these training samples."""
        return self.data.batch(self.data.train, index, augment)

    def logits(self, index: Tensor) -> Tensor:
        """Logits (B, C) in float32 of these training samples, without augmentation; differentiable.

        A single sample is read with frozen batch norm: it has no batch statistics.
        """
        inputs, _ = self.batch(index)
        with reading_alone(self.model, len(index)), autocast(self.device):
            logits: Tensor = self.model(inputs).float()
            return logits

    def labels(self, index: Tensor) -> Tensor:
        """Class numbers (B,) of these training samples."""
        labels: Tensor = self.data.train.labels[index]
        return labels

    def loss(self, index: Tensor, labels: Tensor | None = None) -> Tensor:
        """Mean loss of these training samples, or with other ``labels`` (B,) for them; differentiable.

        Cross entropy, or where samples have several labels the binary one, averaged over labels.
        """
        targets = self.data.train.targets[index] if labels is None else labels
        return self.data.criterion.loss(self.logits(index), targets)

    @property
    def dropout(self) -> AtStep:
        """What makes the dropout of each step repeatable; for :func:`loop`."""
        return at_step(self.model, self.seed, self.device)

    def frozen_original(self) -> nn.Module:
        """A copy of the network as it is now, in evaluation mode and without gradients: a teacher."""
        return copy.deepcopy(self.model).eval().requires_grad_(False)

    def validation_loss(self) -> float:
        """Mean loss over all of D_v in evaluation mode (docs/methods.md: L_v)."""
        return mean_loss(self.model, self.data, self.data.heldout, self.split.validation)


@contextlib.contextmanager
def reading_alone(model: nn.Module, samples: int) -> Iterator[None]:
    """Evaluation mode where there is a single sample, which has no batch statistics; else nothing changes."""
    if samples > 1 or not model.training:
        yield
        return
    model.eval()
    yield
    model.train()


def mean_loss(model: nn.Module, data: Data, pool: Pool, index: Tensor, batch_size: int | None = None) -> float:
    """Mean loss over ``pool[index]`` in evaluation mode; the model's mode is restored."""
    was_training = model.training
    model.eval()
    total = torch.zeros((), device=index.device)
    with torch.no_grad():
        for part in index.split(batch_size or read_at_once(index.device)):
            inputs, targets = data.batch(pool, part)
            total += data.criterion.total(read_logits(model, data, inputs).float(), targets)
    model.train(was_training)
    return float(total) / len(index)


def shuffled(index: Tensor, batch_size: int, seed: int, purpose: str) -> tuple[Tensor, ...]:
    """The set in a new order, cut into batches."""
    order = queued(permutation(len(index), seed, purpose), index.device)
    cut: tuple[Tensor, ...] = index[order].split(batch_sizes(len(index), batch_size))
    return cut


def cycle(index: Tensor, batch_size: int, seed: int, purpose: str) -> Iterator[Tensor]:
    """Batches without end; the set is reshuffled each time it is exhausted."""
    passes = 0
    while True:
        yield from shuffled(index, batch_size, seed, f"{purpose}/{passes}")
        passes += 1


def linear_factor(final: float, epoch: int, epochs: int) -> float:
    """1 in epoch 0, falling linearly so that it would reach ``final`` after ``epochs`` epochs."""
    return 1 + (final - 1) * epoch / epochs


def make_optimiser(name: str, model: nn.Module, learning_rate: float, weight_decay: float,
                   momentum: float = 0.0) -> torch.optim.Optimizer:
    """SGD, Adam or AdamW in torch's fused form (one pass over the weights a step)."""
    if name == "sgd":
        return brief.made(torch.optim.SGD, model.parameters(), lr=learning_rate, momentum=momentum,
                          weight_decay=weight_decay, fused=True)
    adams: dict[str, type[torch.optim.Adam]] = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
    return brief.made(adams[name], model.parameters(), lr=learning_rate, weight_decay=weight_decay, fused=True)


def loop(optimiser: torch.optim.Optimizer, *, epochs: int, batches: Callable[[int], tuple[Any, ...]],
         objective: Callable[[Any, int], tuple[Tensor, int, dict[str, Any]]],
         learning_rate: Callable[[int], float], total_steps: int, begin_epoch: Callable[[int], None] | None = None,
         start: TrainingState | None = None, keep: Callable[..., TrainingState] | None = None,
         dropout: AtStep = none, alike: bool = False) -> Iterator[Progress]:
    """Runs ``epochs`` epochs and yields a Progress after every step.

    ``batches(epoch)`` gives the epoch's batches, ``objective(batch, epoch)`` the loss to descend, the
    number of samples it saw and the terms to show. ``keep`` makes the state that a resumable
    training attaches to its last step of an epoch; ``dropout(step)`` is entered around each step
    (:attr:`Task.dropout`). ``alike``: the objective does the same at every step, so that a card may record it
    (:mod:`engine.training.recorded`). Raises Diverged where a loss is not finite.
    """
    take = step_for(optimiser, objective, _device(optimiser), alike and dropout is none)
    checks = Checks()
    step, samples = (start.step, start.samples) if start else (0, 0)
    if start and start.epoch >= epochs:  # killed between its last step and its result
        yield Progress(step, total_steps, samples, {}, epochs - 1)
    for epoch in range(start.epoch if start else 0, epochs):
        rate = learning_rate(epoch)
        take.rate(rate)
        if begin_epoch:
            begin_epoch(epoch)
        todo = batches(epoch)
        for position, batch in enumerate(todo, start=1):
            with dropout(step):
                loss, count, terms = take(batch, epoch)
            step, samples, last = step + 1, samples + count, position == len(todo)
            checks.see(loss, step, last)
            state = keep(epoch=epoch + 1, step=step, samples=samples) if keep and last else None
            yield Progress(step, total_steps, samples, {**terms, "learning_rate": rate}, epoch, state, last)


class Checks:
    """Raises Diverged where the loss of a step is not finite: at once, and of a card's steps after the last one."""

    def __init__(self) -> None:
        self.steps: list[int] = []
        self.losses: list[Tensor] = []

    def see(self, loss: Tensor, step: int, last: bool) -> None:
        """Takes in a step; ``last``: whether a card may be asked now, because an epoch ends."""
        self.steps.append(step)
        self.losses.append(loss.detach())
        if last or not on_card(loss.device):
            self.ask()

    def ask(self) -> None:
        losses = [float(self.losses[0])] if len(self.losses) == 1 else torch.stack(self.losses).cpu().tolist()
        for step, loss in zip(self.steps, losses, strict=True):
            if not math.isfinite(loss):
                raise Diverged(f"The loss became {loss} at step {step}: a smaller learning rate may help.")
        self.steps, self.losses = [], []


def _device(optimiser: torch.optim.Optimizer) -> torch.device:
    """Where the weights are."""
    device: torch.device = optimiser.param_groups[0]["params"][0].device
    return device


def train(model: nn.Module, data: Data, index: Tensor, recipe: Recipe, seed: int,
          resume: Resume = lambda model, optimiser: None, seen: Seen | None = None) -> Iterator[Progress]:
    """Trains a network from where it stands on ``data.train[index]`` by a recipe; resumable at every epoch.

    ``seen`` is shown each step's probabilities, read off the forward pass that trains: nothing is computed twice.
    """
    device = index.device
    optimiser = make_optimiser(recipe.optimiser, model, recipe.learning_rate, recipe.weight_decay, recipe.momentum)
    start = resume(model, optimiser)
    rng: dict[str, torch.Generator | None] = {"augment": None}

    def batches(epoch: int) -> tuple[Any, ...]:
        parts = shuffled(index, recipe.batch_size, seed, f"batches/epoch {epoch}")
        rng["augment"] = draws = generator(seed, f"augment/epoch {epoch}") if recipe.augment else None
        ahead = data.drawn(data.train, [len(part) for part in parts], draws) if draws and on_card(device) else None
        return tuple(zip(parts, ahead or [None] * len(parts), strict=True))

    def objective(pair: tuple[Tensor, Tensor | None], epoch: int) -> tuple[Tensor, int, dict[str, Any]]:
        batch, ahead = pair
        inputs, targets = data.batch(data.train, batch, rng["augment"] if ahead is None else ahead)
        with autocast(device):
            logits = model(inputs).float()
            loss = data.criterion.loss(logits, targets)
        if seen:
            with torch.no_grad():
                seen(batch, data.criterion.probability(logits, targets))
        return loss, len(batch), {"retain_loss": loss.detach()}

    model.train()
    yield from loop(
        optimiser,
        epochs=recipe.epochs,
        batches=batches,
        objective=objective,
        learning_rate=lambda e: recipe.learning_rate * linear_factor(recipe.final_lr_fraction, e, recipe.epochs),
        total_steps=recipe.epochs * steps_in(len(index), recipe.batch_size),
        start=start,
        dropout=at_step(model, seed, device),
        alike=not recipe.augment or data.draws_ahead,
        keep=lambda **at: TrainingState(model=model, optimiser=optimiser, **at),
    )


