"""ResNet18 with the CIFAR stem, as most public CIFAR checkpoints have it; :mod:`engine.models.resnet18` is the paper's.

The weights have torchvision's names. Checkpoints of kuangliu/pytorch-cifar fit once their names are changed, which
``import-original`` does.
"""

from __future__ import annotations

from typing import Any

from engine.models._cifar_stem import with_cifar_stem
from engine.types import Model


def build(classes: int, channels: int) -> Any:
    """The net for (B, channels, H, W) inputs; logits (B, classes)."""
    from torchvision.models import resnet18

    return with_cifar_stem(resnet18(weights=None, num_classes=classes), channels)


MODEL = Model(
    name="resnet18_cifar",
    title="ResNet18 (CIFAR stem)",
    kind="image",
    convolutional=True,
    build=build,
    summary="torchvision's ResNet18 with a 3x3 first convolution and no pooling, 11.2 million weights.",
    source="He et al. 2015, arXiv:1512.03385; torchvision",
    min_input_size=8,
)
