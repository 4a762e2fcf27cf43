"""What methods that change two-dimensional convolutions share."""

from __future__ import annotations

from typing import Any

from engine.kind import kind_of
from engine.types import Dataset


def convolutions(model: Any) -> list[Any]:
    """The two-dimensional convolutions of a network, in the order in which they were made."""
    from torch import nn

    return [layer for layer in model.modules() if isinstance(layer, nn.Conv2d)]


def lacking(what: str, dataset: Dataset, model: Any) -> str | None:
    """Why a method that does ``what`` with convolutions cannot work there, None where it can."""
    if model is None and not kind_of(dataset).convolved:
        return f"{what} two-dimensional convolutions, which the models for {dataset.title} do not have: choose images."
    if model is not None and not model.convolutional:
        return f"{what} two-dimensional convolutions, and {model.title} is not made of them: choose another model."
    return None
