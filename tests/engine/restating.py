"""Tasks in float64 whose batches are written down, so that a published update can be restated in plain torch."""

from __future__ import annotations

from typing import Any

import torch
from helping import toy_task
from torch import nn

PIXELS = 5


def double_net(classes: int = 3, seed: int = 1) -> nn.Module:
    """Two linear layers with batch norm between, in float64."""
    net = nn.Sequential(nn.Flatten(), nn.Linear(PIXELS, 7), nn.BatchNorm1d(7), nn.ReLU(), nn.Linear(7, classes))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        for weight in net.parameters():
            weight.data = torch.randn(weight.shape) / 2
    return net.double()


def double_task(net: nn.Module, samples: int = 24, forget: int = 8, classes: int = 3, fresh: Any = None) -> Any:
    """Rows of random pixels with random labels, the first ``forget`` of them to forget; batches come in float64.

    ``task.read`` lists the index of every batch whose loss or logits were asked for.
    """
    rng = torch.Generator().manual_seed(2)
    pixels = (torch.rand(samples, PIXELS, generator=rng) * 255).round() / 255
    labels = torch.randint(0, classes, (samples,), generator=rng).tolist()
    task = toy_task(net, labels, forget, pixels=[tuple(row) for row in pixels.tolist()], classes=classes)
    task.read, task.fresh = [], fresh or (lambda: net)
    inputs = (task.data.train.images.double() / 255).permute(0, 3, 1, 2)
    task.batch = lambda index, augment=None: (inputs[index], task.data.train.labels[index])

    def logits(index: torch.Tensor) -> torch.Tensor:
        task.read.append(index)
        return task.model(inputs[index])

    task.logits = logits
    return task


def distance(model: nn.Module, weights: list[torch.Tensor], start: list[torch.Tensor]) -> float:
    """How far a model is from the weights that it should have, relative to how far these have moved."""
    now = torch.cat([weight.detach().flatten() for weight in model.parameters()])
    wanted, before = (torch.cat([weight.detach().flatten() for weight in part]) for part in (weights, start))
    return float((now - wanted).norm() / (wanted - before).norm())
