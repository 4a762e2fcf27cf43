"""Whose batch statistics normalise: a choice for methods that pass over D_f alone, or over pairs of batches."""

from __future__ import annotations

from typing import Any

from engine.types import parameter


def batch_norm(default: str, more: str = "") -> Any:
    """The choice between training and evaluation mode; dropout follows it. ``more`` is said at the end."""
    said = "train: batch statistics, updated along the way; eval: the Original's statistics stay frozen."
    return parameter(default, choices=("train", "eval"), group="batch norm", help=f"{said} {more}".strip())
