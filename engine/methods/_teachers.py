"""What methods share that learn from a frozen network on D_f and a sample of D_r: the sample, and the answers."""

from __future__ import annotations

from typing import Any

READ_AT_ONCE = 1_000


def retain_count(retain: int, share: float) -> int:
    """How many samples of D_r are used, at least one."""
    return max(1, round(share * retain))


def retain_sample(task: Any, share: float) -> Any:
    """The part of D_r that is used: drawn once, without replacement."""
    from engine.system.rng import permutation

    retain = task.split.retain
    chosen = permutation(len(retain), task.seed, "retain sample")[:retain_count(len(retain), share)]
    return retain[chosen.to(retain.device)]


def answers(task: Any, teacher: Any, index: Any) -> Any:
    """A frozen teacher's logits (N, C) for these training samples."""
    import torch

    from engine.system.device import autocast

    with torch.no_grad(), autocast(task.device):
        return torch.cat([teacher(task.batch(part)[0]).float() for part in index.split(READ_AT_ONCE)])
