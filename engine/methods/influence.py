"""Influence unlearning: one Newton step towards the minimum of the retain set's loss, the Fisher matrix as Hessian.

Izzo et al. 2021 and Koh & Liang 2017 as Jia et al. run it (2023, arXiv:2304.04934, and the released code). In
evaluation mode ``w <- w + alpha H^-1 v`` with ``v = |D_f| / |D| (grad L_f - grad L_r)`` at the Original: where that is
a minimum on D, v is minus the gradient on D_r, so that with the true Hessian of D_r and alpha = 1 the step is exact for
a quadratic loss.

``inverse`` says what H^-1 is. ``woodbury``: exactly that of ``damping I + 1/M sum g g'`` over M stored gradients g
of single samples of D_r, through an M x M system in float64. ``recursion``: the released "WoodFisher", which reads
samples one by one. It only rescales the vector that it corrects with, so H^-1 v stays v plus a multiple of the first
sample's gradient, which is no inverse; profile ``paper`` repeats it, with 1,002 samples for a count of 1,000 as there.
The code takes D_r in its own order and here it is shuffled: which sample is the first one says nothing of the method.

Nothing is trained: the cost is one pass over D_f and D_r and the single gradients, its own in both profiles.
M gradients take M times the memory of the weights: 2.9 GB for 64 of ResNet18. Where that is more than there is free,
the run is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.data.batches import steps_in
from engine.errors import BadInput
from engine.methods._hyperparameters import batch_size
from engine.system.machine import GIB
from engine.terms import RETAIN_LOSS, WATCHED_FORGET_LOSS, Term
from engine.types import Method, Plan, Progress, Sizes, parameter

EXTRA = 2  # the released loop reads its samples number 0 to N + 1


@dataclass(frozen=True)
class Parameters:
    """The step and the inverse; docs/methods.md gives the source of each default."""

    alpha: float = parameter(
        1.0, low=0.0, high=1000.0, step=0.1, group="main",
        help="Length of the step: 1 is Newton's, 0 leaves the Original as it is.")
    inverse: str = parameter(
        "woodbury", choices=("woodbury", "recursion"), group="main",
        help="woodbury: the exact inverse of the damped Fisher matrix; recursion: what the released code computes, "
             "which is no inverse.")
    damping: float = parameter(
        0.05, low=1e-8, high=100.0, step=0.001, group="objective",
        help="Added to every curvature before it is inverted: the smaller, the farther the flat directions move.")
    gradients: int = parameter(
        64, low=1, high=100_000, step=1, group="objective",
        help="Gradients of the retain set that make up the matrix, at most as many as it has samples. woodbury keeps "
             "them all in memory.")
    batch_size: int = batch_size(256, "Samples per batch of the two mean gradients. It changes the speed only.")


TERMS = (RETAIN_LOSS.with_role("watched"), WATCHED_FORGET_LOSS,
         Term("step_norm", "distance that the weights move", "watched", axis="norm", unit=""))


def singles(parameters: Parameters, retain: int) -> int:
    """How many single samples of D_r give a gradient each."""
    return min(retain, parameters.gradients + EXTRA * (parameters.inverse == "recursion"))


def plan(parameters: Parameters, sizes: Sizes) -> Plan:
    """Steps are batches read; there is no optimiser."""
    ones = singles(parameters, sizes.retain)
    steps = steps_in(sizes.forget, parameters.batch_size) + steps_in(sizes.retain, parameters.batch_size)
    return Plan(steps + ones, sizes.forget + sizes.retain + ones)


def woodbury(gradients: Any, vector: Any, damping: float) -> Any:
    """(damping I + G'G / M)^-1 v for rows G (M, P) and v (P,), without a P x P matrix."""
    import torch

    from engine.system.device import exact

    count = len(gradients)
    gram = exact(gradients @ gradients.T)
    gram.diagonal().add_(count * damping)
    weights = torch.linalg.solve(gram, exact(gradients @ vector)).to(vector)
    return (vector - gradients.T @ weights) / damping


class Recursion:
    """The released WoodFisher, fed with one sample's gradient after another; ``count`` is its N."""

    def __init__(self, vector: Any, count: int):
        self.result, self.count, self.direction = vector.clone(), count, None

    def add(self, gradient: Any) -> None:
        if self.direction is None:
            self.direction = gradient.clone()
            return
        along = self.direction @ gradient
        self.result -= (self.result @ gradient) / (self.count + along) * self.direction
        self.direction -= along / (self.count + along) * self.direction


class Gradients:
    """Flat gradients of the mean loss at the Original, and the progress that reading them makes."""

    def __init__(self, task: Any, total: int):
        self.task, self.total, self.step, self.samples = task, total, 0, 0
        self.weights = list(task.model.parameters())

    def of(self, batch: Any) -> tuple[Any, Any]:
        """The loss of a batch and its gradient (P,)."""
        import torch

        loss = self.task.loss(batch)
        gradients = torch.autograd.grad(loss, self.weights, allow_unused=True, materialize_grads=True)
        self.step, self.samples = self.step + 1, self.samples + len(batch)
        return loss.detach(), torch.cat([gradient.flatten() for gradient in gradients])

    def progress(self, terms: dict[str, Any], epoch: int) -> Progress:
        return Progress(self.step, self.total, self.samples, terms, epoch)

    def move(self, step: Any) -> None:
        """Adds a flat step (P,) to the weights."""
        import torch

        with torch.no_grad():
            for weight, part in zip(self.weights, step.split([weight.numel() for weight in self.weights])):
                weight.add_(part.view_as(weight))


class Rows:
    """The gradients of single samples that make up the damped Fisher matrix, in memory set aside beforehand."""

    def __init__(self, vector: Any, parameters: Parameters, count: int):
        refuse_too_many(count, vector)
        self.vector, self.damping, self.count = vector, parameters.damping, 0
        self.rows = vector.new_empty(count, len(vector))

    def add(self, gradient: Any) -> None:
        self.rows[self.count] = gradient
        self.count += 1

    @property
    def result(self) -> Any:
        return woodbury(self.rows, self.vector, self.damping)


def refuse_too_many(count: int, vector: Any) -> None:
    """Raises BadInput where so many gradients do not fit the memory that is free."""
    import psutil
    import torch

    needed, on_card = count * vector.nbytes, vector.device.type == "cuda"
    free = torch.cuda.mem_get_info(vector.device)[0] if on_card else psutil.virtual_memory().available
    if needed > free:
        raise BadInput(f"gradients is {count}, which takes {needed / GIB:.1f} GiB for this network, but "
                       f"{free / GIB:.1f} GiB are free: choose {free // vector.nbytes} or fewer.")


def unlearn(task: Any, parameters: Parameters) -> Iterator[Progress]:
    """Changes ``task.model`` at its last step; terms: the loss of the batch read, and in the end step_norm."""
    import torch

    from engine.training.loop import shuffled

    p, split = parameters, task.split
    read = Gradients(task, plan(p, split.sizes).steps)
    task.model.eval()
    mean: dict[str, Any] = {}
    for epoch, (name, index) in enumerate((("forget", split.forget), ("retain", split.retain))):
        for batch in shuffled(index, p.batch_size, task.seed, f"{name} gradient"):
            loss, gradient = read.of(batch)
            mean[name] = mean.get(name, 0) + gradient * (len(batch) / len(index))
            yield read.progress({f"{name}_loss": loss}, epoch)
    vector = len(split.forget) / split.sizes.train * (mean["forget"] - mean["retain"])
    ones = torch.cat(shuffled(split.retain, p.batch_size, task.seed, "single gradients"))
    ones = ones[:singles(p, len(split.retain))].split(1)
    inverse = Rows(vector, p, len(ones)) if p.inverse == "woodbury" else Recursion(vector, p.gradients)
    for count, one in enumerate(ones, start=1):
        loss, gradient = read.of(one)
        inverse.add(gradient)
        terms = {"retain_loss": loss}
        if count == len(ones):
            step = p.alpha * inverse.result
            read.move(step)
            terms["step_norm"] = step.norm()
        yield read.progress(terms, 2)


METHOD = Method(
    name="influence",
    title="Influence unlearning",
    summary="Takes one Newton step away from what the samples to forget have contributed; nothing is trained.",
    source="Jia et al. 2023, arXiv:2304.04934, after Koh & Liang 2017, arXiv:1703.04730",
    parameters=Parameters,
    unlearn=unlearn,
    plan=plan,
    no_epochs="changes the weights once and has no epochs to go back to",
    terms=TERMS,
    intensity="alpha",
    profiles={"corrected": {}, "paper": {"inverse": "recursion", "alpha": 0.2, "gradients": 1000}},
)
