"""Passes of several kinds in one run, each with an optimiser and a rate of its own for each step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import Tensor

from engine.training import brief
from engine.training.loop import Checks, Task
from engine.types import Progress

Work = Callable[[Any], tuple[Tensor, int, dict[str, Any]]]


class Steps:
    """Counts steps and samples over all passes, so that the last step ends at the plan; some may be spent before."""

    def __init__(self, task: Task, total_steps: int, step: int = 0, samples: int = 0):
        self.total_steps, self.dropout = total_steps, task.dropout
        self.step, self.samples, self.checks = step, samples, Checks()

    def run(self, optimiser: torch.optim.Optimizer, todo: Iterable[Any], gradients: Work, rate: Callable[[int], float],
            epoch: int = 0, ends_epoch: bool = True) -> Iterator[Progress]:
        """One pass, an item of ``todo`` a step, with which an epoch ends or not.

        ``gradients(item)`` leaves a gradient in the weights and returns a loss, the samples that it saw and the terms
        to show; where it leaves none, the weights stay. ``rate(position)`` counts this pass's steps from 0. Raises
        Diverged where a loss is not finite.
        """
        items = list(todo)
        for position, item in enumerate(items):
            now = rate(position)
            for group in optimiser.param_groups:
                group["lr"] = now
            brief.forget_gradients(optimiser)
            with self.dropout(self.step):
                loss, count, terms = gradients(item)
            brief.step(optimiser)
            self.step, self.samples = self.step + 1, self.samples + count
            ends = ends_epoch and position + 1 == len(items)
            self.checks.see(loss, self.step, ends)
            yield Progress(self.step, self.total_steps, self.samples, {**terms, "learning_rate": now}, epoch,
                           ends_epoch=ends)


def descending(objective: Work) -> Work:
    """The gradients of an objective whose loss nothing but descends."""
    def gradients(item: Any) -> tuple[Tensor, int, dict[str, Any]]:
        loss, count, terms = objective(item)
        loss.backward()
        return loss, count, terms

    return gradients
