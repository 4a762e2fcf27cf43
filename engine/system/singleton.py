"""What a process has once, held where hot reload of modules does not lose it."""

from __future__ import annotations

import sys
import threading
import types
from collections.abc import Callable
from typing import TypeVar

V = TypeVar("V")
HOLDER = "_unlearning_singletons"  # a module that no file backs: reloading leaves it alone


def singleton(kind: str, key: str, make: Callable[[], V]) -> V:
    """The process's one value of this kind and key; made on first use, by one thread."""
    held = sys.modules.setdefault(HOLDER, types.ModuleType(HOLDER)).__dict__
    with held.setdefault("lock", threading.RLock()):
        values: dict[str, V] = held.setdefault(kind, {})
        if key not in values:
            values[key] = make()
        return values[key]
