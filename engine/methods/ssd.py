"""SSD, selective synaptic dampening: shrink the weights that matter much more to the forget set than to the rest.

Foster et al. 2024 (arXiv:2308.07707, and the released code). No training: in evaluation
mode, the importance of a weight for a set is the mean over batches of the squared batch-mean gradient of the
cross entropy. Where I_f > alpha I_D, ``p <- p * min(lambda I_D / I_f, 1)``; all named parameters, batch norm's
affine ones included. On random subsets I_f is near I_D and almost nothing is selected, as the paper finds.

D is shuffled, so that its batches are like D and not first D_r, then D_f: a batch-mean gradient depends on
what is in the batch. The cost is one pass over D_f and one over D, its own in both profiles.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.data.batches import steps_in
from engine.methods._hyperparameters import batch_size
from engine.terms import WATCHED_FORGET_LOSS, Term
from engine.types import Method, Plan, Progress, Sizes, parameter


@dataclass(frozen=True)
class Parameters:
    """The paper's alpha and lambda for ResNet18, the released code's batch size."""

    selection: float = parameter(
        10.0, low=0.1, high=100.0, step=0.1, group="main",
        help="Alpha: a weight is dampened if it matters this many times more to the forget set than to all data.")
    dampening: float = parameter(
        1.0, low=0.0, high=10.0, step=0.1, group="main",
        help="Lambda: the smaller, the stronger the selected weights are shrunk; 0 clears them.")
    batch_size: int = batch_size(64, "Samples per batch in both passes. It changes the result, not only the speed.")


# Nothing is trained: the losses are those whose gradients say how much a weight matters.
TERMS = (WATCHED_FORGET_LOSS, Term("train_loss", "L_train", "watched"),
         Term("selected", "weights dampened", "watched", axis="share", unit="%"))


def plan(parameters: Parameters, sizes: Sizes) -> Plan:
    """Steps are batches read; there is no optimiser."""
    steps = steps_in(sizes.forget, parameters.batch_size) + steps_in(sizes.train, parameters.batch_size)
    return Plan(steps, sizes.forget + sizes.train)


def dampen(weights: list[Any], forget: list[Any], everything: list[Any], parameters: Parameters) -> float:
    """Shrinks the selected weights in place; the arguments go by weight tensor. Returns the percentage selected."""
    import torch

    selected = 0
    with torch.no_grad():
        for weight, important, usual in zip(weights, forget, everything):
            chosen = important > parameters.selection * usual
            factor = (parameters.dampening * usual / important).clamp(max=1)
            weight.copy_(torch.where(chosen, weight * factor, weight))
            selected += int(chosen.sum())
    size: int = sum(weight.numel() for weight in weights)
    return 100 * selected / size


def unlearn(task: Any, parameters: Parameters) -> Iterator[Progress]:
    """Changes ``task.model`` at its last step; terms: forget_loss or train_loss, and in the end selected (%)."""
    import torch

    from engine.training.loop import shuffled

    p, total = parameters, plan(parameters, task.split.sizes).steps
    sets = {"forget": task.split.forget, "train": torch.cat([task.split.forget, task.split.retain])}
    weights = [weight for _, weight in task.model.named_parameters()]
    importance = {name: [torch.zeros_like(weight) for weight in weights] for name in sets}
    step = samples = 0
    task.model.eval()
    for epoch, (name, index) in enumerate(sets.items()):
        batches = shuffled(index, p.batch_size, task.seed, f"importance/{name}")
        for batch in batches:
            loss = task.loss(batch)
            gradients = torch.autograd.grad(loss, weights, allow_unused=True, materialize_grads=True)
            for mean, gradient in zip(importance[name], gradients):
                mean.addcmul_(gradient, gradient, value=1 / len(batches))
            step, samples = step + 1, samples + len(batch)
            terms = {f"{name}_loss": loss.detach()}
            if step == total:
                terms["selected"] = dampen(weights, importance["forget"], importance["train"], p)
            yield Progress(step, total, samples, terms, epoch)


METHOD = Method(
    name="ssd",
    title="Selective synaptic dampening (SSD)",
    summary="Shrinks, without training, the weights that matter far more to the forget set than to all data.",
    source="Foster et al. 2024, arXiv:2308.07707",
    in_paper=True,
    parameters=Parameters,
    unlearn=unlearn,
    plan=plan,
    needs=("forget", "forget_labels", "retain"),
    intensity="selection",
    terms=TERMS,
    profiles={"corrected": {}, "paper": {}},
)
