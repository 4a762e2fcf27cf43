"""Passes of several kinds in one run, each with an optimiser of its own and a rate for each step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import Tensor

from engine.training.loop import Task, refuse_non_finite
from engine.types import Progress


class Rounds:
    """Counts steps and samples over all passes, so that the last step ends at the plan."""

    def __init__(self, task: Task, total_steps: int):
        self.total_steps, self.dropout = total_steps, task.dropout
        self.step = self.samples = 0

    def run(self, optimiser: torch.optim.Optimizer, batches: Iterable[Any],
            objective: Callable[[Any], tuple[Tensor, int, dict[str, Any]]], rate: Callable[[int], float],
            epoch: int = 0) -> Iterator[Progress]:
        """One pass over ``batches``; ``rate(step)`` counts this pass's steps from 0."""
        for position, batch in enumerate(batches):
            now = rate(position)
            for group in optimiser.param_groups:
                group["lr"] = now
            optimiser.zero_grad(set_to_none=True)
            with self.dropout(self.step):
                loss, count, terms = objective(batch)
                loss.backward()
            optimiser.step()
            self.step, self.samples = self.step + 1, self.samples + count
            refuse_non_finite(loss, self.step)
            yield Progress(self.step, self.total_steps, self.samples, {**terms, "learning_rate": now}, epoch)
