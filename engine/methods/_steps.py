"""A loop whose every step has a rate of its own and works out its gradients as it likes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch

from engine.training.loop import Task, refuse_non_finite
from engine.types import Progress

Gradients = Callable[[Any, int], tuple[torch.Tensor, int, dict[str, Any]]]


def one_by_one(task: Task, optimiser: torch.optim.Optimizer, todo: Iterable[tuple[int, Any]], gradients: Gradients, *,
               rate: Callable[[int], float], total_steps: int, spent: tuple[int, int] = (0, 0)) -> Iterator[Progress]:
    """Yields a Progress after every item of ``todo``, pairs of an epoch and whatever ``gradients`` understands.

    ``gradients(item, number)`` leaves a gradient in the weights and returns a loss, the samples that it saw and the
    terms to show; where it leaves none, the weights stay. ``rate(number)`` is the learning rate; numbers count from 0
    and leave out the steps and samples ``spent`` before. Raises Diverged where a loss is not finite.
    """
    (before, samples), dropout = spent, task.dropout
    for number, (epoch, item) in enumerate(todo):
        for group in optimiser.param_groups:
            group["lr"] = rate(number)
        optimiser.zero_grad(set_to_none=True)
        with dropout(before + number):
            loss, count, terms = gradients(item, number)
        optimiser.step()
        samples += count
        refuse_non_finite(loss, before + number + 1)
        yield Progress(before + number + 1, total_steps, samples, {**terms, "learning_rate": rate(number)}, epoch)
