"""A recorder for CPUs, which does what CUDA graphs do: it repeats operations on the same memory, without Python.

As on a card, recording leaves every tensor as it was.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Tape(TorchDispatchMode):
    """Notes every operation with its arguments and results, also those of the backward pass."""

    def __init__(self) -> None:
        super().__init__()
        self.noted: list[tuple[Any, Any, Any, Any]] = []
        self.before: dict[int, tuple[Tensor, Tensor]] = {}  # what is not made here, as it was
        self.made: set[int] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        for one in tree_leaves((args, kwargs)):
            if isinstance(one, Tensor) and id(one) not in self.made and id(one) not in self.before:
                self.before[id(one)] = (one, one.detach().clone())
        result = func(*args, **kwargs)
        self.noted.append((func, args, kwargs, result))
        self.made |= {id(one) for one in tree_leaves(result) if id(one) not in self.before}
        return result

    def undo(self) -> None:
        """Gives every tensor that was there before its former values: batch norm changes some without saying so."""
        with torch.no_grad():
            for one, value in self.before.values():
                one.detach().copy_(value)

    def replay(self) -> None:
        """Does it all again, each result in the memory where it was the first time."""
        with torch.no_grad():
            for func, args, kwargs, result in self.noted:
                for old, new in zip(tree_leaves(result), tree_leaves(func(*args, **kwargs)), strict=True):
                    if isinstance(old, Tensor) and old.data_ptr() != new.data_ptr():
                        old.detach().copy_(new)


class TapeRecorder:
    """Counts what was recorded and replayed."""

    def __init__(self) -> None:
        self.recorded = self.replayed = 0

    def lane(self) -> contextlib.AbstractContextManager[Any]:
        return contextlib.nullcontext()

    def record(self, work: Callable[[], Tensor]) -> tuple[Callable[[], None], Tensor]:
        self.recorded += 1
        with Tape() as tape:
            result = work()
        tape.undo()

        def replay() -> None:
            self.replayed += 1
            tape.replay()

        return replay, result
