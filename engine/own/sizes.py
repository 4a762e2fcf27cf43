"""How long data are passed through, by their number."""

from __future__ import annotations

SMALL = 5_000  # training samples up to which batches are small


def passes(train: int, fewest: int, most: int, samples: int) -> int:
    """So many passes that about ``samples`` samples are seen, within bounds."""
    return max(fewest, min(most, samples // max(train, 1)))
