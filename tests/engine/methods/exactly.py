"""A task in double precision that writes down which samples it was asked for, and SGD written out by hand."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import torch
from helping import make_task, parameters_of, small_split
from torch import nn

from engine.registry import get
from engine.training.loop import Task


@dataclasses.dataclass
class DoubleTask(Task):
    asked: list[torch.Tensor] = dataclasses.field(default_factory=list)

    def inputs(self, index: torch.Tensor) -> torch.Tensor:
        return self.batch(index)[0].double()

    def logits(self, index: torch.Tensor) -> torch.Tensor:
        self.asked.append(index)
        return self.model(self.inputs(index))


def double_task(digits: Any, net: nn.Module, forget: int = 7, retain: int = 12) -> DoubleTask:
    """The first digits; ``net`` is the Original, and stays as it is."""
    plain = make_task(digits, small_split(forget, retain))
    fields = {field.name: getattr(plain, field.name) for field in dataclasses.fields(plain)}
    return DoubleTask(**(fields | {"model": copy.deepcopy(net)}))


def relabelled(task: DoubleTask, which: slice) -> DoubleTask:
    """The same task with the next class for these training samples."""
    labels = task.data.train.labels.clone()
    labels[which] = (labels[which] + 1) % 10
    train = dataclasses.replace(task.data.train, labels=labels)
    return dataclasses.replace(task, data=dataclasses.replace(task.data, train=train), asked=[])


def perceptron(seed: int = 1) -> nn.Module:
    """64 pixels, 6 tanh units, 10 classes, in double precision."""
    return _drawn(nn.Sequential(nn.Flatten(), nn.Linear(64, 6), nn.Tanh(), nn.Linear(6, 10)), seed)


def conv_net(seed: int = 1) -> nn.Module:
    """Two convolutions with batch norm, a 1x1 one and a head over averaged maps, in double precision."""
    return _drawn(nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3), nn.Tanh(), nn.Conv2d(3, 4, 3, padding=1, bias=False),
        nn.Tanh(), nn.Conv2d(4, 4, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 10)), seed)


def _drawn(net: nn.Module, seed: int) -> nn.Module:
    rng = torch.Generator().manual_seed(seed)
    for weight in net.parameters():
        weight.data = torch.randn(weight.shape, generator=rng, dtype=torch.float64) / 2
    return net.double()


def run(method: str, task: Task, **values: Any) -> list[Any]:
    return list(get("method", method).unlearn(task, parameters_of(method, task.split.sizes, **values)))


class ByHand:
    """SGD with momentum, as its formula has it: v <- m v + g + d w, w <- w - lr v."""

    def __init__(self, net: nn.Module, momentum: float = 0.0, decay: float = 0.0):
        self.weights, self.momentum, self.decay = list(net.parameters()), momentum, decay
        self.velocity = [torch.zeros_like(weight) for weight in self.weights]

    def step(self, loss: torch.Tensor, rate: float) -> None:
        gradients = torch.autograd.grad(loss, self.weights)
        with torch.no_grad():
            for at, (weight, gradient) in enumerate(zip(self.weights, gradients)):
                pull = gradient + self.decay * weight
                self.velocity[at] = self.momentum * self.velocity[at] + pull
                weight -= rate * self.velocity[at]


def cross_entropy(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Mean of -log p, from exponentials."""
    return -(logits.exp() / logits.exp().sum(1, keepdim=True)).gather(1, labels[:, None]).log().mean()


def apart(one: nn.Module, other: nn.Module) -> float:
    """The largest difference of two networks' states, relative to the largest entry of each tensor."""
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return max(float((a - b).abs().max() / b.abs().max().clamp(min=1e-300)) for a, b in pairs)
