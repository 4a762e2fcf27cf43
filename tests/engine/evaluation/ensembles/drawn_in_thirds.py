"""States as ensembles have them."""

from __future__ import annotations

import numpy as np


def thirds(models: int, samples: int, seed: int = 0) -> np.ndarray:
    """States in which every sample is forgotten, kept and left out equally often."""
    rng = np.random.default_rng(seed)
    blocks = [(rng.permutation(samples) % 3 + np.arange(3)[:, None]) % 3 for _ in range(-(-models // 3))]
    return np.concatenate(blocks)[:models]
