"""KDE, reset and distil: draw the first convolution and the head again, then learn from the Original and from D_r.

From the NeurIPS 2023 unlearning challenge (Kaggle notebook by stathiskaripidis, "resetting layers"); read in the port
of xcadet/deepunlearn (``kgltop6``), the benchmark of arXiv:2410.01276, which calls it KDE. The teacher is the frozen
Original in evaluation mode. KL is KL(teacher || student) at temperature T, averaged over the batch, without the factor
T^2.

1. Reset the first two-dimensional convolution, where there is one, and the last linear layer: uniform within
   1 / sqrt(fan in), torch's own rule, biases too. The port goes by the names conv1, fc and head.
2. Warm-up: passes that minimise KL alone, at a constant rate.
3. Passes over D_r that minimise CE + 2 KL, at a rate that falls along a cosine from epoch to epoch, with an optimiser
   of its own. The released code adds a soft cross entropy and a KL, which differ by a constant: hence the 2.

The released code warms up on D_v, and so does profile ``paper``. ``corrected`` warms up on D_r, since other methods are
stopped or steered by D_v. D_f is never looked at, but the teacher remembers it. The teacher's passes go forward alone,
so plans do not count them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from engine.data.batches import steps_in
from engine.methods._hyperparameters import batch_size, epochs, epochs_within, learning_rate, momentum, weight_decay
from engine.methods._schedules import cosine
from engine.terms import RETAIN_LOSS, Term
from engine.types import Method, Plan, Progress, Sizes, parameter

WARM_UP = 3  # published epochs, which the automatic number of epochs allows for


@dataclass(frozen=True)
class Parameters:
    """Two optimisers and a temperature; docs/methods.md gives the source of each default."""

    temperature: float = parameter(
        5.0, low=0.1, high=20.0, step=0.5, group="main",
        help="Divides both models' answers before they are compared: the higher, the more of the Original's lesser "
             "guesses is passed on.")
    warm_up: str = parameter(
        "retain", choices=("retain", "validation"), group="schedule",
        help="What to warm up on: the retain set, or the validation set without its labels as the released code does.")
    warm_up_epochs: int = parameter(
        WARM_UP, low=0, high=100, step=1, unit="epochs", group="schedule",
        help="Passes that only imitate the Original. The automatic number of epochs assumes 3 over the retain set.")
    epochs: int = epochs(epochs_within(6, lambda setting: setting.sizes.retain,
                                       beforehand=lambda setting: WARM_UP * setting.sizes.retain),
                         "Passes over the retain set after the warm-up.")
    warm_up_learning_rate: float = learning_rate(
        0.01, "Step size of the warm-up. The released code has 0.0009, little for networks that were trained at 0.1.")
    learning_rate: float = learning_rate(
        0.01, "Step size after the warm-up; it falls along a cosine towards zero. The released code has 0.001.")
    momentum: float = momentum()
    weight_decay: float = weight_decay(5e-4)
    batch_size: int = batch_size(64)


TERMS = (Term("distillation", "KL from the Original"), RETAIN_LOSS)


def plan(parameters: Parameters, sizes: Sizes) -> Plan:
    p, warm = parameters, sizes.retain if parameters.warm_up == "retain" else sizes.validation
    return Plan(p.warm_up_epochs * steps_in(warm, p.batch_size) + p.epochs * steps_in(sizes.retain, p.batch_size),
                p.warm_up_epochs * warm + p.epochs * sizes.retain)


def ends(model: Any) -> list[Any]:
    """The layers to reset: the first two-dimensional convolution, where there is one, and the last linear layer."""
    from torch import nn

    from engine.methods._convolutions import convolutions

    return convolutions(model)[:1] + [layer for layer in model.modules() if isinstance(layer, nn.Linear)][-1:]


def reset(model: Any, seed: int) -> None:
    """Draws their weights and biases again, within 1 / sqrt(fan in); on the CPU, so alike on every device."""
    import torch

    from engine.system.rng import generator

    rng = generator(seed, "reset layers")
    with torch.no_grad():
        for layer in ends(model):
            bound = layer.weight[0].numel() ** -0.5
            for weight in (layer.weight, layer.bias):
                if weight is not None:
                    drawn = torch.empty(weight.shape, dtype=weight.dtype).uniform_(-bound, bound, generator=rng)
                    weight.copy_(drawn)


def unlearn(task: Any, parameters: Parameters) -> Iterator[Progress]:
    """Changes ``task.model`` in place; terms: distillation, and after the warm-up retain_loss."""
    import torch

    from engine.methods._objectives import distillation
    from engine.methods._steps import Steps, descending
    from engine.system.device import autocast
    from engine.training.loop import make_optimiser, reading_alone, shuffled

    p, teacher = parameters, task.frozen_original()
    pools = {"retain": task.data.train, "validation": task.data.heldout}

    def imitated(batch: Any, pool: str) -> tuple[Any, Any]:
        """The student's logits, and KL from the teacher's."""
        inputs, _ = task.data.batch(pools[pool], batch)
        with reading_alone(task.model, len(batch)), autocast(task.device):
            logits = task.model(inputs).float()
        with torch.no_grad(), autocast(task.device):
            taught = teacher(inputs).float()
        return logits, distillation(logits, taught, p.temperature) / p.temperature**2

    def warm(batch: Any) -> tuple[Any, int, dict[str, Any]]:
        _, apart = imitated(batch, p.warm_up)
        return apart, len(batch), {"distillation": apart.detach()}

    def tune(batch: Any) -> tuple[Any, int, dict[str, Any]]:
        logits, apart = imitated(batch, "retain")
        own = task.data.criterion.loss(logits, task.data.train.targets[batch])
        return own + 2 * apart, len(batch), {"distillation": apart.detach(), "retain_loss": own.detach()}

    def falling(epoch: int, at: int) -> float:
        return cosine(p.learning_rate, 0.0, epoch, p.epochs)

    reset(task.model, task.seed)
    task.model.train()
    rounds = Steps(task, plan(p, task.split.sizes).steps)
    first, second = (make_optimiser("sgd", task.model, 0.0, p.weight_decay, p.momentum) for _ in range(2))
    for epoch in range(p.warm_up_epochs):
        batches = shuffled(getattr(task.split, p.warm_up), p.batch_size, task.seed, f"warm-up batches/epoch {epoch}")
        yield from rounds.run(first, batches, descending(warm), lambda at: p.warm_up_learning_rate, epoch)
    for epoch in range(p.epochs):
        batches = shuffled(task.split.retain, p.batch_size, task.seed, f"batches/epoch {epoch}")
        yield from rounds.run(second, batches, descending(tune), partial(falling, epoch), p.warm_up_epochs + epoch)


METHOD = Method(
    name="kde",
    title="Reset and distil (KDE)",
    summary="Draws the first convolution and the head again, then imitates the Original while it trains on the rest.",
    source="NeurIPS 2023 unlearning challenge; port: xcadet/deepunlearn, kgltop6",
    parameters=Parameters,
    unlearn=unlearn,
    plan=plan,
    terms=TERMS,
    one_label="compares two models' answers as one distribution over all classes",
    needs=("retain", "validation"),
    meant_for="random",
    intensity="temperature",
    profiles={"corrected": {"epochs": None},
              "paper": {"epochs": 3, "warm_up": "validation", "warm_up_learning_rate": 9e-4, "learning_rate": 1e-3}},
)
