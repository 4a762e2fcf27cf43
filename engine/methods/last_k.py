"""CF-k and EU-k: train only the last k layers on the retain set, from the Original's weights or from first ones.

Goel et al. 2022 (arXiv:2201.06640, and the released code). A layer is a convolution, a linear layer or any other
module with a weight of two or more dimensions; they are counted backwards in the order in which the network defines
them, and the norms met on the way belong to them. All other weights stay as they are, bit for bit. CF-k ("catastrophic
forgetting") trains on; EU-k ("exact unlearning") first gives the k layers the weights that training began with, so that
with all layers it is Retraining. Where a residual block defines its shortcut last, that counts as its last layer.

The released code draws new weights for convolutions and linear layers only (``reset_norms`` off) and lets the running
statistics of frozen norms move in training mode (``frozen_batch_norm`` train): profile ``paper`` does both. Its
rate falls along a cosine from .1 to .005 and starts again after 1, 3, 7, 15 and 31 epochs; its gradients have norm
10 at most. CF-k trains 30 epochs there and EU-k 62. Profile ``corrected`` has the equal budget.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, pi
from typing import Any

from engine.data.batches import steps_in
from engine.methods._hyperparameters import MomentumSGD, batch_size, epochs, epochs_within, learning_rate
from engine.terms import RETAIN_LOSS
from engine.types import Method, Plan, Progress, Sizes, parameter


@dataclass(frozen=True)
class Parameters(MomentumSGD):
    """Which layers train, from which weights, and how; docs/methods.md gives the source of each default."""

    learning_rate: float = learning_rate(0.05, "Step size of SGD at its highest.")
    batch_size: int = batch_size(64)
    k: int = parameter(
        2, low=1, high=1000, step=1, unit="layers", group="main",
        help="Train this many layers, counted from the last one; all others stay as they are.")
    reinitialise: bool = parameter(
        True, group="main",
        help="On: EU-k, the layers start from the weights that training began with. Off: CF-k, they train on.")
    epochs: int = epochs(epochs_within(6, lambda setting: setting.sizes.retain),
                         "Passes over the retain set. The authors' EU-k takes 62, their CF-k 30.")
    schedule: str = parameter(
        "linear", choices=("linear", "restarts"), group="schedule",
        help="How the learning rate falls: once along a line, or along cosines that start again after 1, 3, 7, 15 "
             "epochs and so on.")
    final_lr_fraction: float = parameter(
        0.05, low=0.0, high=1.0, step=0.01, group="schedule",
        help="The learning rate falls towards this fraction of itself; 1 keeps it constant.")
    clip: float = parameter(
        10.0, low=0.0, high=1000.0, step=1.0, group="optimiser",
        help="Shorten gradients to this norm; 0 leaves them as they are.")
    reset_norms: bool = parameter(
        True, group="batch norm",
        help="With EU-k, norms between the last k layers start again too; the released code leaves them.")
    frozen_batch_norm: str = parameter(
        "eval", choices=("train", "eval"), group="batch norm",
        help="Norms of layers that do not train. eval: they keep the Original's statistics; train: batch statistics, "
             "updated along the way, as in the released code.")


def plan(parameters: Parameters, sizes: Sizes) -> Plan:
    return Plan(parameters.epochs * steps_in(sizes.retain, parameters.batch_size), parameters.epochs * sizes.retain)


def rate(parameters: Parameters, epoch: int) -> float:
    """The learning rate of an epoch, counted from 0."""
    p, low = parameters, parameters.final_lr_fraction
    if p.schedule == "linear":
        return p.learning_rate * (1 + (low - 1) * epoch / p.epochs)
    length = 1
    while epoch >= length:
        epoch, length = epoch - length, 2 * length
    return p.learning_rate * (low + (1 - low) * (1 + cos(pi * epoch / length)) / 2)


def is_layer(module: Any) -> bool:
    """Whether a module counts as a layer; what else has weights or statistics of its own belongs to one."""
    return any(weight.ndim > 1 for weight in module.parameters(recurse=False))


def last(model: Any, k: int) -> dict[str, Any]:
    """The modules by name that make up the last k layers; all that have weights where the network has fewer."""
    found: dict[str, Any] = {}
    own = [(name, module) for name, module in model.named_modules()
           if any(True for _ in (*module.parameters(recurse=False), *module.buffers(recurse=False)))]
    for name, module in reversed(own):
        found[name] = module
        if sum(map(is_layer, found.values())) == k:
            break
    return found


def restart(layers: dict[str, Any], fresh: Any, norms: bool) -> None:
    """Gives these layers the weights and statistics of a network with its first ones; without ``norms`` not these."""
    import torch

    with torch.no_grad():
        for name, module in layers.items():
            first = fresh.get_submodule(name)
            if norms or is_layer(module):
                for now, before in zip((*module.parameters(recurse=False), *module.buffers(recurse=False)),
                                       (*first.parameters(recurse=False), *first.buffers(recurse=False)), strict=True):
                    now.copy_(before)


def unlearn(task: Any, parameters: Parameters) -> Iterator[Progress]:
    """Changes the last k layers of ``task.model`` in place; terms: retain_loss. The forget set is not looked at."""
    p, layers = parameters, last(task.model, parameters.k)
    if p.reinitialise:
        restart(layers, task.fresh(), p.reset_norms)
    trained = {weight for module in layers.values() for weight in module.parameters(recurse=False)}
    frozen = [weight for weight in task.model.parameters() if weight not in trained and weight.requires_grad]
    try:
        for weight in frozen:
            weight.requires_grad_(False)
        yield from train(task, p, layers)
    finally:
        for weight in frozen:
            weight.requires_grad_(True)


def train(task: Any, parameters: Parameters, layers: dict[str, Any]) -> Iterator[Progress]:
    """Passes over the retain set in which the weights of ``layers`` learn; those of the others need no gradient."""
    from torch.nn.utils import clip_grad_norm_

    from engine.methods._passes import sgd
    from engine.training.loop import loop, shuffled

    p, optimiser = parameters, sgd(task, parameters)
    still = [module for module in task.model.modules()
             if getattr(module, "running_mean", None) is not None and module not in set(layers.values())]

    def begin_epoch(epoch: int) -> None:
        if p.frozen_batch_norm == "eval":
            for module in still:
                module.eval()

    def objective(batch: Any, epoch: int) -> tuple[Any, int, dict[str, Any]]:
        loss = task.loss(batch)
        return loss, len(batch), {"retain_loss": loss.detach()}

    def shorten(*_: Any) -> None:
        clip_grad_norm_(task.model.parameters(), p.clip)

    if p.clip:
        optimiser.register_step_pre_hook(shorten)
    task.model.train()
    yield from loop(
        optimiser,
        epochs=p.epochs,
        batches=lambda epoch: shuffled(task.split.retain, p.batch_size, task.seed, f"batches/epoch {epoch}"),
        objective=objective,
        learning_rate=lambda epoch: rate(p, epoch),
        total_steps=plan(p, task.split.sizes).steps,
        begin_epoch=begin_epoch,
        dropout=task.dropout,
    )


METHOD = Method(
    name="last_k",
    title="Last k layers (CF-k, EU-k)",
    latex=r"CF-$k$, EU-$k$",
    summary="Trains only the last layers on the samples to keep, from first weights (EU-k) or the Original's (CF-k).",
    source="Goel et al. 2022, arXiv:2201.06640",
    parameters=Parameters,
    unlearn=unlearn,
    plan=plan,
    terms=(RETAIN_LOSS,),
    needs=("retain",),
    intensity="k",
    profiles={"corrected": {"epochs": None},
              "paper": {"epochs": 62, "learning_rate": 0.1, "weight_decay": 5e-5, "schedule": "restarts",
                        "reset_norms": False, "frozen_batch_norm": "train"}},
)
