"""A digest of tensors by name, so that changed or damaged weights are noticed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from torch import Tensor, uint8


def digest(tensors: Mapping[str, Tensor]) -> str:
    """The sha256 over names, kinds, shapes and bytes of these tensors, 64 hex digits."""
    found = hashlib.sha256()
    for name, value in sorted(tensors.items()):
        found.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        found.update(value.detach().cpu().contiguous().flatten().view(uint8).numpy().data)
    return found.hexdigest()
