"""Boundary unlearning: the forget set is handed over to the neighbouring classes, or to one that is added and dropped.

Chen et al. 2023 (CVPR, arXiv:2303.11570, and the released code), for the removal of a class; D_r is not needed.
``shrink``: each sample of D_f gets as its label what the Original says of it a step of ``bound`` across the sign of the
loss gradient away (FGSM on pixels from 0 to 1, in 255 steps); then training on these labels. ``expand``: D_f is trained
to answer with an output that is added to the last layer and dropped in the end.

Where the step reaches no other class, the released code keeps the sample's own label and so learns it again (``missed``
keep, as in profile ``paper``); profile ``corrected`` takes the likeliest other class there. That code's attack undoes a
normalisation that its data do not have, with a wrong mean of the third channel; here it is the data's own. It
attacks in every epoch, always the Original and with the same result: once is enough. ``expand`` needs a linear last
layer. Points in the plane are moved by ``bound`` in their own units. The passes over D_f are the method's own in both
profiles.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.data.batches import steps_in
from engine.dataset import Dataset
from engine.errors import BadInput
from engine.kind import kind_of
from engine.methods._batch_norm import batch_norm
from engine.methods._hyperparameters import batch_size, epochs, learning_rate, momentum
from engine.terms import RELABELLED_LOSS, WATCHED_FORGET_LOSS, Term
from engine.types import Method, Plan, Progress, Sizes, TrainingState, parameter


@dataclass(frozen=True)
class Parameters:
    """Where the forget set goes, and how it is trained; docs/methods.md gives the source of each default."""

    variant: str = parameter(
        "shrink", choices=("shrink", "expand"), group="main",
        help="shrink: samples get the label of the class across the nearest boundary. expand: all get a class that is "
             "added for them and dropped in the end.")
    bound: float = parameter(
        0.1, low=0.0, high=0.5, step=0.01, group="objective",
        help="With shrink: how far each pixel moves to find the class next to it, on a scale from 0 to 1.")
    missed: str = parameter(
        "next", choices=("next", "keep"), group="objective",
        help="With shrink, where that reaches no other class: next takes the likeliest other one, keep learns the "
             "sample's own label again, as the released code does.")
    epochs: int = epochs(10, "Passes over the forget set.")
    learning_rate: float = learning_rate(1e-3)
    momentum: float = momentum()
    batch_size: int = batch_size(64, "Samples per step, all to forget.")
    batch_norm: str = batch_norm("eval", "Those of batches to forget alone are what the released code has.")


TERMS = (RELABELLED_LOSS, WATCHED_FORGET_LOSS,
         Term("reached", "samples that reach another class", "watched", on="forget", axis="share", unit="%"))


def unfit(dataset: Dataset, model: Any) -> str | None:
    if kind_of(dataset).has_words:
        return (f"Boundary unlearning moves inputs a little towards another class, but the words of {dataset.title} "
                "cannot be moved: choose pictures or points.")
    return None


def plan(parameters: Parameters, sizes: Sizes) -> Plan:
    """With ``shrink`` the attack is one more pass over D_f, forward and backward."""
    passes = parameters.epochs + (parameters.variant == "shrink")
    return Plan(passes * steps_in(sizes.forget, parameters.batch_size), passes * sizes.forget)


def moved(data: Any, inputs: Any, direction: Any, bound: float) -> Any:
    """Normalised inputs, each value a step of ``bound`` in its own units along the sign of ``direction``.

    Pictures stay pictures: values between 0 and 1, in 255 steps.
    """
    import torch

    from engine.system.device import queued

    shape = (1, -1, *[1] * (inputs.ndim - 2))
    mean, std = (queued(torch.tensor(values, dtype=inputs.dtype), inputs.device).view(shape)
                 for values in (data.mean, data.std))
    values = inputs * std + mean + bound * direction.sign()
    if inputs.ndim == 4:
        values = ((values * 255).round() / 255).clamp(0, 1)
    return (values - mean) / std


def across(task: Any, model: Any, index: Any, bound: float) -> tuple[Any, Any]:
    """The model's logits (B, C) of these samples a step up their loss; and that loss, the mean of where they are."""
    import torch

    inputs = task.batch(index)[0].detach().requires_grad_(True)
    loss = torch.nn.functional.cross_entropy(model(inputs), task.labels(index))
    (gradient,) = torch.autograd.grad(loss, inputs)
    with torch.no_grad():
        return model(moved(task.data, inputs.detach(), gradient, bound)), loss.detach()


def neighbours(logits: Any, labels: Any, missed: str) -> Any:
    """The class (B,) that each sample is handed over to."""
    if missed == "keep":
        return logits.argmax(dim=1)
    return logits.scatter(1, labels[:, None], -float("inf")).argmax(dim=1)


class Extra:
    """One more output of a network's last layer, which the network itself never gets."""

    def __init__(self, task: Any, index: int):
        import torch

        from engine.system.rng import generator

        heads = [layer for layer in task.model.modules()
                 if isinstance(layer, torch.nn.Linear) and layer.out_features == index]
        if not heads:
            raise BadInput(f"This network has no linear layer with {index} outputs, to which expand could add another "
                           "one: choose variant=shrink.")
        width, self.index = heads[-1].in_features, index
        first = torch.randn(width, generator=generator(task.seed, "added output")) * (2 / (width + index + 1)) ** 0.5
        self.weights = [torch.nn.Parameter(value.to(task.device)) for value in (first, torch.zeros(()))]
        self.hook = heads[-1].register_forward_pre_hook(self.look)

    def look(self, layer: Any, inputs: tuple[Any, ...]) -> None:
        self.features = inputs[0]

    def joined(self, logits: Any) -> Any:
        """Logits (B, C + 1): those of the pass just made, and the added one."""
        import torch

        weight, bias = self.weights
        return torch.cat([logits, (self.features.to(weight.dtype) @ weight + bias).to(logits.dtype)[:, None]], dim=1)


def relabel(task: Any, parameters: Parameters, targets: Any, total: int) -> Iterator[Progress]:
    """Fills ``targets`` (N,), by training sample, with the neighbours of D_f; the weights stay as they are."""
    from engine.training.loop import shuffled

    p, original, samples = parameters, task.frozen_original(), 0
    reached: Any = 0
    batches = shuffled(task.split.forget, p.batch_size, task.seed, "attack batches")
    for step, batch in enumerate(batches, start=1):
        labels = task.labels(batch)
        logits, loss = across(task, original, batch, p.bound)
        targets[batch] = neighbours(logits, labels, p.missed)
        reached = reached + (logits.argmax(dim=1) != labels).sum()
        samples += len(batch)
        terms = {"forget_loss": loss, "learning_rate": 0.0}
        if step == len(batches):
            terms["reached"] = 100 * float(reached) / samples
        yield Progress(step, total, samples, terms)


def unlearn(task: Any, parameters: Parameters) -> Iterator[Progress]:
    """Changes ``task.model`` in place; terms: relabelled_loss, forget_loss (true labels), once reached (%)."""
    p, targets = parameters, task.data.train.labels.clone()
    if p.variant == "shrink":
        yield from relabel(task, p, targets, plan(p, task.split.sizes).steps)
        yield from train(task, p, targets, None, steps_in(len(task.split.forget), p.batch_size))
        return
    extra = Extra(task, len(task.data.classes))
    targets.fill_(extra.index)
    try:
        yield from train(task, p, targets, extra, 0)
    finally:
        extra.hook.remove()


def train(task: Any, parameters: Parameters, targets: Any, extra: Extra | None, spent: int) -> Iterator[Progress]:
    """Passes over D_f with these labels, after ``spent`` steps of a pass over it."""
    from torch.nn.functional import cross_entropy

    from engine.training.loop import loop, make_optimiser, shuffled

    p, forget = parameters, task.split.forget
    optimiser = make_optimiser("sgd", task.model, p.learning_rate, 0.0, p.momentum)
    if extra:
        optimiser.add_param_group({"params": extra.weights})

    def objective(batch: Any, epoch: int) -> tuple[Any, int, dict[str, Any]]:
        logits = task.logits(batch)
        loss = cross_entropy(extra.joined(logits) if extra else logits, targets[batch])
        own = cross_entropy(logits.detach(), task.labels(batch))
        return loss, len(batch), {"relabelled_loss": loss.detach(), "forget_loss": own}

    task.model.train(p.batch_norm == "train")
    yield from loop(
        optimiser,
        epochs=p.epochs,
        batches=lambda epoch: shuffled(forget, p.batch_size, task.seed, f"batches/epoch {epoch}"),
        objective=objective,
        learning_rate=lambda epoch: p.learning_rate,
        total_steps=plan(p, task.split.sizes).steps,
        start=TrainingState(0, spent, len(forget) if spent else 0, task.model, optimiser),
        dropout=task.dropout,
    )


METHOD = Method(
    name="boundary_shrink",
    title="Boundary unlearning",
    summary="Trains the samples to forget towards the classes next to them, or towards one that is dropped afterwards.",
    source="Chen et al. 2023, arXiv:2303.11570",
    parameters=Parameters,
    unlearn=unlearn,
    plan=plan,
    terms=TERMS,
    one_label="hands every sample over to one other class",
    needs=("forget", "forget_labels"),
    meant_for="class",
    intensity="learning_rate",
    unfit=unfit,
    profiles={"corrected": {},
              "paper": {"learning_rate": 1e-5, "missed": "keep", "batch_norm": "train"}},
)
