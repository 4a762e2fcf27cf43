"""A small vision transformer (Dosovitskiy et al. 2021): torchvision's, with patches of 4x4 pixels of a 32x32 picture.

Four layers of four heads, 128 wide. A picture of another size is scaled to 32x32 first, since positions are learned.
"""

from __future__ import annotations

from typing import Any

from engine.types import Model, Recipe

SIDE, PATCH, LAYERS, HEADS, WIDTH, INNER = 32, 4, 4, 4, 128, 256


def build(classes: int, channels: int) -> Any:
    """The net for (B, channels, H, W) inputs; logits (B, classes)."""
    import torch
    import torch.nn.functional as F
    from torch import nn
    from torchvision.models.vision_transformer import Encoder, VisionTransformer

    class Positions(Encoder):  # type: ignore[misc]  # torchvision is untyped
        def reset_parameters(self) -> None:
            nn.init.normal_(self.pos_embedding, std=0.02)

    class Attention(nn.MultiheadAttention):
        def reset_parameters(self) -> None:
            nn.init.xavier_uniform_(self.in_proj_weight)
            nn.init.zeros_(self.in_proj_bias)

    class SmallViT(VisionTransformer):  # type: ignore[misc]
        def reset_parameters(self) -> None:
            nn.init.zeros_(self.class_token)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if x.shape[2:] != (SIDE, SIDE):
                x = F.interpolate(x, (SIDE, SIDE), mode="bilinear", align_corners=False)
            logits: torch.Tensor = super().forward(x)
            return logits

    net = SmallViT(SIDE, PATCH, LAYERS, HEADS, WIDTH, INNER, num_classes=classes)
    net.conv_proj = nn.Conv2d(channels, WIDTH, PATCH, stride=PATCH)
    net.encoder.__class__ = Positions
    for module in net.modules():
        if type(module) is nn.MultiheadAttention:
            module.__class__ = Attention
    return net


MODEL = Model(
    name="vit_small",
    title="Small vision transformer",
    kind="image",
    build=build,
    summary="torchvision's vision transformer with 4x4 patches, half a million weights; no batch norm.",
    source="Dosovitskiy et al. 2021, arXiv:2010.11929; torchvision",
    min_input_size=8,
    recipes={name: Recipe(optimiser="adamw", learning_rate=1e-3, weight_decay=0.05, batch_size=batch, epochs=epochs,
                          final_lr_fraction=0.01, augment=augment)
             for name, batch, epochs, augment in (("digits", 64, 20, False), ("cifar10", 128, 60, True),
                                                  ("cifar100", 128, 60, True))},
)
