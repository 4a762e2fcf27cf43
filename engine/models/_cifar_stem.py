"""The stem that residual networks have on CIFAR: one 3x3 convolution of stride 1, no pooling (He et al. 2015, 4.2)."""

from __future__ import annotations

from typing import Any


def with_cifar_stem(net: Any, channels: int) -> Any:
    """A torchvision ResNet whose first layers keep the picture's size; the names of its weights stay."""
    from torch import nn

    net.conv1 = nn.Conv2d(channels, 64, 3, padding=1, bias=False)
    net.maxpool = nn.Identity()
    return net
