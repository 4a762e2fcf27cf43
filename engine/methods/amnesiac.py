"""Unlearning by relabelling: learn wrong labels for the forget set, right ones for the rest.

Graves et al. 2021, "Amnesiac Machine Learning" (arXiv:2010.10981), have two methods. The one they call amnesiac
unlearning undoes recorded updates of the training; this is the other one, unlearning by relabelling, which the paper of
∇τ runs under the name Amnesiac. Constants are those of docs/methods.md: every sample of D_f gets once a uniform label
other than its own (where a class is forgotten: never that class), then Adam with learning rate 1e-4 trains on the union
with all of D_r, shuffled, in training mode and without augmentation, decay or schedule. Profile ``paper`` takes 3
epochs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.data.batches import steps_in
from engine.methods._hyperparameters import batch_size, epochs_within, learning_rate, weight_decay
from engine.terms import RELABELLING
from engine.types import Method, Plan, Progress, Sizes, parameter


@dataclass(frozen=True)
class Parameters:
    """Adam on the relabelled training set; docs/methods.md gives the source of each default."""

    epochs: int = parameter(
        None, auto=epochs_within(6, lambda setting: setting.sizes.train), low=1, high=1000, step=1, unit="epochs",
        group="main", help="Passes over the whole training set, with the forget set relabelled.")
    learning_rate: float = learning_rate(1e-4)
    weight_decay: float = weight_decay(0.0)
    batch_size: int = batch_size(128, "Samples per step, forget and retain samples mixed.")


def plan(parameters: Parameters, sizes: Sizes) -> Plan:
    return Plan(parameters.epochs * steps_in(sizes.train, parameters.batch_size), parameters.epochs * sizes.train)


def relabelled(task: Any) -> Any:
    """The labels to learn (N,), over all of D: the same as ever on D_r, another one on D_f."""
    from engine.methods._objectives import other_labels
    from engine.system.rng import generator

    targets, forget = task.data.train.labels.clone(), task.split.forget
    rng = generator(task.seed, "amnesiac labels")
    targets[forget] = other_labels(targets[forget], len(task.data.classes), rng)
    return targets


def unlearn(task: Any, parameters: Parameters) -> Iterator[Progress]:
    """Changes ``task.model`` in place; terms: forget_loss (true labels, watched), relabelled_loss, retain_loss."""
    from torch.nn.functional import cross_entropy

    from engine.methods._passes import Union, over
    from engine.training.loop import make_optimiser

    p, union = parameters, Union(task, task.split.retain)
    true, targets = task.labels(union.index), relabelled(task)[union.index]

    def objective(at: Any, epoch: int) -> tuple[Any, int, dict[str, Any]]:
        here = union.here(at)
        logits = task.logits(union.index[here])
        loss = cross_entropy(logits, targets[here], reduction="none")
        own = cross_entropy(logits.detach(), true[here], reduction="none")
        terms = union.terms(at, {"forget_loss": own, "relabelled_loss": loss}, {"retain_loss": own})
        return loss.mean(), len(at), terms

    optimiser = make_optimiser("adam", task.model, p.learning_rate, p.weight_decay)
    yield from over(task, union.positions, p, optimiser, objective)


METHOD = Method(
    name="amnesiac",
    title="Amnesiac",
    summary="Gives every sample to forget a wrong label, drawn once, and trains on everything. This is the relabelling "
            "of Graves et al., not their removal of recorded updates.",
    source="Graves et al. 2021, arXiv:2010.10981",
    in_paper=True,
    parameters=Parameters,
    unlearn=unlearn,
    plan=plan,
    needs=("forget", "forget_labels", "retain"),
    intensity="learning_rate",
    terms=RELABELLING,
    one_label="gives every sample to forget one other label",
    profiles={"corrected": {"epochs": None}, "paper": {"epochs": 3}},
)
