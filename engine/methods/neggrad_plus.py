"""NegGrad+: descend on the retain set and climb on the forget set in one step.

Kurmanji et al. 2023 (SCRUB, arXiv:2302.09880, released code ``train_negrad``):
``L = beta * CE(D_r) - (1 - beta) * CE(D_f)`` on two separate forward passes in training mode.

An epoch is a pass over D_r; beside each of its batches goes one of D_f, which is reshuffled and passed
again whenever it is exhausted. So an epoch costs 2 R batches, and profile ``corrected`` takes 3 epochs
for the 6 R of every method that trains; ``paper`` takes the published 10.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.data.batches import drawn_by_cycle, steps_in
from engine.methods._hyperparameters import MomentumSGD, batch_size, epochs_within
from engine.terms import FORGET_LOSS, RETAIN_LOSS
from engine.types import Method, Plan, Progress, Sizes, parameter


@dataclass(frozen=True)
class Parameters(MomentumSGD):
    """SGD on pairs of batches; docs/methods.md gives the source of each default."""

    beta: float = parameter(
        0.95, low=0.0, high=1.0, step=0.01, group="main",
        help="Weight of keeping against forgetting; 1 is fine-tuning, 0 is gradient ascent.")
    epochs: int = parameter(
        None, auto=epochs_within(6, lambda setting: 2 * setting.sizes.retain), low=1, high=1000, step=1,
        unit="epochs", group="schedule", help="Passes over the retain set, each with as many forget batches beside it.")
    batch_size: int = batch_size(256, "Samples per step, from the forget set and from the retain set alike.")


def plan(parameters: Parameters, sizes: Sizes) -> Plan:
    steps = parameters.epochs * steps_in(sizes.retain, parameters.batch_size)
    return Plan(steps, parameters.epochs * sizes.retain + drawn_by_cycle(steps, sizes.forget, parameters.batch_size))


def unlearn(task: Any, parameters: Parameters) -> Iterator[Progress]:
    """Changes ``task.model`` in place; terms: forget_loss, retain_loss."""
    from engine.methods._passes import over, sgd
    from engine.training.loop import cycle

    p = parameters
    forget = cycle(task.split.forget, p.batch_size, task.seed, "forget batches")

    def objective(retain: Any, epoch: int) -> tuple[Any, int, dict[str, Any]]:
        beside = next(forget)
        retain_loss, forget_loss = task.loss(retain), task.loss(beside)
        terms = {"forget_loss": forget_loss.detach(), "retain_loss": retain_loss.detach()}
        return p.beta * retain_loss - (1 - p.beta) * forget_loss, len(retain) + len(beside), terms

    yield from over(task, task.split.retain, p, sgd(task, p), objective)


METHOD = Method(
    name="neggrad_plus",
    title="NegGrad+",
    summary="Trains on the samples to keep and, in the same step, raises the loss a little on those to forget.",
    source="Kurmanji et al. 2023, arXiv:2302.09880",
    parameters=Parameters,
    unlearn=unlearn,
    plan=plan,
    needs=("forget", "forget_labels", "retain"),
    intensity="beta",
    terms=(FORGET_LOSS, RETAIN_LOSS),
    profiles={"corrected": {"epochs": None}, "paper": {"epochs": 10}},
)
