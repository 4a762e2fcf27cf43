"""Whole passes at a constant rate: over D_r, or over both sets as one (D_f and some or all of D_r).

For methods whose epoch is a pass over what they train on; those that count passes over D_f use
:func:`engine.training.loop.over_forget_set`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from engine.data.batches import steps_in
from engine.methods._hyperparameters import ForgetEpochs
from engine.system.device import queued
from engine.training.loop import Task, cycle, linear_factor, loop, make_optimiser, shuffled
from engine.types import Progress, TrainingState

Objective = Callable[[Tensor, int], tuple[Tensor, int, dict[str, Any]]]


def sgd(task: Task, parameters: Any) -> torch.optim.Optimizer:
    """The optimiser that :class:`engine.methods._hyperparameters.MomentumSGD` describes."""
    p = parameters
    return make_optimiser("sgd", task.model, p.learning_rate, p.weight_decay, p.momentum)


def over(task: Task, index: Tensor, parameters: Any, optimiser: torch.optim.Optimizer, objective: Objective,
         begin_epoch: Callable[[int], None] | None = None, start: TrainingState | None = None) -> Iterator[Progress]:
    """``parameters.epochs`` passes over ``index`` in training mode, in a new order each time.

    ``start`` counts steps and samples that were spent before the first epoch.
    """
    p = parameters
    task.model.train()
    yield from loop(
        optimiser,
        epochs=p.epochs,
        batches=lambda epoch: shuffled(index, p.batch_size, task.seed, f"batches/epoch {epoch}"),
        objective=objective,
        learning_rate=lambda epoch: p.learning_rate,
        total_steps=(start.step if start else 0) + p.epochs * steps_in(len(index), p.batch_size),
        begin_epoch=begin_epoch,
        start=start,
        dropout=task.dropout,
    )


class Union:
    """D_f and ``retain`` as one set of positions: those below ``forgets`` are D_f's.

    A batch is a tensor of positions, so that whatever is kept per sample (labels, a teacher's logits)
    is looked up with it too. Positions stay on the CPU, where asking what a batch holds waits for no card; :meth:`here`
    looks up with them.
    """

    def __init__(self, task: Task, retain: Tensor):
        self.index = torch.cat([task.split.forget, retain])
        self.forgets = len(task.split.forget)
        self.positions = torch.arange(len(self.index))

    def here(self, at: Tensor) -> Tensor:
        """The positions on the device."""
        return queued(at, self.index.device)

    def terms(self, at: Tensor, forget: Mapping[str, Tensor], retain: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Means of these per-sample values (B,) over the batch's forget and retain samples, detached.

        A shuffled batch can lack samples of one set: then that set's terms are absent.
        """
        of_forget = at < self.forgets
        means: dict[str, Tensor] = {}
        for rows, columns in ((of_forget, forget), (~of_forget, retain)):
            if rows.any():
                chosen = self.here(rows.nonzero().squeeze(1))
                means |= {name: values.detach()[chosen].mean() for name, values in columns.items()}
        return means


def over_forget_set(task: Task, parameters: ForgetEpochs, epochs: int,
                    objective: Callable[[Tensor, Tensor, int], tuple[Tensor, int, dict[str, Any]]],
                    begin_epoch: Callable[[int], None] | None = None) -> Iterator[Progress]:
    """``epochs`` passes over D_f, each step with a batch of D_r beside it (algorithm 1 of the paper).

    D_r is reshuffled whenever it is exhausted. AdamW, its rate falling linearly per forget epoch.
    """
    p = parameters
    task.model.train(p.batch_norm == "train")
    retain = cycle(task.split.retain, p.batch_size, task.seed, "retain batches")
    yield from loop(
        make_optimiser("adamw", task.model, p.learning_rate, p.weight_decay),
        epochs=epochs,
        batches=lambda e: tuple(zip(shuffled(task.split.forget, p.batch_size, task.seed, f"forget batches/epoch {e}"),
                                    retain)),
        objective=lambda pair, epoch: objective(pair[0], pair[1], epoch),
        learning_rate=lambda epoch: p.learning_rate * linear_factor(p.final_lr_fraction, epoch, epochs),
        total_steps=epochs * steps_in(len(task.split.forget), p.batch_size),
        begin_epoch=begin_epoch,
        dropout=task.dropout,
        alike=True,
    )
