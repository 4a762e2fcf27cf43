"""Hyperparameters that several methods share, declared once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.types import Auto, Setting, parameter


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
    retain_epochs: int = parameter(
        6, low=1, high=200, step=1, unit="epochs", group="schedule",
        help="Budget: all batches together, forget and retain, cost as much as this many passes over the retain set.")
    max_forget_epochs: int = parameter(
        0, low=0, high=10_000, step=1, unit="epochs", group="schedule",
        help="At most this many passes over the forget set (the authors' robustness grid: 80); 0 means no cap.")
    batch_norm: str = parameter(
        "train", choices=("train", "eval"), group="batch norm",
        help="train: batch statistics, updated along the way; eval: the Original's statistics stay frozen.")


def capped(epochs: int, cap: int) -> int:
    """At least one epoch, and at most ``cap`` where a cap is set."""
    epochs = max(1, epochs)
    return min(epochs, cap) if cap else epochs


def recipe_value(name: str) -> Auto:
    """An automatic hyperparameter that repeats what the Original was trained with."""

    def value(setting: Setting) -> Any:
        return getattr(setting.recipe, name)

    return Auto("as the Original was trained", value)
