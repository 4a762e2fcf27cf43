"""Fanchuan: even answers on the forget set first, then push it away from the retain set and repair, in turns.

From the NeurIPS 2023 unlearning challenge (report: arXiv:2406.09073): the author's write-up on Kaggle, discussion
458721, and its port in xcadet/deepunlearn (``kgltop1``), where the benchmark of arXiv:2410.01276 calls it FCS.

1. One pass over D_f minimises KL(u || p), u being uniform over the classes.
2. Then ``epochs`` times: (a) a forget round of min(F, R) steps, each with logits z of a batch of D_f and z' of one of
   D_r (no gradient), which minimises the mean over i and j of ``-log softmax_j(z_i . z'_j / t)``, the softmax over
   the retain batch; its rate falls along a cosine, step by step; (b) a retain round: the loss of D_r.

Three optimisers, SGD each, whose momenta do not mix. Products are of logits, not of features, as in the
port: large logits saturate the softmax. Its least value is log(batch), where all products are equal. The round stops
with the shorter set, as there, and the cosine is spread over ``epochs`` passes over D_f in any case.

Both passes of (a) are in training mode, so they move batch norm's statistics: ``batch_norm=eval`` freezes them.
The labels of D_f are not looked at. The retain batch of (a) goes forward alone, so plans do not count it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from engine.data.batches import batch_sizes, steps_in
from engine.methods._hyperparameters import batch_size, epochs_within, momentum
from engine.methods._schedules import cosine
from engine.terms import RETAIN_LOSS, Term
from engine.types import Method, Plan, Progress, Sizes, parameter


@dataclass(frozen=True)
class Parameters:
    """Three optimisers and a temperature; docs/methods.md gives the source of each default."""

    forget_learning_rate: float = parameter(
        3e-4, low=0.0, high=1.0, step=1e-4, group="main",
        help="Step size at first of the rounds that push the forget set away from the retain set; 0 leaves these out "
             "but for batch norm.")
    first_learning_rate: float = parameter(
        5e-3, low=0.0, high=1.0, step=1e-3, group="optimiser",
        help="Step size of the first pass, which evens out the answers on the forget set.")
    retain_learning_rate: float = parameter(
        4e-3, low=1e-6, high=1.0, step=1e-3, group="optimiser",
        help="Step size of the retain rounds; the published rule is 0.001 for every 64 samples of a batch.")
    momentum: float = momentum()
    retain_weight_decay: float = parameter(
        0.01, low=0.0, high=1.0, step=1e-3, group="optimiser",
        help="How strongly the retain rounds pull weights towards zero; the other passes do not.")
    forget_batch_size: int = batch_size(256, "Samples per step from the forget set.")
    retain_batch_size: int = batch_size(256, "Samples per step from the retain set.")
    temperature: float = parameter(
        1.15, low=0.1, high=5.0, step=0.05, group="objective",
        help="Divides the products of answers: above 1 large ones count for less.")
    epochs: int = parameter(
        None, auto=epochs_within(6, lambda setting: setting.sizes.train, beforehand=lambda s: s.sizes.forget),
        low=1, high=100, step=1, unit="epochs", group="schedule",
        help="Forget rounds, each followed by a pass over the retain set.")
    final_forget_learning_rate: float = parameter(
        1e-6, low=0.0, high=1.0, step=1e-6, group="schedule",
        help="The forget rounds' step size falls along a cosine towards this.")
    batch_norm: str = parameter(
        "train", choices=("train", "eval"), group="batch norm",
        help="train: batch statistics, updated by both sets; eval: the whole network in evaluation mode, so that batch "
             "norm keeps the Original's statistics and nothing is dropped out.")


TERMS = (Term("uniform_divergence", "KL from even answers, forget", on="forget"),
         Term("contrast", "likeness of the forget to the retain set", on="forget"), RETAIN_LOSS)


def pushed(parameters: Parameters, sizes: Sizes) -> list[int]:
    """The sizes of the forget batches of one forget round: it ends with the shorter set."""
    of_forget = batch_sizes(sizes.forget, parameters.forget_batch_size)
    return of_forget[:steps_in(sizes.retain, parameters.retain_batch_size)]


def plan(parameters: Parameters, sizes: Sizes) -> Plan:
    p, batches = parameters, pushed(parameters, sizes)
    steps = steps_in(sizes.forget, p.forget_batch_size)
    steps += p.epochs * (len(batches) + steps_in(sizes.retain, p.retain_batch_size))
    return Plan(steps, sizes.forget + p.epochs * (sum(batches) + sizes.retain))


def from_uniform(logits: Any) -> Any:
    """KL(u || p) = -log C - mean over classes of log p, averaged over the batch; 0 where all logits are equal."""
    import math

    return -math.log(logits.shape[1]) - logits.log_softmax(dim=1).mean()


def contrast(forget: Any, retain: Any, temperature: float) -> Any:
    """Mean of -log softmax_j(z_i . z'_j / t) over both batches; at least log(len(retain))."""
    return -(forget @ retain.T / temperature).log_softmax(dim=1).mean()


def unlearn(task: Any, parameters: Parameters) -> Iterator[Progress]:
    """Changes ``task.model`` in place; terms: those of the pass that a step belongs to."""
    import torch

    from engine.methods._steps import Steps, descending
    from engine.training.loop import make_optimiser, shuffled

    p, split, seed = parameters, task.split, task.seed
    rounds = Steps(task, plan(p, split.sizes).steps)
    first, push = (make_optimiser("sgd", task.model, 0.0, 0.0, p.momentum) for _ in range(2))
    repair = make_optimiser("sgd", task.model, 0.0, p.retain_weight_decay, p.momentum)
    of_forget, of_retain = (split.forget, p.forget_batch_size, seed), (split.retain, p.retain_batch_size, seed)
    falling = p.epochs * steps_in(len(split.forget), p.forget_batch_size)
    pushes = len(pushed(p, split.sizes))

    def evened(batch: Any) -> tuple[Any, int, dict[str, Any]]:
        loss = from_uniform(task.logits(batch))
        return loss, len(batch), {"uniform_divergence": loss.detach()}

    def apart(batches: tuple[Any, Any]) -> tuple[Any, int, dict[str, Any]]:
        forget, retain = batches
        logits = task.logits(forget)
        with torch.no_grad():
            others = task.logits(retain)
        loss = contrast(logits, others, p.temperature)
        return loss, len(forget), {"contrast": loss.detach()}

    def kept(batch: Any) -> tuple[Any, int, dict[str, Any]]:
        loss = task.loss(batch)
        return loss, len(batch), {"retain_loss": loss.detach()}

    def falls(epoch: int, at: int) -> float:
        return cosine(p.forget_learning_rate, p.final_forget_learning_rate, epoch * pushes + at, falling)

    task.model.train(p.batch_norm == "train")
    yield from rounds.run(first, shuffled(*of_forget, "first batches"), descending(evened),
                          lambda at: p.first_learning_rate, ends_epoch=False)
    for epoch in range(p.epochs):
        pairs = zip(shuffled(*of_forget, f"forget batches/epoch {epoch}"),
                    shuffled(*of_retain, f"contrast batches/epoch {epoch}"))
        yield from rounds.run(push, pairs, descending(apart), partial(falls, epoch), epoch, ends_epoch=False)
        yield from rounds.run(repair, shuffled(*of_retain, f"retain batches/epoch {epoch}"), descending(kept),
                              lambda at: p.retain_learning_rate, epoch)


METHOD = Method(
    name="fanchuan",
    title="Fanchuan",
    summary="Evens out the answers on the forget set, then pushes it away from the retain set and repairs, in turns.",
    source="NeurIPS 2023 unlearning challenge, Kaggle discussion 458721; port: xcadet/deepunlearn, kgltop1",
    parameters=Parameters,
    unlearn=unlearn,
    plan=plan,
    terms=TERMS,
    one_label="draws a sample's answers towards one even distribution over all classes",
    needs=("forget", "retain"),
    meant_for="random",
    intensity="forget_learning_rate",
    profiles={"corrected": {"epochs": None}, "paper": {"epochs": 8}},
)
