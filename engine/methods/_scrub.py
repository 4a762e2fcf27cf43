"""SCRUB's passes, which SCRUB and SCRUB+R share; :mod:`engine.methods.scrub` says what they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.data.batches import steps_in
from engine.methods._hyperparameters import batch_size, learning_rate, momentum, weight_decay
from engine.terms import RETAIN_LOSS, WATCHED_FORGET_LOSS, Term
from engine.types import Auto, Plan, Progress, Setting, Sizes, parameter

BUDGET, MAXIMISING = 6, 3  # published: epochs over D_r, and how many of them begin with a pass over D_f


def nearest_epochs(setting: Setting) -> int:
    """The epochs whose samples, passes over D_f included, come nearest to 6 passes over D_r; at least 1."""
    forget, retain = setting.sizes.forget, setting.sizes.retain

    def gap(epochs: int) -> float:
        return abs(epochs * retain + min(epochs, MAXIMISING) * forget - BUDGET * retain)

    return min(range(1, BUDGET + 1), key=gap)


@dataclass(frozen=True)
class Parameters:
    """SCRUB's hyperparameters under the names of its paper; docs/methods.md gives the source of each default."""

    maximise_epochs: int = parameter(
        MAXIMISING, low=0, high=1000, step=1, unit="epochs", group="main",
        help="Begin this many epochs, counted from the first, with a pass over the forget set that drives "
             "the model away from the Original. Where half of the data or more is to be forgotten, it is destroyed.")
    epochs: int = parameter(
        None, auto=Auto("as many as process the samples of 6 passes over the retain set", nearest_epochs),
        low=1, high=1000, step=1, unit="epochs", group="schedule",
        help="Passes over the retain set; the passes over the forget set come on top.")
    gamma: float = parameter(
        1.0, low=0.0, high=10.0, step=0.01, group="objective",
        help="Weight of the cross entropy on the retain set.")
    alpha: float = parameter(
        0.5, low=0.0, high=10.0, step=0.01, group="objective",
        help="Weight of staying close to the Original's answers on the retain set.")
    temperature: float = parameter(
        4.0, low=0.1, high=100.0, step=0.5, group="objective",
        help="Softens both models' answers before they are compared.")
    anchor: float = parameter(
        0.0, low=0.0, high=10.0, step=0.1, group="objective",
        help="Weight of the distance to the Original's weights, layer by layer; the paper's SCRUB has 0.5.")
    optimiser: str = parameter(
        "sgd", choices=("sgd", "adam"), group="optimiser",
        help="Optimiser of both passes; another published setting uses adam with weight decay 0.1.")
    learning_rate: float = learning_rate(5e-4)
    momentum: float = momentum()
    weight_decay: float = weight_decay(5e-4)
    forget_batch_size: int = batch_size(256, "Samples per step of the passes over the forget set.")
    retain_batch_size: int = batch_size(256, "Samples per step of the passes over the retain set.")
    first_decay: int = parameter(
        3, low=0, high=1000, step=1, unit="epochs", group="schedule",
        help="Multiply the learning rate by the decay factor after this many epochs.")
    second_decay: int = parameter(
        5, low=0, high=1000, step=1, unit="epochs", group="schedule",
        help="Multiply it by the decay factor once more after this many epochs.")
    decay_factor: float = parameter(
        0.1, low=0.0, high=1.0, step=0.05, group="schedule",
        help="Factor that multiplies the learning rate at each decay; 1 keeps it constant.")


# A step is of one pass and carries that set's terms alone; the drift is there where the anchor has a weight.
TERMS = (Term("forget_distance", "KL from the Original, forget", "maximised", on="forget"),
         Term("retain_distance", "KL from the Original, retain", on="retain"), RETAIN_LOSS, WATCHED_FORGET_LOSS,
         Term("drift", "distance of the weights from the Original", axis="norm", unit=""))


def plan(parameters: Parameters, sizes: Sizes) -> Plan:
    epochs, maximising = parameters.epochs, min(parameters.epochs, parameters.maximise_epochs)
    steps = epochs * steps_in(sizes.retain, parameters.retain_batch_size)
    steps += maximising * steps_in(sizes.forget, parameters.forget_batch_size)
    return Plan(steps, epochs * sizes.retain + maximising * sizes.forget)


def rate(parameters: Parameters, epoch: int) -> float:
    """The learning rate of an epoch, counted from 0: decayed after ``first_decay`` and ``second_decay`` epochs."""
    decays = (epoch >= parameters.first_decay) + (epoch >= parameters.second_decay)
    return parameters.learning_rate * parameters.decay_factor**decays


def drift(model: Any, original: Any) -> Any:
    """The sum over layers of ||w - w_original|| (Frobenius); its gradient is 0 where a layer has not moved."""
    return sum((now - before).norm() for now, before in zip(model.parameters(), original.parameters()))


def unlearn(task: Any, parameters: Parameters) -> Iterator[Progress]:
    """Changes ``task.model`` in place; terms: ``TERMS``, those of the pass that a step belongs to."""
    import torch
    from torch.nn.functional import cross_entropy

    from engine.methods._objectives import distillation
    from engine.system.device import autocast
    from engine.training.loop import loop, make_optimiser, shuffled

    p, teacher = parameters, task.frozen_original()

    def batches(epoch: int) -> tuple[tuple[str, Any], ...]:
        sets = [("retain", task.split.retain, p.retain_batch_size)]
        if epoch < p.maximise_epochs:
            sets.insert(0, ("forget", task.split.forget, p.forget_batch_size))
        return tuple((name, batch) for name, index, size in sets
                     for batch in shuffled(index, size, task.seed, f"{name} batches/epoch {epoch}"))

    def objective(batch: tuple[str, Any], epoch: int) -> tuple[Any, int, dict[str, Any]]:
        name, index = batch
        logits = task.logits(index)
        with torch.no_grad(), autocast(task.device):
            taught = teacher(task.batch(index)[0]).float()
        distance, entropy = distillation(logits, taught, p.temperature), cross_entropy(logits, task.labels(index))
        loss = -distance if name == "forget" else p.gamma * entropy + p.alpha * distance
        terms = {f"{name}_distance": distance.detach(), f"{name}_loss": entropy.detach()}
        if p.anchor:
            moved = drift(task.model, teacher)
            loss, terms["drift"] = loss + p.anchor * moved, moved.detach()
        return loss, len(index), terms

    task.model.train()
    yield from loop(
        make_optimiser(p.optimiser, task.model, p.learning_rate, p.weight_decay, p.momentum),
        epochs=p.epochs,
        batches=batches,
        objective=objective,
        learning_rate=lambda epoch: rate(p, epoch),
        total_steps=plan(p, task.split.sizes).steps,
        dropout=task.dropout,
        alike=True,
    )
