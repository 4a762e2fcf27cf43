"""SalUn: random labelling that moves only the weights that matter most to the forget set.

Fan et al. 2024, arXiv:2310.12508: the mask is the global top ``share`` of |sum over D_f of the loss gradient|
at the Original, in evaluation mode; then random labelling with masked gradients. The sum is over samples, so the
size of the batches does not matter. Until December 2023 the released script also took an optimiser step after
each of its batches; it no longer does, and neither does this. That code computes the mask and trains on augmented
images (crop and flip); here they are taken as they are.
The mask pass goes forward and backward, so it counts as steps and samples; its learning rate is 0.
Batch norm's running statistics are no weights: they move.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.data.batches import steps_in
from engine.methods._hyperparameters import MomentumSGD, epochs_within
from engine.terms import RELABELLING
from engine.types import Method, Plan, Progress, Sizes, TrainingState, parameter


@dataclass(frozen=True)
class Parameters(MomentumSGD):
    """The mask, the optimiser and the number of passes; docs/methods.md gives the source of each default."""

    learning_rate: float = parameter(
        0.013, low=1e-6, high=1.0, step=1e-3, group="optimiser", help="Step size of SGD, the same in every epoch.")
    share: float = parameter(
        0.5, low=0.01, high=1.0, step=0.05, group="main",
        help="Share of all weights that may move: those on which the forget set's loss depends most.")
    epochs: int = parameter(
        None, auto=epochs_within(6, lambda setting: setting.sizes.forget + setting.sizes.retain,
                                 beforehand=lambda setting: setting.sizes.forget),
        low=1, high=1000, step=1, unit="epochs", group="schedule",
        help="Passes over the forget and the retain set together, after the pass that makes the mask; without the "
             "augmentation of the released code.")


def plan(parameters: Parameters, sizes: Sizes) -> Plan:
    """One pass over D_f for the mask, then passes over the union."""
    p, union = parameters, sizes.forget + sizes.retain
    return Plan(steps_in(sizes.forget, p.batch_size) + p.epochs * steps_in(union, p.batch_size),
                sizes.forget + p.epochs * union)


def add_up_gradients(task: Any, batches: Any, total_steps: int) -> Iterator[Progress]:
    """Leaves the gradient of the summed loss over D_f in every weight's ``grad``; weights stay as they are."""
    task.model.eval()
    task.model.zero_grad(set_to_none=True)
    samples = 0
    for step, batch in enumerate(batches, start=1):
        loss = task.loss(batch)
        (loss * len(batch)).backward()
        samples += len(batch)
        yield Progress(step, total_steps, samples, {"forget_loss": loss.detach(), "learning_rate": 0.0})


def saliency(model: Any, share: float) -> list[Any]:
    """One boolean mask a parameter, in their order: True for the ``share`` of all weights with the largest |grad|.

    Exactly round(share x weights) are True; among equals the earlier weight wins.
    """
    import torch

    sizes = [p.numel() for p in model.parameters()]
    flat = torch.cat([torch.zeros_like(p).flatten() if p.grad is None else p.grad.abs().flatten()
                      for p in model.parameters()])
    order = torch.sort(flat, descending=True, stable=True).indices
    chosen = torch.zeros_like(flat, dtype=torch.bool)
    chosen[order[:round(share * len(flat))]] = True
    return [part.view(p.shape) for part, p in zip(chosen.split(sizes), model.parameters())]


def hold_still(optimiser: Any, parameters: list[Any], masks: list[Any]) -> None:
    """Whatever the optimiser does, weights outside the masks keep their value, bit for bit, and have no momentum.

    Masking gradients alone is not enough: weight decay and momentum would move them.
    """
    import torch

    held = [(p, ~mask, p.detach().clone()) for p, mask in zip(parameters, masks)]

    def before_step(*_: Any) -> None:
        for p, outside, _value in held:
            if p.grad is not None:
                p.grad.masked_fill_(outside, 0.0)

    @torch.no_grad()
    def after_step(*_: Any) -> None:
        for p, outside, value in held:
            p.copy_(torch.where(outside, value, p))
            momentum = optimiser.state[p].get("momentum_buffer")
            if momentum is not None:
                momentum.masked_fill_(outside, 0.0)

    optimiser.register_step_pre_hook(before_step)
    optimiser.register_step_post_hook(after_step)


def unlearn(task: Any, parameters: Parameters) -> Iterator[Progress]:
    """Changes ``task.model`` in place; terms: forget_loss (true labels, watched), relabelled_loss, retain_loss."""
    from engine.methods._passes import sgd
    from engine.methods._relabelling import Relabelled, train_on
    from engine.training.loop import shuffled

    batches = shuffled(task.split.forget, parameters.batch_size, task.seed, "mask batches")
    yield from add_up_gradients(task, batches, plan(parameters, task.split.sizes).steps)
    optimiser = sgd(task, parameters)
    hold_still(optimiser, list(task.model.parameters()), saliency(task.model, parameters.share))
    spent = TrainingState(0, len(batches), len(task.split.forget), task.model, optimiser)
    yield from train_on(Relabelled(task), parameters, optimiser, start=spent)


METHOD = Method(
    name="salun",
    title="SalUn",
    summary="Random labelling that moves only the half of the weights on which the forget set depends most.",
    source="Fan et al. 2024, arXiv:2310.12508",
    parameters=Parameters,
    unlearn=unlearn,
    plan=plan,
    needs=("forget", "forget_labels", "retain"),
    intensity="share",
    terms=RELABELLING,
    one_label="gives every sample to forget one other label",
    profiles={"corrected": {"epochs": None}, "paper": {"epochs": 10}},
)
