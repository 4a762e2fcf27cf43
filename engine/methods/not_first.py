"""NoT: negate the first convolution's weight, then fine-tune on the retain set.

Khalil et al. 2025, arXiv:2503.05657: a strong perturbation that breaks the layers' fit to one another, from
which training on D_r recovers quickly. It is meant for federated learning; here it runs in one place.
The optimiser of the recovery is this project's choice, as docs/methods.md leaves it open: that of l1-sparse,
the other fine-tuning method. Batch norm must be in training mode, since its statistics are wrong after the negation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.data.batches import steps_in
from engine.methods._hyperparameters import MomentumSGD, epochs_within
from engine.terms import RETAIN_LOSS
from engine.types import Method, Plan, Progress, Sizes, parameter


@dataclass(frozen=True)
class Parameters(MomentumSGD):
    """The optimiser and the number of passes of the recovery."""

    epochs: int = parameter(
        None, auto=epochs_within(6, lambda setting: setting.sizes.retain), low=1, high=1000, step=1, unit="epochs",
        group="schedule", help="Passes over the retain set after the negation.")


def plan(parameters: Parameters, sizes: Sizes) -> Plan:
    return Plan(parameters.epochs * steps_in(sizes.retain, parameters.batch_size), parameters.epochs * sizes.retain)


def first_weight(model: Any) -> Any:
    """The weight of the first convolution, else the first parameter of at least two dimensions."""
    from torch import nn

    for layer in model.modules():
        if isinstance(layer, (nn.Conv1d, nn.Conv2d, nn.Conv3d)):
            return layer.weight
    return next(p for p in model.parameters() if p.ndim >= 2)


def unlearn(task: Any, parameters: Parameters) -> Iterator[Progress]:
    """Changes ``task.model`` in place; terms: retain_loss. The forget set is not looked at."""
    from engine.methods._passes import over, sgd

    def objective(batch: Any, epoch: int) -> tuple[Any, int, dict[str, Any]]:
        loss = task.loss(batch)
        return loss, len(batch), {"retain_loss": loss.detach()}

    first_weight(task.model).data.neg_()
    yield from over(task, task.split.retain, parameters, sgd(task, parameters), objective)


METHOD = Method(
    name="not_first",
    title="NoT",
    summary="Flips the sign of the first convolution, then trains on the samples to keep until the network recovers.",
    source="Khalil et al. 2025, arXiv:2503.05657",
    parameters=Parameters,
    unlearn=unlearn,
    plan=plan,
    needs=("retain",),
    intensity="learning_rate",
    terms=(RETAIN_LOSS,),
    profiles={"corrected": {"epochs": None}, "paper": {"epochs": 10}},
)
