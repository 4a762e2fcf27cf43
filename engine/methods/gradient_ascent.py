"""Gradient ascent: climb the loss of the forget set, and of nothing else.

The recipe of Fan et al. 2024 (SalUn, arXiv:2310.12508, released code, ``GA``): SGD with momentum 0.9 and
learning rate 1e-4, 5 epochs over D_f in training mode. Weight decay 5e-4 and batches of 256 are that code's
defaults. That code unlearns on augmented batches (crop and flip); here images are taken as they are. Nothing holds
the rest of the model in place: a small step does next to nothing (on digits the forget accuracy stays at 98%), a larger
one or a few more passes destroy the model.

It reads D_f alone: its cost is its own in both profiles, f/(1 - f) of ``epochs`` passes over D_r, and does not
match the other methods' number of samples.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.data.batches import steps_in
from engine.methods._hyperparameters import MomentumSGD, learning_rate
from engine.terms import FORGET_LOSS
from engine.types import Method, Plan, Progress, Sizes, parameter


@dataclass(frozen=True)
class Parameters(MomentumSGD):
    """SGD on D_f; docs/methods.md gives the source of each default."""

    epochs: int = parameter(
        5, low=1, high=1000, step=1, unit="epochs", group="main",
        help="Passes over the forget set, without the augmentation of the released code. Too few change nothing, a few "
             "too many destroy the model.")
    learning_rate: float = learning_rate(1e-4)


def plan(parameters: Parameters, sizes: Sizes) -> Plan:
    return Plan(parameters.epochs * steps_in(sizes.forget, parameters.batch_size), parameters.epochs * sizes.forget)


def unlearn(task: Any, parameters: Parameters) -> Iterator[Progress]:
    """Changes ``task.model`` in place; terms: forget_loss."""
    from engine.methods._passes import over, sgd

    def objective(batch: Any, epoch: int) -> tuple[Any, int, dict[str, Any]]:
        loss = task.loss(batch)
        return -loss, len(batch), {"forget_loss": loss.detach()}

    yield from over(task, task.split.forget, parameters, sgd(task, parameters), objective)


METHOD = Method(
    name="gradient_ascent",
    title="Gradient ascent",
    summary="Raises the loss of the forget set without limit; cheap, but it does almost nothing or destroys the model.",
    source="Fan et al. 2024, arXiv:2310.12508, released code",
    parameters=Parameters,
    unlearn=unlearn,
    plan=plan,
    needs=("forget", "forget_labels"),
    intensity="learning_rate",
    terms=(FORGET_LOSS,),
    profiles={"corrected": {}, "paper": {}},
)
