"""3x3 convolutions over maps of at most 2x2 pixels, as one matrix product.

ResNet18 with the ImageNet stem leaves 2x2 and 1x1 pixels of a 32x32 picture to its last two stages. There
a padded 3x3 kernel mostly multiplies padding, and oneDNN's backward pass pays for all nine taps: half of a
training step on a CPU. Written out as a matrix over (pixel, channel) the same sums take a fraction of it;
``benchmarks/training_step.py`` measures the gain. Results equal the convolution's up to the order of sums.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

LARGEST_MAP = 2  # pixels a side; from 4x4 on the written-out matrix is larger than it saves


class SmallMapConv2d(nn.Conv2d):
    """A convolution that takes the short way on small maps and on the CPU; the weights are the convolution's."""

    def forward(self, x: Tensor) -> Tensor:
        if x.device.type == "cpu" and max(x.shape[2:]) <= LARGEST_MAP:
            short_way: Tensor = _AsMatrix.apply(x, self.weight, self.stride[0])
            return short_way
        return super().forward(x)


def shorten(network: nn.Module) -> nn.Module:
    """Lets every padded 3x3 convolution without bias take the short way; names and weights stay as they are."""
    for module in network.modules():
        if (type(module) is nn.Conv2d and module.kernel_size == (3, 3) and module.padding == (1, 1)
                and module.dilation == (1, 1) and module.groups == 1 and module.bias is None
                and module.stride in ((1, 1), (2, 2)) and module.padding_mode == "zeros"):
            module.__class__ = SmallMapConv2d
    return network


def _taps(pixels: int, stride: int) -> list[tuple[int, int, int]]:
    """(output, input, tap) along one side: which kernel tap joins which pixels; the others meet padding."""
    outputs = (pixels - 1) // stride + 1
    return [(o, i, i - o * stride + 1) for o in range(outputs) for i in range(pixels) if 0 <= i - o * stride + 1 <= 2]


class _AsMatrix(torch.autograd.Function):
    """y = x W^T over flattened (pixel, channel) rows; W is laid out from the kernel's taps."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, stride: int) -> Tensor:
        b, channels, h, w = x.shape
        out_h, out_w = (h - 1) // stride + 1, (w - 1) // stride + 1
        joins = [(oy * out_w + ox, iy * w + ix, ky, kx)
                 for oy, iy, ky in _taps(h, stride) for ox, ix, kx in _taps(w, stride)]
        matrix = weight.new_zeros(out_h * out_w, weight.shape[0], h * w, channels)
        for out, into, ky, kx in joins:
            matrix[out, :, into] = weight[:, :, ky, kx]
        matrix = matrix.view(out_h * out_w * weight.shape[0], h * w * channels)
        rows = x.permute(0, 2, 3, 1).reshape(b, -1)
        ctx.save_for_backward(rows, matrix)
        ctx.joins, ctx.shapes, ctx.like = joins, (x.shape, weight.shape), weight.detach()
        return (rows @ matrix.t()).view(b, out_h, out_w, -1).permute(0, 3, 1, 2)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        rows, matrix = ctx.saved_tensors
        (b, channels, h, w), (outputs, *_) = ctx.shapes
        g = gradient.permute(0, 2, 3, 1).reshape(b, -1)
        to_x = to_weight = None
        if ctx.needs_input_grad[0]:
            to_x = (g @ matrix).view(b, h, w, channels).permute(0, 3, 1, 2)
        if ctx.needs_input_grad[1]:
            parts = (g.t() @ rows).view(-1, outputs, h * w, channels)
            to_weight = torch.zeros_like(ctx.like)
            for out, into, ky, kx in ctx.joins:
                to_weight[:, :, ky, kx] += parts[out, :, into]
        return to_x, to_weight, None
