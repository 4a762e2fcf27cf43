"""DELETE: learn the Original's own answer with the true label taken out, on the forget set alone.

Zhou et al. 2025 (CVPR, arXiv:2503.23751, and the released code). The target of a sample is the softmax of the frozen
Original's logits with that of the label at minus infinity: the label has probability 0, the others keep their
proportions. The student minimises ``KL(target || student)`` over D_f; D_r is not needed. At the start the loss is
``-ln(1 - p_label)``. On a random subset it drives the labels' probabilities to 0, where retraining keeps most of them:
it over-forgets there.

Profile ``paper``: training mode, so that batch norm sees D_f alone, and the recipe's augmentation. ``corrected`` keeps
the Original's statistics and takes the samples as they are, as every method here does. Both cost what the published
epochs cost; its number of samples is its own and does not match the other methods'.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.data.batches import steps_in
from engine.methods._batch_norm import batch_norm
from engine.methods._hyperparameters import batch_size, momentum, recipe_value, weight_decay
from engine.terms import WATCHED_FORGET_LOSS, Term
from engine.types import Method, Plan, Progress, Sizes, parameter


@dataclass(frozen=True)
class Parameters:
    """SGD on D_f; docs/methods.md gives the source of each default."""

    learning_rate: float = parameter(
        1e-4, low=1e-6, high=1.0, step=1e-4, group="main", help="Step size of SGD, the same in every epoch.")
    epochs: int = parameter(
        20, low=1, high=1000, step=1, unit="epochs", group="schedule", help="Passes over the forget set.")
    momentum: float = momentum()
    weight_decay: float = weight_decay(0.0)
    batch_size: int = batch_size(128)
    augment: bool = parameter(
        False, auto=recipe_value("augment"), group="schedule",
        help="Random crops and flips, where the data set has them; both models see the same picture.")
    batch_norm: str = batch_norm("eval")


TERMS = (Term("distillation", "KL from the Original without the label", on="forget"), WATCHED_FORGET_LOSS)


def plan(parameters: Parameters, sizes: Sizes) -> Plan:
    return Plan(parameters.epochs * steps_in(sizes.forget, parameters.batch_size), parameters.epochs * sizes.forget)


def without_label(logits: Any, labels: Any) -> Any:
    """The softmax (B, C) of the Original's logits (B, C) without the labels (B,): 0 there, the others renormalised."""
    return logits.scatter(1, labels[:, None], float("-inf")).softmax(dim=1)


def unlearn(task: Any, parameters: Parameters) -> Iterator[Progress]:
    """Changes ``task.model`` in place; terms: distillation, and forget_loss, watched."""
    import torch
    import torch.nn.functional as F

    from engine.methods._passes import sgd
    from engine.system.device import autocast
    from engine.system.rng import generator
    from engine.training.loop import loop, reading_alone, shuffled

    p, teacher = parameters, task.frozen_original()
    rng: dict[str, torch.Generator | None] = {"augment": None}

    def begin_epoch(epoch: int) -> None:
        if p.augment:
            rng["augment"] = generator(task.seed, f"augment/epoch {epoch}")

    def objective(batch: Any, epoch: int) -> tuple[Any, int, dict[str, Any]]:
        (inputs, _), labels = task.batch(batch, rng["augment"]), task.labels(batch)
        with reading_alone(task.model, len(batch)), autocast(task.device):
            logits = task.model(inputs).float()
            with torch.no_grad():
                target = without_label(teacher(inputs).float(), labels)
        loss = F.kl_div(F.log_softmax(logits, dim=1), target, reduction="batchmean")
        terms = {"distillation": loss.detach(), "forget_loss": F.cross_entropy(logits.detach(), labels)}
        return loss, len(batch), terms

    task.model.train(p.batch_norm == "train")
    yield from loop(
        sgd(task, p),
        epochs=p.epochs,
        batches=lambda epoch: shuffled(task.split.forget, p.batch_size, task.seed, f"batches/epoch {epoch}"),
        objective=objective,
        learning_rate=lambda epoch: p.learning_rate,
        total_steps=plan(p, task.split.sizes).steps,
        begin_epoch=begin_epoch,
        dropout=task.dropout,
    )


METHOD = Method(
    name="delete",
    title="DELETE",
    summary="Learns the Original's answers without the true label, on the samples to forget alone.",
    source="Zhou et al. 2025, arXiv:2503.23751",
    parameters=Parameters,
    unlearn=unlearn,
    plan=plan,
    terms=TERMS,
    one_label="takes each sample's one label out of the Original's answer",
    needs=("forget", "forget_labels"),
    meant_for="class",
    intensity="learning_rate",
    profiles={"corrected": {"augment": False, "batch_norm": "eval"}, "paper": {"augment": None, "batch_norm": "train"}},
)
