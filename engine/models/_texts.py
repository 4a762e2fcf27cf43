"""What text models share: a batch is read in parts of like length, so that little time goes into padding.

The order of the samples, and with it which of them make a step, stays random: only within a batch are texts
sorted, read in a few parts each cut to its own longest text, and put back. ``benchmarks/text.py`` measures the gain.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

LONGEST = 40  # tokens of a text (METHODS.md)


def by_length(read: Callable[[Tensor], Tensor], tokens: Tensor, padding: int, at_once: int) -> Tensor:
    """``read`` on ``tokens`` (B, L), about ``at_once`` texts of like length at a time; rows in the order given."""
    import torch

    lengths = (tokens != padding).sum(dim=1).clamp(min=1)
    if len(tokens) <= at_once:
        return read(tokens[:, :int(lengths.max())])
    order = lengths.argsort(stable=True)
    parts = order.split(-(-len(order) // -(-len(order) // at_once)))
    ends = lengths[torch.stack([part[-1] for part in parts])].tolist()
    answers = torch.cat([read(tokens[part, :end]) for part, end in zip(parts, ends, strict=True)])
    return answers[order.argsort()]
