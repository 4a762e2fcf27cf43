"""CT: swap height and width of every convolution's kernels, then train on the retain set.

From the NeurIPS 2023 unlearning challenge; read in the port of xcadet/deepunlearn (``kgltop5``), the benchmark of
arXiv:2410.01276, which calls it CT. Nothing else of the network changes. Kernels of 1x1 and symmetric ones stay what
they are; those whose height and width differ cannot be swapped and are left alone. D_f is never looked at.

The port replaces the weights by new parameters, so an optimiser made before would train the old ones; here the
numbers are written into the same weights. SGD in training mode, its rate falling along a cosine from epoch to epoch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.data.batches import steps_in
from engine.methods._convolutions import lacking
from engine.methods._hyperparameters import MomentumSGD, epochs_within
from engine.methods._schedules import cosine
from engine.terms import RETAIN_LOSS
from engine.types import Method, Plan, Progress, Sizes, parameter

TITLE = "Convolution transpose"


@dataclass(frozen=True)
class Parameters(MomentumSGD):
    """The optimiser and the number of passes of the recovery; docs/methods.md gives the source of each default."""

    learning_rate: float = parameter(
        0.01, low=1e-6, high=1.0, step=1e-3, group="main",
        help="Step size of SGD in the first epoch; it falls along a cosine towards zero. The released code has 0.001, "
             "which is little for networks that were trained at 0.1.")
    batch_size: int = parameter(
        64, low=2, high=4096, step=1, unit="samples", group="optimiser", help="Samples per step.")
    epochs: int = parameter(
        None, auto=epochs_within(6, lambda setting: setting.sizes.retain), low=1, high=1000, step=1, unit="epochs",
        group="schedule", help="Passes over the retain set after the kernels were transposed.")


def plan(parameters: Parameters, sizes: Sizes) -> Plan:
    return Plan(parameters.epochs * steps_in(sizes.retain, parameters.batch_size), parameters.epochs * sizes.retain)


def transpose(model: Any) -> None:
    """Swaps the last two axes of every square kernel, in place."""
    import torch

    from engine.methods._convolutions import convolutions

    with torch.no_grad():
        for layer in convolutions(model):
            if layer.weight.shape[-2] == layer.weight.shape[-1]:
                layer.weight.copy_(layer.weight.transpose(-2, -1).clone())


def unlearn(task: Any, parameters: Parameters) -> Iterator[Progress]:
    """Changes ``task.model`` in place; terms: retain_loss. The forget set is not looked at."""
    from engine.methods._passes import sgd
    from engine.methods._recovery import recover

    p = parameters
    transpose(task.model)
    yield from recover(task, p, sgd(task, p), lambda epoch: cosine(p.learning_rate, 0.0, epoch, p.epochs))


METHOD = Method(
    name="convolution_transpose",
    title=TITLE,
    summary="Swaps height and width of all kernels, then trains on the samples to keep until the network recovers.",
    source="NeurIPS 2023 unlearning challenge; port: xcadet/deepunlearn, kgltop5",
    parameters=Parameters,
    unlearn=unlearn,
    plan=plan,
    terms=(RETAIN_LOSS,),
    needs=("retain",),
    meant_for="random",
    intensity="learning_rate",
    unfit=lambda dataset, model: lacking(f"{TITLE} changes", dataset, model),
    profiles={"corrected": {"epochs": None, "learning_rate": 0.01}, "paper": {"epochs": 3, "learning_rate": 0.001}},
)
