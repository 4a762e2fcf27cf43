"""What the tests share that restate a method's formula: one layer and six samples, in float64."""

from __future__ import annotations

from typing import Any

import torch
from helping import toy_task
from torch import nn

PIXELS = [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 1.0, 1.0), (1.0, 0.0, 1.0), (1.0, 1.0, 0.0), (0.0, 0.0, 1.0)]
LABELS = [0, 1, 2, 2, 1, 0]


class Linear(nn.Module):
    """Three pixels to three classes, without a bias; its input is made float64."""

    def __init__(self) -> None:
        super().__init__()
        rng = torch.Generator().manual_seed(4)
        self.weight = nn.Parameter(torch.randn(3, 3, generator=rng, dtype=torch.float64))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return inputs.double().flatten(1) @ self.weight.T


def exact_task(monkeypatch: Any, forget: int) -> tuple[Any, torch.Tensor, torch.Tensor, torch.Tensor]:
    """A task on that layer whose logits stay float64; its weight (3, 3), and all inputs (6, 3) and labels (6,)."""
    monkeypatch.setattr(torch.Tensor, "float", torch.Tensor.double)
    task = toy_task(Linear(), LABELS, forget, PIXELS, classes=3)
    inputs, labels = task.batch(torch.arange(len(LABELS)))
    return task, task.model.weight.detach().clone(), inputs.double().flatten(1), labels


def gradient(weight: torch.Tensor, x: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Of the batch's mean cross entropy to distributions (B, 3): (p - q) outer x, divided by B."""
    odds = (x @ weight.T).exp()
    return (odds / odds.sum(1, keepdim=True) - targets).T @ x / len(x)


def losses(weight: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Cross entropy of each sample (B,)."""
    logits = x @ weight.T
    return torch.log(logits.exp().sum(1)) - logits[torch.arange(len(y)), y]


def one_hot(y: torch.Tensor) -> torch.Tensor:
    return torch.eye(3, dtype=torch.float64)[y]


def error(found: torch.Tensor, wanted: torch.Tensor) -> float:
    """The largest relative error of any weight."""
    return float(((found.detach() - wanted).abs() / wanted.abs()).max())
