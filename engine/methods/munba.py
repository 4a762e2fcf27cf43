"""MUNBa: forgetting and keeping bargain over each step, and both gain alike.

Wu and Harandi 2025 (ICCV, arXiv:2411.15537, and the released code). Two losses: L_r, the cross entropy on a batch of
D_r, and L_u, that on a batch of D_f with labels drawn uniformly over all classes, fresh in every step. The Nash
solution for their gradients is ``d = a_r g_r + a_u g_u`` with ``a_i = 1 / (|g_i| sqrt(1 + cos))``, cos that of the
angle between them: the bisector of the unit gradients, of length sqrt(2) whatever their sizes, so that clipping to
norm 1 makes every such step equally long. Where the gradients are opposite no direction serves both, and the weights
stay. An epoch is a pass over both sets side by side; D_r is trained on by itself where it is longer, and begins again
where it is shorter.

``bargain=released`` follows the released code: its coefficient of L_u divides by ``g_r . g_u``, so that it is off
where the gradients are near orthogonal or small, and where a coefficient is not positive it takes L_r + 0.1 L_u. That
code stops with an error where D_f is larger than D_r; here D_r begins again in both.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from engine.data.batches import drawn_by_cycle, steps_in
from engine.methods._batch_norm import batch_norm
from engine.methods._hyperparameters import MomentumSGD, epochs_within
from engine.terms import RELABELLED_LOSS, RETAIN_LOSS, WATCHED_FORGET_LOSS, Term
from engine.types import Method, Plan, Progress, Setting, Sizes, parameter

OPPOSITE = 1e-6  # 1 + cos below this is rounding: no direction
NOT_AGREED = (1.0, 0.1)  # the released code's coefficients where bargaining fails


def samples_per_epoch(setting: Setting) -> int:
    """D_f and D_r, or as many of D_r as there are of D_f."""
    return setting.sizes.forget + max(setting.sizes.retain, setting.sizes.forget)


@dataclass(frozen=True)
class Parameters(MomentumSGD):
    """SGD on pairs of batches; docs/methods.md gives the source of each default."""

    clip: float = parameter(
        1.0, low=0.0, high=100.0, step=0.1, group="main",
        help="Shorten a step on both sets to a gradient of this norm; 0 leaves it. It is sqrt(2) before.")
    epochs: int = parameter(
        None, auto=epochs_within(6, samples_per_epoch), low=1, high=1000, step=1, unit="epochs", group="schedule",
        help="Passes over the forget and the retain set side by side.")
    bargain: str = parameter(
        "exact", choices=("exact", "released"), group="objective",
        help="exact: the Nash solution; released: as the authors' code computes it, with its errors.")
    l1: float = parameter(
        0.0, low=0.0, high=1.0, step=1e-4, group="objective",
        help="Weight of the sum of all weights' sizes, which fades to 0 over the epochs; 0 leaves it out.")
    batch_norm: str = batch_norm("train")


TERMS = (RELABELLED_LOSS, RETAIN_LOSS, WATCHED_FORGET_LOSS,
         Term("cosine", "cosine of both gradients", "watched", axis="cosine", unit=""))


def plan(parameters: Parameters, sizes: Sizes) -> Plan:
    p = parameters
    steps = p.epochs * max(steps_in(sizes.retain, p.batch_size), steps_in(sizes.forget, p.batch_size))
    return Plan(steps, p.epochs * sizes.forget + drawn_by_cycle(steps, sizes.retain, p.batch_size))


def agreed(rr: float, ru: float, uu: float) -> tuple[float, float] | None:
    """The coefficients of g_r and g_u from their scalar products; None where no direction serves both."""
    if rr <= 0 or uu <= 0 or 1 + (cosine := ru / math.sqrt(rr * uu)) < OPPOSITE:
        return None
    share = math.sqrt(1 + cosine)
    return 1 / (math.sqrt(rr) * share), 1 / (math.sqrt(uu) * share)


def agreed_as_released(rr: float, ru: float, uu: float) -> tuple[float, float]:
    """The same by the released code's formulas, and its way out where a coefficient is not positive."""
    below = rr * rr * uu - rr * ru * ru + 1e-8
    square = (rr * uu - ru * math.sqrt(rr * uu)) / below
    if square <= 0:
        return NOT_AGREED
    keep = math.sqrt(square)
    forget = (1 - rr * square) / (ru * keep + 1e-8)
    return (keep, forget) if forget > 0 else NOT_AGREED


def direction(kept: list[Any], left: list[Any], bargain: str) -> tuple[list[Any] | None, float]:
    """Both gradients by weight tensor made one, None where they cannot agree; and the cosine of their angle."""
    import torch

    from engine.system.device import exact

    products: list[Any] = [sum((exact(a) * exact(b)).sum() for a, b in zip(one, two))
                           for one, two in ((kept, kept), (kept, left), (left, left))]
    rr, ru, uu = torch.stack(products).cpu().tolist()
    found = agreed(rr, ru, uu) if bargain == "exact" else agreed_as_released(rr, ru, uu)
    cosine = ru / math.sqrt(rr * uu) if rr > 0 and uu > 0 else 0.0
    return found and [found[0] * a + found[1] * b for a, b in zip(kept, left)], cosine


def pairs(task: Any, parameters: Parameters) -> Iterator[list[tuple[Any, Any, float]]]:
    """By epoch its steps: a batch of D_r, one of D_f or None where D_f is exhausted, and the weight of the l1 norm."""
    from engine.training.loop import cycle, shuffled

    p, split = parameters, task.split
    retain = cycle(split.retain, p.batch_size, task.seed, "retain batches")
    for epoch in range(p.epochs):
        forget = shuffled(split.forget, p.batch_size, task.seed, f"forget batches/epoch {epoch}")
        yield [(next(retain), batch, p.l1 * (1 - epoch / p.epochs))
               for _, batch in zip_longest(range(steps_in(len(split.retain), p.batch_size)), forget)]


def unlearn(task: Any, parameters: Parameters) -> Iterator[Progress]:
    """Changes ``task.model`` in place; terms: ``TERMS``, on steps without forget samples retain_loss alone."""
    import torch
    import torch.nn.functional as F

    from engine.methods._passes import sgd
    from engine.methods._steps import Steps
    from engine.system.device import queued
    from engine.system.rng import generator

    p, weights, rng = parameters, list(task.model.parameters()), generator(task.seed, "random labels")

    def gradient(loss: Any) -> list[Any]:
        return list(torch.autograd.grad(loss, weights, allow_unused=True, materialize_grads=True))

    def forgetting(batch: Any) -> tuple[Any, dict[str, Any]]:
        logits, true = task.logits(batch), task.labels(batch)
        drawn = queued(torch.randint(0, len(task.data.classes), (len(batch),), generator=rng), true.device)
        loss = F.cross_entropy(logits, drawn)
        return loss, {"relabelled_loss": loss.detach(), "forget_loss": F.cross_entropy(logits.detach(), true)}

    def gradients(item: Any) -> tuple[Any, int, dict[str, Any]]:
        retain, forget, l1 = item
        loss = task.loss(retain)
        terms, kept = {"retain_loss": loss.detach()}, gradient(loss)
        agreement: list[Any] | None = kept
        if forget is not None:
            other, beside = forgetting(forget)
            agreement, cosine = direction(kept, gradient(other), p.bargain)
            loss, terms = loss + other, {**terms, **beside, "cosine": cosine}
        for weight, part in zip(weights, agreement or ()):
            weight.grad = part + l1 * weight.detach().sign() if l1 else part
        if p.clip and forget is not None:
            torch.nn.utils.clip_grad_norm_(weights, p.clip)
        return loss, len(retain) + (0 if forget is None else len(forget)), terms

    task.model.train(p.batch_norm == "train")
    steps, optimiser = Steps(task, plan(p, task.split.sizes).steps), sgd(task, p)
    for epoch, todo in enumerate(pairs(task, p)):
        yield from steps.run(optimiser, todo, gradients, lambda at: p.learning_rate, epoch)


METHOD = Method(
    name="munba",
    title="MUNBa",
    summary="Steps where random labels for the forget set and true labels for the rest are learned equally well.",
    source="Wu and Harandi 2025, arXiv:2411.15537",
    parameters=Parameters,
    unlearn=unlearn,
    plan=plan,
    terms=TERMS,
    one_label="gives every sample to forget one random label",
    intensity="learning_rate",
    profiles={"corrected": {"epochs": None, "bargain": "exact"}, "paper": {"epochs": 10, "bargain": "released"}},
)
