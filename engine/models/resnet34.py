"""ResNet34 (He et al. 2015) as torchvision builds it, with the CIFAR stem, for pictures from 8x8 pixels."""

from __future__ import annotations

from typing import Any

from engine.models._cifar_stem import with_cifar_stem
from engine.types import Model


def build(classes: int, channels: int) -> Any:
    """The net for (B, channels, H, W) inputs; logits (B, classes)."""
    from torchvision.models import resnet34

    return with_cifar_stem(resnet34(weights=None, num_classes=classes), channels)


MODEL = Model(
    name="resnet34",
    title="ResNet34",
    kind="image",
    convolutional=True,
    build=build,
    summary="torchvision's ResNet34 with the CIFAR stem, 21.3 million weights; slow without a GPU.",
    source="He et al. 2015, arXiv:1512.03385; torchvision",
    min_input_size=8,
)
