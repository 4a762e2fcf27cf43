"""Learning rates that change from step to step or from epoch to epoch."""

from __future__ import annotations

import math


def cosine(first: float, last: float, at: int, steps: int) -> float:
    """``first`` at step 0, falling along half a cosine so that it would reach ``last`` at ``steps``."""
    return last + (first - last) * (1 + math.cos(math.pi * at / steps)) / 2


def up_and_down(epoch: int, epochs: int) -> float:
    """A factor for an epoch, from 0: rising to 1 over the first half of the epochs, rounded up, then falling.

    It never reaches 0: five epochs have 1/3, 2/3, 1, 2/3, 1/3.
    """
    rising, number = (epochs + 1) // 2, epoch + 1
    return number / rising if number <= rising else (epochs + 1 - number) / (epochs + 1 - rising)
