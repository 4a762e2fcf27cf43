"""l1-sparse: fine-tuning on the retain set while pulling all weights towards zero, ever less.

Jia et al. 2023, arXiv:2304.04934: ``L = L_r + g (1 - e/E) ||w||_1`` in epoch e = 0 .. E-1, the norm over
every parameter (batch norm and biases too), as in the authors' code. D_f is never looked at. Their code trains on
augmented images (crop and flip); here they are taken as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.data.batches import steps_in
from engine.methods._hyperparameters import MomentumSGD, epochs_within
from engine.terms import RETAIN_LOSS, Term
from engine.types import Method, Plan, Progress, Sizes, parameter


@dataclass(frozen=True)
class Parameters(MomentumSGD):
    """The penalty, the optimiser and the number of passes; docs/methods.md gives the source of each default."""

    gamma: float = parameter(
        5e-4, low=0.0, high=0.1, step=1e-4, group="main",
        help="Weight of the penalty on the sum of all weights' sizes in the first epoch; it falls linearly to zero.")
    epochs: int = parameter(
        None, auto=epochs_within(6, lambda setting: setting.sizes.retain), low=1, high=1000, step=1, unit="epochs",
        group="schedule", help="Passes over the retain set, without the augmentation of the released code.")


TERMS = (RETAIN_LOSS, Term("l1_norm", "sum of all weights' sizes", axis="norm", unit=""),
         Term("l1_weight", "gamma", "weight", axis="weight", unit=""))


def plan(parameters: Parameters, sizes: Sizes) -> Plan:
    return Plan(parameters.epochs * steps_in(sizes.retain, parameters.batch_size), parameters.epochs * sizes.retain)


def unlearn(task: Any, parameters: Parameters) -> Iterator[Progress]:
    """Changes ``task.model`` in place; terms: retain_loss, l1_norm and its weight in this epoch, l1_weight."""
    from engine.methods._passes import over, sgd

    def objective(batch: Any, epoch: int) -> tuple[Any, int, dict[str, Any]]:
        weight = parameters.gamma * (1 - epoch / parameters.epochs)
        loss, norm = task.loss(batch), sum(p.abs().sum() for p in task.model.parameters())
        terms = {"retain_loss": loss.detach(), "l1_norm": norm.detach(), "l1_weight": weight}
        return loss + weight * norm, len(batch), terms

    yield from over(task, task.split.retain, parameters, sgd(task, parameters), objective)


METHOD = Method(
    name="l1_sparse",
    title="l1-sparse",
    latex=r"$\ell_1$-sparse",
    summary="Continues training on the samples to keep while a fading penalty pulls all weights towards zero.",
    source="Jia et al. 2023, arXiv:2304.04934",
    parameters=Parameters,
    unlearn=unlearn,
    plan=plan,
    needs=("retain",),
    intensity="gamma",
    terms=TERMS,
    profiles={"corrected": {"epochs": None}, "paper": {"epochs": 10}},
)
