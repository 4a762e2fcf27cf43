"""MSG, masked small gradients: draw again the convolution weights that matter least to the difference of both sets.

From the NeurIPS 2023 unlearning challenge; read in the port of xcadet/deepunlearn (``kgltop2``), the benchmark of
arXiv:2410.01276, which calls it MSG.

1. At the Original: g = the sum over batches of the gradients of the loss of |D_f| random samples of D_r, minus that
   of D_f. A sum of batch means: the size of the batches and a short last batch matter.
2. In every two-dimensional convolution the ``share`` of its weights with the smallest |g| is drawn again, He normal
   (fan out). Each layer by itself, depthwise and 1x1 ones too.
3. Training on D_r: SGD in training mode, a rate that rises and falls; gradients of the other convolution weights
   times ``damp``. Batch norm and the head are not held back. Weight decay is not damped, so the others still decay.

The port scores in training mode, so that D_f enters batch norm's statistics: profile ``paper`` does so too,
``corrected`` scores in evaluation mode. Where a convolution has biases the port draws new ones by accident and
leaves its masked layers in the network; here biases stay, and no layer is replaced.
Where D_f is larger than D_r, all of D_r is scored.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.data.batches import steps_in
from engine.methods._convolutions import lacking
from engine.methods._hyperparameters import MomentumSGD, epochs_within
from engine.methods._schedules import up_and_down
from engine.terms import RETAIN_LOSS, WATCHED_FORGET_LOSS
from engine.types import Method, Plan, Progress, Sizes, TrainingState, parameter


@dataclass(frozen=True)
class Parameters(MomentumSGD):
    """The mask, the optimiser and the number of passes; docs/methods.md gives the source of each default."""

    share: float = parameter(
        0.3, low=0.0, high=1.0, step=0.05, group="main",
        help="Share of each convolution's weights to draw again: those with the smallest gradients.")
    learning_rate: float = parameter(
        0.01, low=1e-6, high=1.0, step=1e-3, group="optimiser",
        help="Largest step size of SGD: it rises to it over half of the epochs, then falls. The released code has "
             "0.001, which is little for networks that were trained at 0.1.")
    batch_size: int = parameter(
        64, low=2, high=4096, step=1, unit="samples", group="optimiser",
        help="Samples per step. It changes which weights are drawn again, not only the speed.")
    damp: float = parameter(
        0.1, low=0.0, high=1.0, step=0.05, group="objective",
        help="Factor of the gradients of the convolution weights that are not drawn again; weight decay still moves "
             "them.")
    epochs: int = parameter(
        None, auto=epochs_within(6, lambda setting: setting.sizes.retain,
                                 beforehand=lambda s: s.sizes.forget + min(s.sizes.forget, s.sizes.retain)),
        low=1, high=1000, step=1, unit="epochs", group="schedule",
        help="Passes over the retain set after the scoring.")
    score_batch_norm: str = parameter(
        "eval", choices=("eval", "train"), group="batch norm",
        help="Scoring in evaluation mode, or in training mode as the released code does: then the forget set enters "
             "batch norm's statistics.")


def plan(parameters: Parameters, sizes: Sizes) -> Plan:
    """One pass over D_f and as many samples of D_r for the scores, then passes over D_r."""
    p, scored = parameters, min(sizes.forget, sizes.retain)
    steps = steps_in(scored, p.batch_size) + steps_in(sizes.forget, p.batch_size)
    return Plan(steps + p.epochs * steps_in(sizes.retain, p.batch_size),
                scored + sizes.forget + p.epochs * sizes.retain)


def add_up_gradients(task: Any, parameters: Parameters) -> Iterator[Progress]:
    """Leaves g in every weight's ``grad``; the weights stay as they are."""
    from engine.system.rng import permutation
    from engine.training.loop import shuffled

    p, split, total = parameters, task.split, plan(parameters, task.split.sizes).steps
    drawn = permutation(len(split.retain), task.seed, "scored retain samples")[:len(split.forget)]
    sets = {"retain": (split.retain[drawn.to(split.retain.device)], 1), "forget": (split.forget, -1)}
    task.model.train(p.score_batch_norm == "train")
    task.model.zero_grad(set_to_none=True)
    step = samples = 0
    for name, (index, sign) in sets.items():
        for batch in shuffled(index, p.batch_size, task.seed, f"score batches/{name}"):
            with task.dropout(step):
                loss = task.loss(batch)
                (sign * loss).backward()
            step, samples = step + 1, samples + len(batch)
            yield Progress(step, total, samples, {f"{name}_loss": loss.detach(), "learning_rate": 0.0})


def smallest(gradient: Any, share: float) -> Any:
    """True for exactly round(share x n) entries, those with the smallest size; among equals the earlier one."""
    import torch

    order = torch.sort(gradient.abs().flatten(), stable=True).indices
    chosen = torch.zeros(gradient.numel(), dtype=torch.bool, device=gradient.device)
    chosen[order[:round(share * gradient.numel())]] = True
    return chosen.view(gradient.shape)


def draw_again(model: Any, share: float, seed: int) -> list[tuple[Any, Any]]:
    """Draws the chosen weights of every convolution that the loss depends on; each with the mask of what was drawn."""
    import torch
    from torch import nn

    from engine.methods._convolutions import convolutions
    from engine.system.rng import generator

    rng, drawn = generator(seed, "weights drawn again"), []
    for weight in (layer.weight for layer in convolutions(model) if layer.weight.grad is not None):
        fresh = torch.empty(weight.shape, dtype=weight.dtype)
        nn.init.kaiming_normal_(fresh, mode="fan_out", nonlinearity="relu", generator=rng)
        chosen = smallest(weight.grad, share)
        with torch.no_grad():
            weight.copy_(torch.where(chosen, fresh.to(weight.device), weight))
        drawn.append((weight, chosen))
    return drawn


def hold_back(optimiser: Any, drawn: list[tuple[Any, Any]], damp: float) -> None:
    """Before every step, the gradients of the convolution weights that were not drawn are multiplied by ``damp``."""
    factors = [(weight, chosen + damp * ~chosen) for weight, chosen in drawn]

    def before_step(*_: Any) -> None:
        for weight, factor in factors:
            weight.grad.mul_(factor)

    optimiser.register_step_pre_hook(before_step)


def unlearn(task: Any, parameters: Parameters) -> Iterator[Progress]:
    """Changes ``task.model`` in place; terms: retain_loss, and while scoring forget_loss (watched)."""
    from engine.methods._passes import sgd
    from engine.methods._recovery import recover

    p, scored = parameters, Progress(0, 0, 0, {})
    for scored in add_up_gradients(task, p):
        yield scored
    drawn = draw_again(task.model, p.share, task.seed)
    optimiser = sgd(task, p)
    hold_back(optimiser, drawn, p.damp)
    spent = TrainingState(0, scored.step, scored.samples, task.model, optimiser)
    yield from recover(task, p, optimiser, lambda epoch: p.learning_rate * up_and_down(epoch, p.epochs), spent)


METHOD = Method(
    name="msg",
    title="MSG",
    summary="Draws the convolution weights that tell the two sets apart least again, then trains on the rest.",
    source="NeurIPS 2023 unlearning challenge; port: xcadet/deepunlearn, kgltop2",
    parameters=Parameters,
    unlearn=unlearn,
    plan=plan,
    terms=(RETAIN_LOSS, WATCHED_FORGET_LOSS),
    needs=("forget", "forget_labels", "retain"),
    meant_for="random",
    intensity="share",
    unfit=lambda dataset, model: lacking("MSG draws again the weights of", dataset, model),
    profiles={"corrected": {"epochs": None, "learning_rate": 0.01, "score_batch_norm": "eval"},
              "paper": {"epochs": 5, "learning_rate": 0.001, "score_batch_norm": "train"}},
)
