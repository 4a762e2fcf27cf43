"""Hyperparameters that several methods share, declared once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.types import Auto, Setting, parameter


def epochs_within(budget: float, samples_per_epoch: Callable[[Setting], float],
                  beforehand: Callable[[Setting], float] = lambda setting: 0) -> Auto:
    """As many epochs as process the samples of ``budget`` passes over D_r, at least one.

    Profile ``corrected`` gives every method that trains the same number of samples (docs/methods.md);
    ``beforehand`` are samples that a method processes once, before its first epoch.
    """

    def value(setting: Setting) -> int:
        return max(1, round((budget * setting.sizes.retain - beforehand(setting)) / samples_per_epoch(setting)))

    return Auto(f"as many as process the samples of {budget:g} passes over the retain set", value)


def learning_rate(default: float, help: str = "Step size of the optimiser.") -> Any:
    """A step size, constant unless ``help`` says otherwise."""
    return parameter(default, low=1e-6, high=1.0, step=min(default, 1e-3), group="optimiser", help=help)


def momentum(default: float = 0.9) -> Any:
    return parameter(default, low=0.0, high=0.999, step=0.01, group="optimiser", help="Momentum of SGD.")


def weight_decay(default: float) -> Any:
    return parameter(default, low=0.0, high=1.0, step=1e-4, group="optimiser",
                     help="How strongly the optimiser pulls weights towards zero.")


def batch_size(default: int, help: str = "Samples per step.") -> Any:
    return parameter(default, low=2, high=4096, step=1, unit="samples", group="optimiser", help=help)


def epochs(default: int | Auto, help: str) -> Any:
    """How many passes, as a number or by a rule."""
    number, rule = (None, default) if isinstance(default, Auto) else (default, None)
    return parameter(number, auto=rule, low=1, high=1000, step=1, unit="epochs", group="schedule", help=help)


def retain_epochs(help: str) -> Any:
    """A budget in passes over the retain set."""
    return parameter(6, low=1, high=200, step=1, unit="epochs", group="schedule", help=help)


def capped(epochs: int, cap: int) -> int:
    """At least one epoch, and at most ``cap`` where a cap is set."""
    epochs = max(1, epochs)
    return min(epochs, cap) if cap else epochs


def recipe_value(name: str) -> Auto:
    """An automatic hyperparameter that repeats what the Original was trained with."""

    def value(setting: Setting) -> Any:
        return getattr(setting.recipe, name)

    return Auto("as the Original was trained", value)


@dataclass(frozen=True)
class ForgetEpochs:
    """AdamW over forget epochs (passes over D_f), as ∇τ and Fine-tuning use it."""

    learning_rate: float = parameter(
        1e-3, low=1e-6, high=1.0, step=1e-4, group="optimiser",
        help="Step size of AdamW in the first forget epoch.")
    weight_decay: float = parameter(
        0.01, low=0.0, high=1.0, step=0.001, group="optimiser",
        help="How strongly AdamW pulls weights towards zero.")
    batch_size: int = parameter(
        256, low=2, high=4096, step=1, unit="samples", group="optimiser",
        help="Samples per batch, from the forget set and from the retain set alike.")
    final_lr_fraction: float = parameter(
        0.1, low=0.0, high=1.0, step=0.05, group="schedule",
        help="The learning rate falls linearly towards this fraction of itself; 1 keeps it constant.")
    retain_epochs: int = retain_epochs(
        "Budget: all batches together, forget and retain, cost as much as this many passes over the retain set.")
    max_forget_epochs: int = parameter(
        0, low=0, high=10_000, step=1, unit="epochs", group="schedule",
        help="Make at most this many passes over the forget set (the authors' robustness grid: 80); 0 means no cap.")
    batch_norm: str = parameter(
        "train", choices=("train", "eval"), group="batch norm",
        help="train: batch statistics, updated along the way; eval: the Original's statistics stay frozen. The whole "
             "model is then in evaluation mode: RoBERTa and MiniLM lose their inner dropout too.")


@dataclass(frozen=True)
class MomentumSGD:
    """SGD with momentum at a constant rate, as the released code of SalUn and l1-sparse unlearns."""

    learning_rate: float = parameter(
        0.01, low=1e-6, high=1.0, step=1e-3, group="optimiser", help="Step size of SGD, the same in every epoch.")
    momentum: float = parameter(
        0.9, low=0.0, high=0.999, step=0.01, group="optimiser",
        help="Share of the last step that carries over to the next.")
    weight_decay: float = parameter(
        5e-4, low=0.0, high=1.0, step=1e-4, group="optimiser", help="How strongly SGD pulls weights towards zero.")
    batch_size: int = parameter(
        256, low=2, high=4096, step=1, unit="samples", group="optimiser", help="Samples per step.")
