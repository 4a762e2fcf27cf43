"""Random numbers: every draw comes from a generator made from a seed and a purpose.

Global random state is set only where layers draw from it (``engine.training.dropout``) and put back at once, so a run
gives the same result whatever ran before it in the same process, and a resumed training draws what it would have drawn.
"""

from __future__ import annotations

import hashlib

import torch


def generator(seed: int, purpose: str, device: torch.device | str = "cpu") -> torch.Generator:
    """A generator for one purpose, e.g. ``generator(0, "batches/epoch 3")``."""
    digest = hashlib.sha256(f"{seed}/{purpose}".encode()).digest()
    return torch.Generator(device=device).manual_seed(int.from_bytes(digest[:8], "big") >> 1)


def permutation(n: int, seed: int, purpose: str) -> torch.Tensor:
    """A permutation of ``range(n)``, int64 of shape (n,), drawn on the CPU on every device."""
    return torch.randperm(n, generator=generator(seed, purpose))
