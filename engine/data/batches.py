"""How many batches a set makes: one rule for planning and for drawing, without torch.

A last batch of a single sample is joined to the one before it, because batch norm in training mode
cannot see one sample alone.
"""

from __future__ import annotations


def batch_sizes(samples: int, batch_size: int) -> list[int]:
    """The sizes of the batches of one pass: full ones, then the rest."""
    sizes = [batch_size] * (samples // batch_size)
    rest = samples % batch_size
    if rest == 1 and sizes:
        sizes[-1] += 1
    elif rest:
        sizes.append(rest)
    return sizes


def steps_in(samples: int, batch_size: int) -> int:
    """Number of batches of one pass."""
    return len(batch_sizes(samples, batch_size))


def drawn_by_cycle(steps: int, samples: int, batch_size: int) -> int:
    """Number of samples in ``steps`` batches, the set being passed again and again."""
    sizes = batch_sizes(samples, batch_size)
    passes, rest = divmod(steps, len(sizes))
    return passes * samples + sum(sizes[:rest])
