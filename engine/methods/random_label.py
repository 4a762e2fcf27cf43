"""Random labelling: train on with wrong labels for the forget set and true ones for the rest.

Golatkar et al. 2020 (arXiv:1911.04933) compare with it; settings as SalUn's authors run it (Fan et al. 2024,
arXiv:2310.12508, and their code): SGD, constant rate, 10 passes over D_f and D_r together. There CIFAR-10
takes D_f before D_r in every epoch and CIFAR-100 shuffles the union: here the union is shuffled. That code trains on
augmented images (crop and flip); here they are taken as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.data.batches import steps_in
from engine.methods._hyperparameters import MomentumSGD, epochs_within
from engine.terms import RELABELLING
from engine.types import Method, Plan, Progress, Sizes, parameter


@dataclass(frozen=True)
class Parameters(MomentumSGD):
    """The optimiser and the number of passes; docs/methods.md gives the source of each default."""

    learning_rate: float = parameter(
        0.013, low=1e-6, high=1.0, step=1e-3, group="optimiser", help="Step size of SGD, the same in every epoch.")
    epochs: int = parameter(
        None, auto=epochs_within(6, lambda setting: setting.sizes.forget + setting.sizes.retain), low=1, high=1000,
        step=1, unit="epochs", group="schedule",
        help="Passes over the forget and the retain set together, without the augmentation of the released code.")


def plan(parameters: Parameters, sizes: Sizes) -> Plan:
    union = sizes.forget + sizes.retain
    return Plan(parameters.epochs * steps_in(union, parameters.batch_size), parameters.epochs * union)


def unlearn(task: Any, parameters: Parameters) -> Iterator[Progress]:
    """Changes ``task.model`` in place; terms: forget_loss (true labels, watched), relabelled_loss, retain_loss."""
    from engine.methods._passes import sgd
    from engine.methods._relabelling import Relabelled, train_on

    yield from train_on(Relabelled(task), parameters, sgd(task, parameters))


METHOD = Method(
    name="random_label",
    title="Random labelling",
    summary="Continues training with random wrong labels for the forget set and true labels for the rest.",
    source="Golatkar et al. 2020, arXiv:1911.04933; settings of Fan et al. 2024, arXiv:2310.12508",
    parameters=Parameters,
    unlearn=unlearn,
    plan=plan,
    needs=("forget", "forget_labels", "retain"),
    intensity="learning_rate",
    terms=RELABELLING,
    one_label="gives every sample to forget one other label",
    profiles={"corrected": {"epochs": None}, "paper": {"epochs": 10}},
)
