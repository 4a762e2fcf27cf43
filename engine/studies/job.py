"""Work of many parts that runs in a thread of this process: paused, stopped and looked at from anywhere.

Nothing is kept here that is not stored elsewhere: after a kill the same work is launched again and does the rest.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from engine.errors import BadInput
from engine.registry import unknown
from engine.runs import people
from engine.runs.executors import EXECUTORS, Control
from engine.runs.reasons import reason_of

log = logging.getLogger(__name__)
GOING_ON = ("running", "paused", "stopping")


class Active(Protocol):
    """Work that can tell whether it has not ended."""

    @property
    def active(self) -> bool: ...


J = TypeVar("J", bound=Active)


@dataclass(frozen=True)
class JobView:
    """How far a job is: ``state`` is running, paused, stopping, finished, stopped or failed (with a ``reason``).

    ``seconds`` it has worked, pauses left out; ``left`` seconds to go, None before two parts have ended.
    """

    state: str
    todo: int
    ended: int
    failed: int
    seconds: float
    left: float | None
    stage: str
    reason: str | None


class Job:
    """A number of parts, each of which ends; a subclass has :meth:`ends` and calls :meth:`start`."""

    def __init__(self, todo: int, name: str):
        self._number, self._name = todo, name
        self._control, self._lock = Control(), threading.Lock()
        self._end: str | None = None
        self._reason: str | None = None
        self._stage, self._ended, self._failed = "Starting", 0, 0
        self._worked, self._since, self._first = 0.0, time.monotonic(), 0.0
        self.person, seconds = people.name_of_asker(), people.seconds_of_asker()
        self._asker, self._most = people.asker(), None if seconds is None else seconds * max(1, todo)
        self._thread = threading.Thread(target=self._work, daemon=True, name=name)

    def ends(self, control: Control) -> Iterator[bool]:
        """Carries out the parts; says of each, when it ends, whether it failed."""
        raise NotImplementedError

    def start(self) -> None:
        """Begins in a thread of its own."""
        self._since = time.monotonic()
        self._thread.start()

    def pause(self) -> None:
        """Begins nothing new; what has begun ends. Raises NotYours where somebody else started it, as the next two."""
        self._check_may()
        with self._lock:
            if not self._control.paused.is_set():
                self._worked += time.monotonic() - self._since
                self._control.paused.set()

    def go_on(self) -> None:
        """Takes back a pause."""
        self._check_may()
        with self._lock:
            if self._control.paused.is_set():
                self._since = time.monotonic()
                self._control.paused.clear()

    def cancel(self) -> None:
        """Ends what runs as cancelled; what has ended stays."""
        self._check_may()
        self._control.cancel.set()

    def _check_may(self) -> None:
        people.check_may(self.person, f"this {self._name}")

    def wait(self, seconds: float) -> bool:
        """Waits for the end; returns whether it came."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    @property
    def active(self) -> bool:
        """Whether it has not ended."""
        return self.view().state in GOING_ON

    def view(self) -> JobView:
        """How far it is, now."""
        with self._lock:
            paused, stopping = self._control.paused.is_set(), self._control.cancel.is_set()
            state = self._end or ("stopping" if stopping else "paused" if paused else "running")
            worked = self._worked + (0.0 if paused or self._end else time.monotonic() - self._since)
            rest, pace = self._number - self._ended, self._pace(worked)
            left = None if pace is None else pace * rest
            return JobView(state, self._number, self._ended, self._failed, worked, left, self._stage, self._reason)

    def _pace(self, worked: float) -> float | None:
        """Seconds a part, from the first one's end on: what comes before it is the workers' start."""
        return (worked - self._first) / (self._ended - 1) if self._ended > 1 and worked > self._first else None

    def _work(self) -> None:
        with people.asking(self._asker):  # its runs are that person's
            self._carry_out()

    def _carry_out(self) -> None:
        end, reason = "finished", None
        try:
            for failed in self._in_time():
                with self._lock:
                    self._ended += 1
                    if self._ended == 1:
                        self._first = self._worked + time.monotonic() - self._since
                    self._failed += failed
            end = "finished" if self._ended == self._number else "stopped"
        except Exception as error:
            if not isinstance(error, BadInput):
                log.exception("a job failed: %s", self._name)
            end, reason = "failed", reason_of(error)
        with self._lock:
            if not self._control.paused.is_set():
                self._worked += time.monotonic() - self._since
            self._end, self._reason = end, reason

    def _in_time(self) -> Iterator[bool]:
        """The parts as they end, for as long as the person who started them may compute: so many seconds for each."""
        if self._most is None:
            yield from self.ends(self._control)
            return
        late = threading.Timer(self._most, self._control.cancel.set)
        late.daemon = True
        late.start()
        try:
            yield from self.ends(self._control)
            if late.finished.is_set() and self._ended < self._number:
                raise BadInput(f"It was stopped after {self._most:g} s, the limit for {self._number} runs of one "
                               "person here.")
        finally:
            late.cancel()

    def tell(self, progress: dict[str, Any]) -> None:
        """Takes what an executor says of its progress."""
        fraction = progress.get("fraction")
        self._stage = progress["stage"] + ("" if fraction is None else f" {100 * fraction:.0f}%")


class OneAtATime(Generic[J]):
    """The job of its kind: the one under way, else the one before."""

    def __init__(self) -> None:
        self.current: J | None = None
        self._lock = threading.Lock()

    @property
    def active(self) -> J | None:
        """The one under way, or None."""
        job = self.current
        return job if job and job.active else None


def executor_problems(name: str) -> list[str]:
    """Why an executor cannot be used here, in sentences; none where it can."""
    if name not in EXECUTORS:
        return [unknown("executor", name, tuple(EXECUTORS))]
    problem = EXECUTORS[name].problem()
    return [problem] if problem else []
