"""A run that is watched while it goes: events and progress into the store as they come, and a stop from outside."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any

from torch import nn

from engine.errors import Cancelled, StoreUnavailable
from engine.evaluation.measure import Readings
from engine.evaluation.probe import Watcher
from engine.originals.checkpoints import Checkpoints
from engine.registry import live_attacks
from engine.runs.method import Setting, Unlearned, Watch
from engine.runs.outbox import WAIT, Outbox
from engine.runs.pace import Pace
from engine.runs.patience import patiently
from engine.runs.references import find_reference, reference_samples
from engine.runs.store import Store
from engine.spec import Resolved
from engine.system.foreground import Turns
from engine.training.partial import Partial
from engine.types import Progress

OnProgress = Callable[[dict[str, Any]], None]
TELL_EVERY = 0.25  # seconds between two writes of a run's progress, and between two looks whether it is to stop


class Clock:
    """Says when ``TELL_EVERY`` has passed since it last said so."""

    def __init__(self) -> None:
        self._next = 0.0

    def due(self, at_once: bool = False) -> bool:
        now = time.monotonic()
        if now < self._next and not at_once:
            return False
        self._next = now + TELL_EVERY
        return True


class Report:
    """Writes how far a run is, now and then."""

    def __init__(self, outbox: Outbox, on_progress: OnProgress):
        self.outbox, self.on_progress = outbox, on_progress
        self._clock = Clock()

    def report(self, text: str, fraction: float | None = None, **more: Any) -> bool:
        """A stage and how far it is, without a fraction written at once; False where the run was ended elsewhere."""
        if not self._clock.due(at_once=fraction is None):
            return True
        progress = {"stage": text, "fraction": fraction, **more}
        self.on_progress(progress)
        return self.outbox.update(progress=progress)


class Cancel:
    """Whether a run is to stop: asked by ``event`` in this process, through the store from any other, or by the clock.

    ``most_seconds`` is how long it may take from now on.
    """

    def __init__(self, store: Store, run_id: str, event: threading.Event, most_seconds: float | None = None):
        self.store, self.run_id, self.event, self.most_seconds = store, run_id, event, most_seconds
        self._clock, self._began = Clock(), time.monotonic()

    def check(self, at_once: bool = False) -> None:
        """Raises Cancelled where it is; looks into the store now and then, or ``at_once``."""
        if self.most_seconds is not None and time.monotonic() - self._began > self.most_seconds:
            raise Cancelled(f"Stopped after {self.most_seconds:g} s, the limit for a run of one person here.")
        if self._clock.due(at_once) and self._asked():
            self.event.set()
        if self.event.is_set():
            raise Cancelled("Stopped.")

    def _asked(self) -> bool:
        with contextlib.suppress(StoreUnavailable), self.store.waiting(WAIT):  # else the next look will tell
            return self.store.cancel_requested(self.run_id)
        return False


class Live(Watch):
    """Streams a run into the store; half-finished trainings are kept, so that a killed one continues."""

    def __init__(self, run_id: str, store: Store, checkpoints: Checkpoints, cancel: threading.Event,
                 on_progress: OnProgress, most_seconds: float | None = None):
        self.run_id, self.store, self.checkpoints = run_id, store, checkpoints
        self.outbox = Outbox(store, run_id)
        self.progress = Report(self.outbox, on_progress)
        self.cancel = Cancel(store, run_id, cancel, most_seconds)
        self.turns = Turns()
        self.spent: dict[str, Any] = {}  # steps, samples and seconds of the method so far

    def begin(self, at: Setting) -> Partial:
        self.outbox.update(**at.columns)
        bench, seed = at.bench, at.resolved.spec.seeds.evaluation
        self._title = at.resolved.method.title
        self._watcher = Watcher(bench.data, at.parts, seed)
        self.stage("Measuring the Original")
        known = patiently(self.store, lambda: find_reference(self.store, at.resolved, bench.data.content))
        alike = known if known and known.split == at.resolved.split_identity() else None  # of the same samples
        retrained = self._watcher.stored(reference_samples(self.store, alike) if alike else None)
        self.outbox.append(self._watcher.start(bench.network, seed, retrained))
        self._pace = Pace()
        self._partial = None if trained_once(at.resolved) else self.checkpoints.partial(f"run-{at.identity}")
        return self._partial or self.checkpoints.partial(
            f"retrained-{at.resolved.training_identity(bench.data.content)}")

    def step(self, model: nn.Module, progress: Progress, seconds: float) -> None:
        event = self._watcher.look(model, progress, seconds)
        if event:
            self.outbox.append(event)
        self.spent = {"steps": progress.step, "samples": progress.samples, "seconds": seconds}
        self._report_step(progress, seconds)
        self.turns.give_way()
        try:
            self.cancel.check()
        except Cancelled:
            self.outbox.append(self._watcher.last(model, progress, seconds))
            raise

    def stage(self, text: str, fraction: float | None = None) -> None:
        """Reports a stage; raises Cancelled where the run is to stop."""
        self._report(text, fraction)
        if fraction is not None:  # steps of a training; what comes before a run's first picture is not kept waiting
            self.turns.give_way()
        self.cancel.check(at_once=fraction is None)

    def end(self, done: Unlearned, readings: Readings, metrics: dict[str, Any]) -> list[dict[str, Any]]:
        self.cancel.check()
        whole = Progress(done.steps, done.steps, done.samples, {})
        attacks = {attack.name: metrics.get(attack.name) for attack in live_attacks()}
        self.outbox.append(self._watcher.complete(whole, done.seconds, readings, attacks))
        return []

    def settle(self) -> None:
        """After the run's end was written: its half-finished training is of no more use, unless it serves all seeds."""
        if self._partial:
            self._partial.clear()

    def _report_step(self, progress: Progress, seconds: float) -> None:
        self._report(self._title, progress.step / progress.total_steps, step=progress.step,
                     total_steps=progress.total_steps, samples=progress.samples, seconds=round(seconds, 3),
                     eta=round(self._pace.left(progress.step, progress.total_steps), 1))

    def _report(self, text: str, fraction: float | None, **more: Any) -> None:
        if not self.progress.report(text, fraction, **more):
            self.cancel.event.set()


def trained_once(resolved: Resolved) -> bool:
    """Whether one training serves all seeds: then its last state is kept for them."""
    return resolved.spec.profile == "paper" and resolved.method.from_scratch
