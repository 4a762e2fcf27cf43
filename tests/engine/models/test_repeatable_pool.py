"""Pooling in turns has torch's values and gradients."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from engine.models import _repeatable_pool
from engine.models._repeatable_pool import InTurns, RepeatableMaxPool2d, repeatable
from engine.registry import get


@pytest.mark.parametrize("shape, kernel, stride, padding", [
    ((2, 3, 16, 16), 3, 2, 1), ((1, 2, 7, 9), 3, 2, 1), ((2, 2, 8, 8), 3, 2, 0), ((1, 1, 6, 6), 3, 1, 1),
    ((1, 2, 5, 5), 5, 2, 2)])
def test_values_and_gradients_are_torchs(shape, kernel, stride, padding):
    rng = torch.Generator().manual_seed(1)
    x = torch.randn(shape, generator=rng, dtype=torch.float64).relu()  # many windows hold nothing but zeros
    mine, other = (x.clone().contiguous(memory_format=torch.channels_last).requires_grad_() for _ in range(2))
    answers = InTurns.apply(mine, kernel, stride, padding), F.max_pool2d(other, kernel, stride, padding)
    assert torch.equal(*answers)
    sent = torch.randint(-9, 10, answers[0].shape, generator=rng).double()  # whole numbers add up alike in any order
    for answer in answers:
        answer.backward(sent)
    assert torch.equal(mine.grad, other.grad)


def test_networks_take_turns_on_a_card_alone(monkeypatch):
    net = get("model", "resnet18").build(10, 3)
    assert [type(layer) for layer in net.modules() if isinstance(layer, nn.MaxPool2d)] == [RepeatableMaxPool2d]
    assert type(repeatable(nn.MaxPool2d(2))) is nn.MaxPool2d  # its windows do not overlap
    used = []
    monkeypatch.setattr(InTurns, "apply", lambda *arguments: used.append(arguments[1:]))
    pool, x = repeatable(nn.MaxPool2d(3, stride=2, padding=1)), torch.ones(1, 1, 8, 8)
    assert pool(x).shape == (1, 1, 4, 4) and used == []
    monkeypatch.setattr(_repeatable_pool, "on_card", lambda device: True)
    pool(x)
    assert used == [(3, 2, 1)]
