"""Which stores keep files and connections open: those that were used last, whatever else a process has opened.

A process that goes from one results folder to another, as notebooks and tests do, would keep the files of all of them
until it ends. One that is let go of opens its files again when it is asked.
"""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from typing import Protocol

MOST = 8  # stores with open files


class Closable(Protocol):
    """What can let go of its files."""

    def close(self) -> None: ...


class Recent:
    """The ones that were used last; nobody is kept alive by being one of them."""

    def __init__(self, most: int):
        self._most, self._lock = most, threading.Lock()
        self._used: OrderedDict[int, weakref.ref[Closable]] = OrderedDict()

    def use(self, one: Closable) -> None:
        """``one`` is about to be used: where too many are, the one that was not used for longest lets go."""
        with self._lock:
            self._used[id(one)] = weakref.ref(one)
            self._used.move_to_end(id(one))
            old = [self._used.popitem(last=False)[1]() for _ in range(len(self._used) - self._most)]
        for other in old:
            if other is not None:
                other.close()


RECENT = Recent(MOST)
