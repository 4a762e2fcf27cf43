"""The short way over small maps gives what the convolution gives: by hand, and against torch."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from engine.models._small_maps import SmallMapConv2d, shorten
from engine.registry import get


def pair(channels: int = 3, out: int = 5, stride: int = 1) -> tuple[nn.Conv2d, nn.Module]:
    torch.manual_seed(0)
    plain = nn.Conv2d(channels, out, 3, stride, 1, bias=False).to(memory_format=torch.channels_last)
    return plain, shorten(copy.deepcopy(nn.Sequential(plain)))[0]


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (1, 2), (2, 1), (4, 4)])
def test_equals_the_convolution_forward_and_backward(shape, stride):
    plain, short = pair(stride=stride)
    x = torch.randn(7, 3, *shape).to(memory_format=torch.channels_last)
    results = []
    for layer in (plain, short):
        given = x.clone().requires_grad_()
        out = layer(given)
        (out * torch.linspace(-1, 1, out.numel()).view_as(out)).sum().backward()
        results.append((out.detach(), given.grad, layer.weight.grad))
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_a_single_pixel_meets_the_middle_of_the_kernel_only():
    layer = shorten(nn.Sequential(nn.Conv2d(1, 1, 3, padding=1, bias=False)))[0]
    with torch.no_grad():
        layer.weight.copy_(torch.arange(9.0).view(1, 1, 3, 3))
    out = layer(torch.full((1, 1, 1, 1), 2.0))
    out.sum().backward()
    assert out.item() == 8.0  # 2 times the middle tap, 4
    assert layer.weight.grad.flatten().tolist() == [0, 0, 0, 0, 2, 0, 0, 0, 0]


def test_resnet_keeps_its_weights_names_and_shapes():
    from torchvision.models import resnet18

    ours, theirs = get("model", "resnet18").build(10, 3), resnet18(weights=None, num_classes=10)
    assert {n: v.shape for n, v in ours.state_dict().items()} == {n: v.shape for n, v in theirs.state_dict().items()}
    assert sum(isinstance(m, SmallMapConv2d) for m in ours.modules()) == 16  # all 3x3 convolutions of the 8 blocks


def test_other_convolutions_are_left_alone():
    net = shorten(nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(3, 4, 1, bias=False),
                                nn.Conv2d(4, 4, 3, padding=1, groups=2, bias=False)))
    assert [type(m) for m in net] == [nn.Conv2d] * 3
