"""Objects as a key: for remembering what was worked out from records that have no hash."""

from __future__ import annotations

from collections.abc import Iterable
from operator import is_
from typing import Generic, TypeVar

T = TypeVar("T")


class Same(Generic[T]):
    """Some objects in order; equal to another one only where these are the very same objects.

    They are kept alive by it, so that no later object takes the place of one of them.

    >>> one, other = [1], [1]
    >>> Same([one]) == Same([one]), Same([one]) == Same([other])
    (True, False)
    """

    def __init__(self, objects: Iterable[T]):
        self.objects = tuple(objects)
        self._hash = hash(tuple(map(id, self.objects)))

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Same) and len(self.objects) == len(other.objects)
                                 and all(map(is_, self.objects, other.objects)))

    def __hash__(self) -> int:
        return self._hash
