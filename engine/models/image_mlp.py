"""A multilayer perceptron for pictures: averaged to 16x16 pixels, two hidden layers, no convolution and no batch norm.

Smaller pictures have their pixels repeated up to 16x16.
"""

from __future__ import annotations

from typing import Any

from engine.types import Model, Recipe

SIDE, WIDTHS = 16, (512, 256)


def build(classes: int, channels: int) -> Any:
    """The net for (B, channels, H, W) inputs; logits (B, classes)."""
    from torch import nn

    layers: list[nn.Module] = [nn.AdaptiveAvgPool2d(SIDE), nn.Flatten()]
    for inside, outside in zip((channels * SIDE * SIDE, *WIDTHS), WIDTHS, strict=False):
        layers += [nn.Linear(inside, outside), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(WIDTHS[-1], classes))


MODEL = Model(
    name="image_mlp",
    title="Perceptron for pictures",
    kind="image",
    build=build,
    summary="Two hidden layers of 512 and 256 units on 16x16 pixels; trains in seconds.",
    source="this project",
    min_input_size=8,
    recipes={"digits": Recipe(optimiser="sgd", learning_rate=0.05, momentum=0.9, weight_decay=5e-4, batch_size=64,
                              epochs=60, final_lr_fraction=0.001)},
)
