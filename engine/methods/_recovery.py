"""Training on D_r alone after a network was broken on purpose: SGD with momentum, a rate for each epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from engine.data.batches import steps_in
from engine.training.loop import Task, loop, shuffled
from engine.types import Progress, TrainingState


def recover(task: Task, parameters: Any, optimiser: torch.optim.Optimizer, rate: Callable[[int], float],
            start: TrainingState | None = None) -> Iterator[Progress]:
    """``parameters.epochs`` passes over D_r in training mode; terms: retain_loss.

    ``start`` counts steps and samples that were spent before the first epoch.
    """
    p, retain = parameters, task.split.retain

    def objective(batch: Tensor, epoch: int) -> tuple[Tensor, int, dict[str, Any]]:
        loss = task.loss(batch)
        return loss, len(batch), {"retain_loss": loss.detach()}

    task.model.train()
    yield from loop(
        optimiser,
        epochs=p.epochs,
        batches=lambda epoch: shuffled(retain, p.batch_size, task.seed, f"batches/epoch {epoch}"),
        objective=objective,
        learning_rate=rate,
        total_steps=(start.step if start else 0) + p.epochs * steps_in(len(retain), p.batch_size),
        start=start,
        dropout=task.dropout,
    )
