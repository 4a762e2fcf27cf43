"""Values of which some may be unknown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


def all_known(values: Iterable[T | None]) -> list[T] | None:
    """The values as a list; None where one of them is None.

    >>> all_known([1, 2]), all_known([1, None])
    ([1, 2], None)
    """
    known: list[T] = []
    for value in values:
        if value is None:
            return None
        known.append(value)
    return known
