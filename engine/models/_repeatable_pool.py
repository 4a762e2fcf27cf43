"""Maximum pooling whose windows overlap, with a gradient that is the same each time on a card.

CUDA adds up what several windows send to one pixel in whatever order they come, so that a run does not repeat bit by
bit. Here the taps of the window take turns. Elsewhere, and where windows do not overlap, torch's own is used.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.system.device import on_card


class RepeatableMaxPool2d(nn.MaxPool2d):
    """Takes turns on a card; there is nothing to train in it."""

    def forward(self, x: Tensor) -> Tensor:
        pooled: Tensor = (InTurns.apply(x, self.kernel_size, self.stride, self.padding) if on_card(x.device)
                          else super().forward(x))
        return pooled


def repeatable(network: nn.Module) -> nn.Module:
    """Lets every square pooling with overlapping windows take turns on a card."""
    for module in network.modules():
        if (type(module) is nn.MaxPool2d and isinstance(module.kernel_size, int) and isinstance(module.stride, int)
                and isinstance(module.padding, int) and module.kernel_size > module.stride and module.dilation == 1
                and not module.ceil_mode and not module.return_indices):
            module.__class__ = RepeatableMaxPool2d
    return network


class InTurns(torch.autograd.Function):
    """torch's ``max_pool2d``; its gradient is added tap by tap to the padded picture."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, kernel: int, stride: int, padding: int) -> Tensor:
        pooled, where = F.max_pool2d(x, kernel, stride, padding, return_indices=True)
        ctx.save_for_backward(where)
        ctx.shape, ctx.settings = x.shape, (kernel, stride, padding)
        return pooled

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        (where,), (kernel, stride, padding) = ctx.saved_tensors, ctx.settings
        height, width = ctx.shape[2:]
        down, across = gradient.shape[2:]
        rows, columns = (torch.arange(count, device=gradient.device) * stride - padding for count in (down, across))
        to = gradient.new_zeros(*ctx.shape[:2], height + 2 * padding, width + 2 * padding)
        for dy in range(kernel):
            for dx in range(kernel):
                chosen = where == (rows + dy)[:, None] * width + (columns + dx)
                part = torch.where(chosen, gradient, 0)
                to[:, :, dy:dy + stride * down:stride, dx:dx + stride * across:stride] += part
        return to[:, :, padding:padding + height, padding:padding + width], None, None, None
