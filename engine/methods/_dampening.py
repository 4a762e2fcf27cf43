"""What methods share that shrink the weights which matter more to the forget set than to all data. No training.

In evaluation mode, the importance of a weight for a set is the mean over batches of something of its batch-mean
gradient. Where I_f > alpha I_D: ``w <- w * min(lambda I_D / I_f, 1)``; all named parameters, batch norm's affine ones
included. D is shuffled, so that its batches are like D and not first D_f, then D_r: a batch-mean gradient depends on
what is in the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from engine.data.batches import steps_in
from engine.types import Plan, Progress, Sizes, parameter

# Of a batch: what is differentiated. Of the mean so far, a batch's gradient and that batch's share: adds to the mean.
Objective = Callable[[Any], Any]
Add = Callable[[Any, Any, float], Any]


def selection(default: float, more: str = "") -> Any:
    """Alpha; ``more`` is said at the end."""
    said = "Alpha: a weight is dampened if it matters this many times more to the forget set than to all data."
    return parameter(default, low=0.1, high=100.0, step=0.1, group="main", help=f"{said} {more}".strip())


def dampening() -> Any:
    """Lambda."""
    return parameter(1.0, low=0.0, high=10.0, step=0.1, group="main",
                     help="Lambda: the smaller, the stronger the selected weights are shrunk; 0 clears them.")


def plan(parameters: Any, sizes: Sizes) -> Plan:
    """One pass over D_f and one over D. Steps are batches read; there is no optimiser."""
    steps = steps_in(sizes.forget, parameters.batch_size) + steps_in(sizes.train, parameters.batch_size)
    return Plan(steps, sizes.forget + sizes.train)


def dampen(weights: list[Any], forget: list[Any], everything: list[Any], parameters: Any) -> float:
    """Shrinks the selected weights in place; the arguments go by weight tensor. Returns the percentage selected."""
    import torch

    selected: Any = 0
    with torch.no_grad():
        for weight, important, usual in zip(weights, forget, everything):
            chosen = important > parameters.selection * usual
            factor = (parameters.dampening * usual / important).clamp(max=1)
            weight.copy_(torch.where(chosen, weight * factor, weight))
            selected = selected + chosen.sum()
    size: int = sum(weight.numel() for weight in weights)
    return 100 * int(selected) / size


def dampened(task: Any, parameters: Any, objective: Objective, add: Add, term: str) -> Iterator[Progress]:
    """Changes ``task.model`` at its last step; terms: forget_ and train_ with ``term``, and in the end selected (%)."""
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
            value = objective(batch)
            gradients = torch.autograd.grad(value, weights, allow_unused=True, materialize_grads=True)
            for mean, gradient in zip(importance[name], gradients):
                add(mean, gradient, 1 / len(batches))
            step, samples = step + 1, samples + len(batch)
            terms = {f"{name}_{term}": value.detach()}
            if step == total:
                terms["selected"] = dampen(weights, importance["forget"], importance["train"], p)
            yield Progress(step, total, samples, terms, epoch)
