"""LoTUS: learn the Original's own answers, made the less certain the more it knows of the forget set.

Spartalis et al. 2025 (CVPR, arXiv:2503.18314, and the released code). Before each epoch two accuracies are compared:
A_f, the student's on D_f in evaluation mode, and A_v, the Original's on D_v. Where A_f is below A_v by a hundredth or
more it stops, so the plan is an upper bound; else ``tau = exp(alpha (A_f - A_v))``. The epoch is a pass over D_f and
a fixed 30% of D_r together, minimising the cross entropy of the student to ``softmax((z + g) / tau)`` on D_f and to
the class with the largest ``z + g`` on D_r, z the Original's logits and g Gumbel noise drawn for each answer: on D_r
that is a sample of the Original's distribution, not its prediction. ``transform=softmax`` leaves the noise out.

Where no sample of D_r has a label of D_f's (class removal), A_v is 0, as in the released code. Accuracies and their
difference are rounded to hundredths, as there. The answers never change, so they are read once, before the first
epoch. Where it stops before the first epoch, its one step says so and has no samples.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.data.batches import steps_in
from engine.methods._batch_norm import batch_norm
from engine.methods._hyperparameters import batch_size, epochs, epochs_within, learning_rate, weight_decay
from engine.methods._teachers import answers, retain_count, retain_sample
from engine.terms import RETAIN_LOSS, WATCHED_FORGET_LOSS, Term
from engine.types import Method, Plan, Progress, Setting, Sizes, parameter

RETAIN_SHARE = 0.3
FORGOTTEN = -0.01  # A_f - A_v at which it stops


def samples_per_epoch(setting: Setting) -> int:
    """D_f and the default share of D_r: a rule cannot see other hyperparameters."""
    return setting.sizes.forget + retain_count(setting.sizes.retain, RETAIN_SHARE)


@dataclass(frozen=True)
class Parameters:
    """AdamW towards the softened answers; docs/methods.md gives the source of each default."""

    alpha: float = parameter(
        8.0, low=0.0, high=64.0, step=0.5, group="main",
        help="How much less certain the answers become for each point by which the forget set is known better.")
    retain_share: float = parameter(
        RETAIN_SHARE, low=0.01, high=1.0, step=0.05, group="main",
        help="Share of the retain set to use. The automatic number of epochs assumes 0.3.")
    transform: str = parameter(
        "gumbel", choices=("gumbel", "softmax"), group="objective",
        help="gumbel: noise before softening, a random class on the rest; softmax: neither.")
    learning_rate: float = learning_rate(1e-4)
    weight_decay: float = weight_decay(5e-4)
    batch_size: int = batch_size(128, "Samples per step, from both sets together.")
    epochs: int = epochs(epochs_within(6, samples_per_epoch),
                         "Passes over the forget set and the sample of the retain set, at most.")
    batch_norm: str = batch_norm("train")


TERMS = (Term("forget_distillation", "CE to the softened Original", on="forget"),
         Term("retain_distillation", "CE to the Original", on="retain"),
         WATCHED_FORGET_LOSS, RETAIN_LOSS.with_role("watched"),
         Term("known_better", "accuracy on D_f above that on D_v", "watched", axis="share", unit="%"))


def plan(parameters: Parameters, sizes: Sizes) -> Plan:
    """An upper bound: it stops by itself."""
    p, union = parameters, sizes.forget + retain_count(sizes.retain, parameters.retain_share)
    return Plan(p.epochs * steps_in(union, p.batch_size), p.epochs * union, at_most=True)


def softened(logits: Any, noise: Any, forgets: Any, tau: float) -> Any:
    """Targets (B, C): on rows that are to be forgotten softmax((z + g) / tau), on the others the largest z + g."""
    import torch
    import torch.nn.functional as F

    noisy = logits + noise
    certain = F.one_hot(noisy.argmax(dim=1), noisy.shape[1]).to(noisy.dtype)
    return torch.where(forgets[:, None], (noisy / tau).softmax(dim=1), certain)


def gumbel(shape: tuple[int, ...], rng: Any) -> Any:
    """Gumbel noise from a generator, on the CPU."""
    import torch

    return -torch.empty(shape).exponential_(generator=rng).log()


def seen_class_alone(task: Any) -> bool:
    """Whether D_r has no sample with a label of D_f's."""
    import torch

    return not bool(torch.isin(task.labels(task.split.retain), task.labels(task.split.forget)).any())


def accuracy(model: Any, data: Any, pool: Any, index: Any) -> float:
    """In evaluation mode, rounded to hundredths."""
    from engine.evaluation.readout import read_out

    return round(read_out(model, data, pool, index).accuracy / 100, 2)


class Thermometer:
    """Asks before each epoch whether D_f is still known better than unseen samples, and by how much."""

    def __init__(self, task: Any, alpha: float):
        self.task, self.alpha, self.tau, self.stopped = task, alpha, 1.0, False
        data, unseen = task.data, task.split.validation
        self.unseen = 0.0 if seen_class_alone(task) else accuracy(task.model, data, data.heldout, unseen)
        self.read()

    def read(self) -> None:
        """Sets ``difference``, and ``tau`` or ``stopped``."""
        data = self.task.data
        self.difference = round(accuracy(self.task.model, data, data.train, self.task.split.forget) - self.unseen, 2)
        self.stopped = self.difference <= FORGOTTEN
        self.tau = math.exp(self.alpha * self.difference)

    @property
    def term(self) -> dict[str, Any]:
        return {"known_better": 100 * self.difference}


def unlearn(task: Any, parameters: Parameters) -> Iterator[Progress]:
    """Changes ``task.model`` in place; terms: ``TERMS``, known_better alone where it stops at once."""
    import torch
    import torch.nn.functional as F

    from engine.methods._passes import Union
    from engine.system.device import queued
    from engine.system.rng import generator
    from engine.training.loop import loop, make_optimiser, shuffled

    p, total = parameters, plan(parameters, task.split.sizes).steps
    union, heat = Union(task, retain_sample(task, p.retain_share)), Thermometer(task, p.alpha)
    if heat.stopped:
        yield Progress(1, total, 0, heat.term)
        return
    labels, taught = task.labels(union.index), answers(task, task.frozen_original(), union.index)
    rng = generator(task.seed, "gumbel")

    def batches(epoch: int) -> tuple[Any, ...]:
        if epoch and not heat.stopped:
            heat.read()
        return () if heat.stopped else shuffled(union.positions, p.batch_size, task.seed, f"batches/epoch {epoch}")

    def objective(at: Any, epoch: int) -> tuple[Any, int, dict[str, Any]]:
        here = union.here(at)
        logits, known = task.logits(union.index[here]), taught[here]
        noise = gumbel(known.shape, rng) if p.transform == "gumbel" else torch.zeros(known.shape)
        target = softened(known, queued(noise, known.device).to(known), here < union.forgets, heat.tau)
        apart = -(target * F.log_softmax(logits, dim=1)).sum(dim=1)
        own = F.cross_entropy(logits.detach(), labels[here], reduction="none")
        terms = union.terms(at, {"forget_distillation": apart, "forget_loss": own},
                            {"retain_distillation": apart, "retain_loss": own})
        return apart.mean(), len(at), {**terms, **heat.term}

    task.model.train(p.batch_norm == "train")
    yield from loop(
        make_optimiser("adamw", task.model, p.learning_rate, p.weight_decay),
        epochs=p.epochs,
        batches=batches,
        objective=objective,
        learning_rate=lambda epoch: p.learning_rate,
        total_steps=total,
        dropout=task.dropout,
    )


METHOD = Method(
    name="lotus",
    title="LoTUS",
    summary="Learns the Original's own answers, softened on the forget set as long as that is known too well.",
    source="Spartalis et al. 2025, arXiv:2503.18314",
    parameters=Parameters,
    unlearn=unlearn,
    plan=plan,
    terms=TERMS,
    one_label="softens the Original's answer as one distribution over all classes",
    needs=("forget", "forget_labels", "retain", "validation"),
    intensity="alpha",
    profiles={"corrected": {"epochs": None}, "paper": {"epochs": 10}},
)
