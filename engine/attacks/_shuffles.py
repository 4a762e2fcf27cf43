"""The attacker's random draws: the published ones, unless a run names a seed of its evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_named: ContextVar[int | None] = ContextVar("attack_shuffles", default=None)


@contextmanager
def shuffled_by(seed: int | None) -> Iterator[None]:
    """Attacks within draw by this seed; None keeps the published draws, which are the same in every run."""
    before = _named.set(seed)
    try:
        yield
    finally:
        _named.reset(before)


def shuffle_seed(published: int) -> int:
    """The seed of one draw: ``published`` where none is named, else one that depends on both."""
    named = _named.get()
    if named is None:
        return published
    import numpy as np

    return int(np.random.default_rng([published, named]).integers(2**31))
