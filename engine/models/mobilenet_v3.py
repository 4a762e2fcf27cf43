"""MobileNetV3 small (Howard et al. 2019) as torchvision builds it, with two strides fewer for small pictures.

torchvision's net halves the picture five times, which leaves a single pixel of 32x32. Here the first convolution and
the first block have stride 1, so that 32x32 ends as 4x4. The weights have torchvision's names and shapes.
"""

from __future__ import annotations

from typing import Any

from engine.types import Model


def build(classes: int, channels: int) -> Any:
    """The net for (B, channels, H, W) inputs; logits (B, classes)."""
    from torch import nn
    from torchvision.models import mobilenet_v3_small

    net = mobilenet_v3_small(weights=None, num_classes=classes)
    first, second = net.features[0][0], net.features[1].block[0][0]
    net.features[0][0] = nn.Conv2d(channels, first.out_channels, 3, padding=1, bias=False)
    second.stride = (1, 1)
    return net


MODEL = Model(
    name="mobilenet_v3",
    title="MobileNetV3 small",
    kind="image",
    convolutional=True,
    build=build,
    summary="A light net of depthwise convolutions with two strides fewer, 1.5 million weights.",
    source="Howard et al. 2019, arXiv:1905.02244; torchvision",
    min_input_size=8,
)
