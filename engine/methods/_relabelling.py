"""Training on both sets, D_f with wrong labels: what Random labelling and SalUn share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.methods._objectives import other_labels
from engine.methods._passes import Union, over
from engine.system.rng import generator
from engine.training.loop import Task
from engine.types import Progress, TrainingState


class Relabelled:
    """The union of D_f and D_r; ``labels`` are what the current epoch trains on, ``true`` the samples' own.

    As in the released code of SalUn, the wrong labels are drawn again in every epoch; unlike there,
    never a sample's own one (the paper's y' != y).
    """

    def __init__(self, task: Task):
        self.task = task
        self.union = Union(task, task.split.retain)
        self.true = task.labels(self.union.index)
        self.labels = self.true
        self.draw(0)

    def draw(self, epoch: int) -> None:
        """Fresh labels for D_f: uniform among the others."""
        wrong = other_labels(self.true[:self.union.forgets], len(self.task.data.classes),
                             generator(self.task.seed, f"random labels/epoch {epoch}"))
        self.labels = torch.cat([wrong, self.true[self.union.forgets:]])

    def measure(self, at: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Per-sample losses on the current labels, and the terms: forget_loss has the true labels."""
        here = self.union.here(at)
        logits = self.task.logits(self.union.index[here])
        losses = F.cross_entropy(logits, self.labels[here], reduction="none")
        own = F.cross_entropy(logits.detach(), self.true[here], reduction="none")
        return losses, self.union.terms(at, {"forget_loss": own, "relabelled_loss": losses}, {"retain_loss": own})


def train_on(relabelled: Relabelled, parameters: Any, optimiser: torch.optim.Optimizer,
             start: TrainingState | None = None) -> Iterator[Progress]:
    """Passes over the union, shuffled; terms: forget_loss, retain_loss, relabelled_loss."""

    def objective(at: Tensor, epoch: int) -> tuple[Tensor, int, dict[str, Any]]:
        losses, terms = relabelled.measure(at)
        return losses.mean(), len(at), terms

    yield from over(relabelled.task, relabelled.union.positions, parameters, optimiser, objective,
                    begin_epoch=relabelled.draw, start=start)
