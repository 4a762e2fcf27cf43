"""A question about a finished run that takes a while, answered in a thread of this process.

One at a time a store, whatever the question: they share the processor. A page that is loaded again finds it by its
kind and run. What comes of it is kept by the study that answers it; only what is under way is held here.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from engine.errors import BadInput, Cancelled
from engine.runs import people
from engine.runs.reasons import reason_of
from engine.runs.store import Store, open_store
from engine.studies.job import OneAtATime
from engine.system.read_only import refuse
from engine.system.singleton import singleton

log = logging.getLogger(__name__)
TITLES = {"relearning": "Relearning", "likeness": "Comparing models"}


@dataclass(frozen=True)
class View:
    """How far a question is: ``state`` is running, stopping, finished, stopped or failed (with a ``reason``).

    ``found`` is what it has handed out so far, in order; ``fraction`` is of the present stage.
    """

    state: str
    stage: str
    fraction: float | None
    found: tuple[Any, ...]
    seconds: float
    reason: str | None

    @property
    def active(self) -> bool:
        """Whether it is still under way."""
        return self.state in ("running", "stopping")


class Question:
    """One question under way. ``work`` is called with this, to :meth:`report`, :meth:`hand_out` and ``cancel``."""

    def __init__(self, kind: str, run_id: str, about: str, work: Callable[[Question], Any]):
        self.kind, self.run_id, self.about, self.cancel = kind, run_id, about, threading.Event()
        self._work, self._lock, self._since = work, threading.Lock(), time.monotonic()
        self._stage: str = "Starting"
        self._fraction: float | None = None
        self._found: list[Any] = []
        self._late: str | None = None
        self._end: tuple[str, str | None, float] | None = None  # state, reason, seconds
        self.person, self._asker = people.name_of_asker(), people.asker()
        self._most = people.seconds_of_asker()
        self._thread = threading.Thread(target=self._answer, daemon=True, name=kind)
        self._thread.start()

    def report(self, stage: str, fraction: float | None) -> None:
        """Says what is being done, and how much of it is done."""
        with self._lock:
            self._stage, self._fraction = stage, fraction

    def reporting(self, stage: str, fraction: float | None) -> None:
        """The same for a study that knows of no stop: it ends here. Raises Cancelled."""
        if self.cancel.is_set():
            raise Cancelled("Stopped.")
        self.report(stage, fraction)

    def hand_out(self, part: Any) -> None:
        """Shows a part of the answer before the whole is there."""
        with self._lock:
            self._found.append(part)

    @property
    def active(self) -> bool:
        """Whether it has not ended."""
        return self.view().active

    def stop(self) -> None:
        """Ends it at its next step. Raises NotYours where somebody else asked it."""
        people.check_may(self.person, f"{TITLES[self.kind].lower()} of run {self.run_id}")
        self.cancel.set()

    def wait(self, seconds: float) -> bool:
        """Waits for the end; returns whether it came."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def view(self) -> View:
        """How far it is, now."""
        with self._lock:
            state, reason, seconds = self._end or (
                "stopping" if self.cancel.is_set() else "running", None, time.monotonic() - self._since)
            return View(state, self._stage, self._fraction, tuple(self._found), seconds, reason)

    def _answer(self) -> None:
        state, reason = "finished", None
        try:
            with people.asking(self._asker), self._in_time():
                self._work(self)
        except Cancelled:
            state, reason = "stopped", self._late
        except Exception as error:
            if not isinstance(error, BadInput):
                log.exception("%s of run %s failed", self.kind, self.run_id)
            state, reason = "failed", reason_of(error)
        with self._lock:
            self._end = state, reason, time.monotonic() - self._since

    @contextlib.contextmanager
    def _in_time(self) -> Iterator[None]:
        """Stops it when the person who asked has computed for as long as a run may take."""
        if self._most is None:
            yield
            return
        timer = threading.Timer(self._most, self._stop_late)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _stop_late(self) -> None:
        self._late = f"It was stopped after {self._most:g} s, the limit for a run of one person here."
        self.cancel.set()


class Questions(OneAtATime[Question]):
    """The question of a store. Make one with :func:`questions`."""

    def ask(self, kind: str, run_id: str, work: Callable[[Question], Any], about: str = "") -> Question:
        """Starts one; ``about`` tells it from others of the kind. Raises BadInput while another is under way."""
        people.check_room(0, 0)
        refuse()
        with self._lock:
            if other := self.active:
                raise BadInput(f"{TITLES[other.kind]} of run {other.run_id} is under way: stop it, or wait until it "
                               "ends.")
            self.current = Question(kind, run_id, about, work)
            return self.current

    def of(self, kind: str, run_id: str) -> Question | None:
        """The newest question where it is this one of this run; None where it is another."""
        one = self.current
        return one if one and (one.kind, one.run_id) == (kind, run_id) else None


def questions(store: Store | None = None) -> Questions:
    """The questions of a store, by default that at ``$UNLEARN_HOME``: the same for the whole process."""
    return singleton("questions", (store or open_store()).url, Questions)
