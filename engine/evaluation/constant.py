"""Whether a model says the same of every sample: such a model is broken, and no measure of it means anything."""

from __future__ import annotations

from torch import Tensor

from engine.system.device import exact

DIFFERENT = 1e-6  # relative: a model whose answers differ less than this from sample to sample is constant


def is_constant(logits: Tensor) -> bool:
    """Whether all rows of logits (N, C) are the same but for rounding; one row alone is not constant.

    phi does not show it: it is that of the label, and so has a value a class.

    Examples
    --------
    >>> import torch
    >>> is_constant(torch.tensor([[2.0, 1.0], [2.0, 1.0]])), is_constant(torch.tensor([[2.0, 1.0], [2.0, 1.1]]))
    (True, False)
    """
    if len(logits) < 2:
        return False
    values = exact(logits)
    spread = values.max(dim=0).values - values.min(dim=0).values
    return bool((spread <= DIFFERENT * (1 + values.abs().max())).all())
