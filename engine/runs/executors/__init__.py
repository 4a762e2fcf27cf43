"""Where the specs of a sweep run, one executor a file: each yields the ended runs as they come.

A file is a :class:`Way`. It is imported when it is asked for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from engine.runs.records import Run
    from engine.runs.store import Store
    from engine.spec import Resolved

OnProgress = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Control:
    """How whoever started a sweep holds it or ends it, from any thread; and whether its runs keep their weights."""

    cancel: threading.Event = field(default_factory=threading.Event)
    paused: threading.Event = field(default_factory=threading.Event)
    keep_weights: bool = False

    def hold(self) -> bool:
        """Waits while paused; returns whether to continue."""
        while self.paused.is_set() and not self.cancel.wait(0.1):
            pass
        return not self.cancel.is_set()


class Way(Protocol):
    """What the file of an executor has."""

    def problem(self) -> str | None:
        """Why it cannot be used here, in a sentence, or None."""

    def run_all(self, todo: Sequence[Resolved], store: Store, train_original: bool, control: Control,
                on_progress: OnProgress) -> Iterator[tuple[int, Run]]:
        """See :func:`engine.runs.executors.local.run_all`."""


@dataclass(frozen=True)
class Executor:
    """One way to carry out a sweep, for lists and forms."""

    name: str
    title: str
    help: str

    def problem(self) -> str | None:
        """Why it cannot be used here, in a sentence, or None."""
        return self._way().problem()

    def run_all(self, todo: Sequence[Resolved], store: Store, train_original: bool, control: Control,
                on_progress: OnProgress = lambda progress: None) -> Iterator[tuple[int, Run]]:
        """See :func:`engine.runs.executors.local.run_all`."""
        return self._way().run_all(todo, store, train_original, control, on_progress)

    def _way(self) -> Way:
        return cast(Way, import_module(f"engine.runs.executors.{self.name}"))


EXECUTORS = {executor.name: executor for executor in (
    Executor("local", "This machine", "One process a core where runs are small, else one run after another."),
    Executor("ray", "Ray cluster", "Workers of a Ray cluster: the one at RAY_ADDRESS, else one on this machine "
                                   "(docs/ray.md)."))}
