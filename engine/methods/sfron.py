"""SFRon: climb the loss of the forget set on the weights that matter more to it than to the rest, and repair.

Huang et al. 2024 (NeurIPS, arXiv:2409.19732, and the released code). First, in evaluation mode at the Original, the
importance of each weight for D_f and for D_r: the mean over batches of the squared batch-mean gradient of the cross
entropy. The mask holds the weights with ``F_f + 1e-15 >= gamma (F_r + 1e-15)``. Then rounds: every fifth, from the
first on, begins with a forget step that climbs ``a_t L_f``, ``L_f = sum_i w_i CE_i`` with ``w_i`` proportional to
``CE_i^-lambda`` (constants to the gradient), so that samples with a low loss weigh most; its gradient is masked, then
clipped to norm 7, and a_t falls from 25 to 0 along half a cosine. Every round has a step on a batch of D_r, unmasked.
One SGD takes both, its rate falling along half a cosine: momentum and weight decay move masked weights as well, so
the mask holds nothing still. Batch norm is in training mode, unless set otherwise.

Both profiles follow the released code but for this: a loss below the precision of float32 (1.2e-7) counts as that, as
otherwise a single sample whose loss is rounded to 0 would take all the weight and has no gradient. The released
code's running average of the weights has a factor of 1 and does nothing: it is left out. A batch-mean gradient
depends on what is in the batch: batches are shuffled, and their size changes the mask.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any

from engine.data.batches import drawn_by_cycle, steps_in
from engine.methods._batch_norm import batch_norm
from engine.methods._hyperparameters import batch_size, learning_rate, momentum, retain_epochs, weight_decay
from engine.terms import RETAIN_LOSS, WATCHED_FORGET_LOSS, Term
from engine.types import Method, Plan, Progress, Sizes, parameter

TINY = 1e-15  # published: keeps a weight that neither set touches in the mask
BELOW_PRECISION = 2.0**-23  # of float32


@dataclass(frozen=True)
class Parameters:
    """The mask, both kinds of steps and the budget; docs/methods.md gives the source of each default."""

    alpha: float = parameter(
        25.0, low=0.0, high=10_000.0, step=1.0, group="main",
        help="Weight of the forget set's loss in the first round; it falls to 0. Clipping bounds what it does.")
    every: int = parameter(
        5, low=1, high=1000, step=1, unit="rounds", group="main",
        help="Take a forget step in one round of this many.")
    selection: float = parameter(
        1.0, low=0.0, high=1000.0, step=0.1, group="objective",
        help="Gamma: forget steps move a weight that matters this many times as much to the forget set as to the rest.")
    sharpness: float = parameter(
        0.5, low=0.0, high=5.0, step=0.1, group="objective",
        help="Lambda: how much more samples with a low loss weigh in a forget step; 0 weighs all alike.")
    clip: float = parameter(
        7.0, low=0.0, high=1000.0, step=0.5, group="objective",
        help="Shorten a forget step's gradient to this norm; 0 leaves it.")
    learning_rate: float = learning_rate(0.01, "Step size of SGD in the first round; it falls to 0.")
    momentum: float = momentum()
    weight_decay: float = weight_decay(5e-4)
    batch_size: int = batch_size(128, "Samples per step of either kind, and per batch of the mask's passes.")
    rounds: int = parameter(
        0, low=0, high=100_000, step=1, unit="rounds", group="schedule",
        help="Steps on the retain set (published: 1,500); 0: as many as the budget allows.")
    retain_epochs: int = retain_epochs(
        "Budget: the mask and both kinds of steps cost as much as this many passes over the retain set.")
    batch_norm: str = batch_norm("train")


TERMS = (Term("weighted_forget_loss", "L_forget, low losses first", "maximised", on="forget"), WATCHED_FORGET_LOSS,
         RETAIN_LOSS, Term("alpha", "alpha", "weight", axis="weight", unit=""),
         Term("selected", "weights that may forget", "watched", axis="share", unit="%"))


def rounds(parameters: Parameters, sizes: Sizes) -> int:
    """The rounds asked for, or as many as the budget leaves after the mask, at least one."""
    p = parameters
    a_round = min(p.batch_size, sizes.retain) + min(p.batch_size, sizes.forget) / p.every
    left = p.retain_epochs * sizes.retain - sizes.retain - sizes.forget
    return p.rounds or max(1, round(left / a_round))


def plan(parameters: Parameters, sizes: Sizes) -> Plan:
    """Batches of the mask count as steps, although no weight moves."""
    p, number = parameters, rounds(parameters, sizes)
    forgetting = math.ceil(number / p.every)
    mask = steps_in(sizes.forget, p.batch_size) + steps_in(sizes.retain, p.batch_size)
    drawn = drawn_by_cycle(number, sizes.retain, p.batch_size) + drawn_by_cycle(forgetting, sizes.forget, p.batch_size)
    return Plan(mask + number + forgetting, sizes.forget + sizes.retain + drawn)


def falling(at: int, steps: int) -> float:
    """1 at step 0, falling along half a cosine so that it would reach 0 at ``steps``."""
    return (1 + math.cos(math.pi * at / steps)) / 2


def weights_of(losses: Any, sharpness: float) -> Any:
    """The weights (B,) of samples by their losses (B,), without a gradient; their sum is 1."""
    weights = losses.detach().clamp_min(BELOW_PRECISION) ** -sharpness
    return weights / weights.sum()


def importances(task: Any, batch_size: int, total_steps: int, found: dict[str, list[Any]]) -> Iterator[Progress]:
    """Two passes in evaluation mode that fill ``found`` by set: the mean of squared batch-mean gradients by tensor."""
    import torch

    from engine.training.loop import shuffled

    weights = list(task.model.parameters())
    step = samples = 0
    task.model.eval()
    for name, index in (("forget", task.split.forget), ("retain", task.split.retain)):
        batches = shuffled(index, batch_size, task.seed, f"importance/{name}")
        found[name] = [torch.zeros_like(weight) for weight in weights]
        for batch in batches:
            loss = task.loss(batch)
            gradients = torch.autograd.grad(loss, weights, allow_unused=True, materialize_grads=True)
            for mean, gradient in zip(found[name], gradients):
                mean.addcmul_(gradient, gradient, value=1 / len(batches))
            step, samples = step + 1, samples + len(batch)
            yield Progress(step, total_steps, samples, {f"{name}_loss": loss.detach(), "learning_rate": 0.0})


def rate(parameters: Parameters, todo: list[tuple[bool, Any, int]], number: int, at: int) -> float:
    """The learning rate of a pass's step, of ``number`` rounds in all."""
    return parameters.learning_rate * falling(todo[at][2], number)


def masks(found: dict[str, list[Any]], selection: float) -> list[Any]:
    """True, tensor by tensor, where a weight matters at least ``selection`` times as much to D_f as to D_r."""
    return [forget + TINY >= selection * (retain + TINY) for forget, retain in zip(found["forget"], found["retain"])]


def alternating(task: Any, parameters: Parameters, number: int) -> Iterator[tuple[bool, Any, int]]:
    """By step: whether it forgets, its batch and its round from 0."""
    from engine.training.loop import cycle

    p, split = parameters, task.split
    forget, retain = (cycle(index, p.batch_size, task.seed, f"{name} batches")
                      for name, index in (("forget", split.forget), ("retain", split.retain)))
    for at in range(number):
        if at % p.every == 0:
            yield True, next(forget), at
        yield False, next(retain), at


def unlearn(task: Any, parameters: Parameters) -> Iterator[Progress]:
    """Changes ``task.model`` in place; terms: ``TERMS``, those of the kind of step, and once selected (%)."""
    import torch
    import torch.nn.functional as F

    from engine.methods._passes import sgd
    from engine.methods._steps import Steps

    p, sizes = parameters, task.split.sizes
    total, number, weights = plan(p, sizes).steps, rounds(p, sizes), list(task.model.parameters())
    found: dict[str, list[Any]] = {}
    spent = Progress(0, total, 0, {})
    for spent in importances(task, p.batch_size, total, found):
        yield spent
    allowed = masks(found, p.selection)
    share = 100 * int(sum(mask.sum() for mask in allowed)) / sum(mask.numel() for mask in allowed)

    def forget(batch: Any, alpha: float) -> tuple[Any, dict[str, Any]]:
        losses = F.cross_entropy(task.logits(batch), task.labels(batch), reduction="none")
        loss = (weights_of(losses, p.sharpness) * losses).sum()
        (-alpha * loss).backward()
        for weight, mask in zip(weights, allowed):
            if weight.grad is not None:
                weight.grad.masked_fill_(~mask, 0.0)
        if p.clip:
            torch.nn.utils.clip_grad_norm_(weights, p.clip)
        return loss, {"weighted_forget_loss": loss.detach(), "forget_loss": losses.detach().mean(), "alpha": alpha,
                      "selected": share}

    def gradients(item: tuple[bool, Any, int]) -> tuple[Any, int, dict[str, Any]]:
        forgets, batch, now = item
        if forgets:
            loss, terms = forget(batch, p.alpha * falling(now, number))
        else:
            (loss := task.loss(batch)).backward()
            terms = {"retain_loss": loss.detach()}
        return loss, len(batch), terms

    task.model.train(p.batch_norm == "train")
    a_pass, optimiser = steps_in(len(task.split.retain), p.batch_size), sgd(task, p)  # an epoch is a pass over D_r
    steps = Steps(task, total, spent.step, spent.samples)
    for epoch, items in groupby(alternating(task, p, number), key=lambda item: item[2] // a_pass):
        todo = list(items)
        yield from steps.run(optimiser, todo, gradients, partial(rate, p, todo, number), epoch)


METHOD = Method(
    name="sfron",
    title="SFRon",
    summary="Raises the forget set's loss on the weights that matter more to it, and repairs on the rest in between.",
    source="Huang et al. 2024, arXiv:2409.19732",
    parameters=Parameters,
    unlearn=unlearn,
    plan=plan,
    terms=TERMS,
    one_label="weighs samples by the cross entropy of their one label",
    intensity="alpha",
    profiles={"corrected": {"rounds": 0}, "paper": {"rounds": 1500}},
)
