"""The ten splits of the paper's attacker, drawn once for a number of rows."""

from __future__ import annotations

import functools

import numpy as np


@functools.lru_cache(maxsize=16)
def splits(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers (10, .) to fit on and to hold out, for ``count`` rows of which the second half are members.

    Nine tenths to learn from each time. ``seed`` is that of the splits: what is remembered depends on it.
    """
    from sklearn.model_selection import StratifiedShuffleSplit

    drawn = StratifiedShuffleSplit(n_splits=10, test_size=0.1, random_state=seed)
    pairs = list(drawn.split(np.zeros((count, 1)), np.repeat([0, 1], count // 2)))
    return np.stack([fit for fit, _ in pairs]), np.stack([held for _, held in pairs])
