"""Which data sets the Playground plays with; torch is not needed to say so."""

from __future__ import annotations

from engine.kind import kind_of
from engine.registry import all_of

NOISE = "label_noise"  # the option whose wrong labels are forgotten there


def playable() -> tuple[str, ...]:
    """The names of the data sets of points in the plane that offer label noise."""
    return tuple(one.name for one in all_of("dataset")
                 if kind_of(one).in_plane(one) and any(option.name == NOISE for option in one.options))
