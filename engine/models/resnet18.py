"""ResNet18 (He et al. 2015) as torchvision builds it, with the ImageNet stem, on 32x32 inputs (paper, section 5.1)."""

from __future__ import annotations

from typing import Any

from engine.types import Model


def build(classes: int, channels: int) -> Any:
    """torchvision's ``resnet18(weights=None)`` for (B, channels, H, W) inputs; logits (B, classes)."""
    from torch import nn
    from torchvision.models import resnet18

    from engine.models._repeatable_pool import repeatable
    from engine.models._small_maps import shorten

    net = resnet18(weights=None, num_classes=classes)
    if channels != 3:
        net.conv1 = nn.Conv2d(channels, 64, 7, stride=2, padding=3, bias=False)
    return shorten(repeatable(net))


MODEL = Model(
    name="resnet18",
    title="ResNet18",
    kind="image",
    convolutional=True,
    build=build,
    summary="The paper's image model: torchvision's ResNet18 with the ImageNet stem, 11.2 million weights.",
    source="He et al. 2015, arXiv:1512.03385; torchvision",
    min_input_size=32,
)
