"""One spec -> one finished run: data and Original, method, read-out, metrics.

Only the method's loop is timed; probing, storing and evaluating are not. Whatever happens, the run
ends in the store as finished, failed with its reason, or cancelled with what it had.
"""

from __future__ import annotations

import copy
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from engine.data.splits import Split
from engine.data.splits import split as split_of
from engine.errors import BadInput, Cancelled, LabError
from engine.evaluation.measure import Readings, band_of, measure, null_bands
from engine.evaluation.probe import Watcher
from engine.evaluation.retrained import against_retrained, own_reference
from engine.originals.checkpoints import Checkpoints
from engine.originals.workbench import Bench, prepare_bench, untouched
from engine.runs.readings import bench_readings, original_readings, read_sets, samples_frame
from engine.runs.reasons import reason_of
from engine.runs.references import (
    complete_waiting,
    find_reference,
    is_reference,
    retrained_samples,
)
from engine.runs.store import Run, Store
from engine.spec import Resolved, resolve
from engine.training.loop import Task
from engine.training.networks import build_network
from engine.training.stopwatch import Stopwatch
from engine.types import Progress

log = logging.getLogger(__name__)
OnProgress = Callable[[dict[str, Any]], None]
TELL_EVERY = 0.25  # seconds between two writes of a run's progress


@dataclass
class Unlearned:
    """What a method left: the changed network, the split it worked on, and its cost."""

    model: nn.Module
    split: Split
    resolved: Resolved
    seconds: float
    steps: int
    samples: int


class Teller:
    """Writes a run's progress to the store now and then, and hears whether it should stop."""

    def __init__(self, store: Store | None, run_id: str, cancel: threading.Event, on_progress: OnProgress):
        self.store, self.run_id, self.cancel, self.on_progress = store, run_id, cancel, on_progress
        self.spent: dict[str, Any] = {}  # steps, samples and seconds of the method so far
        self._next = 0.0

    def stage(self, text: str, fraction: float | None = None, **more: Any) -> None:
        """Tells a stage and how far it is; raises Cancelled when the run is to stop."""
        now = time.monotonic()
        if now >= self._next or fraction is None:
            self._next = now + TELL_EVERY
            progress = {"stage": text, "fraction": fraction, **more}
            self.on_progress(progress)
            if self.store and (not self.store.update(self.run_id, progress=progress)
                               or self.store.cancel_requested(self.run_id)):
                self.cancel.set()
        self.stop_if_asked()

    def stop_if_asked(self) -> None:
        if self.cancel.is_set():
            raise Cancelled("Stopped.")

    def step(self, title: str, progress: Progress, seconds: float) -> None:
        left = progress.total_steps - progress.step
        self.spent = {"steps": progress.step, "samples": progress.samples, "seconds": seconds}
        self.stage(title, progress.step / progress.total_steps, step=progress.step, total_steps=progress.total_steps,
                   samples=progress.samples, seconds=round(seconds, 3),
                   eta=round(seconds / progress.step * left * 1.1, 1))


def execute(run: Run, resolved: Resolved, store: Store, checkpoints: Checkpoints, device: torch.device,
            cancel: threading.Event | None = None, on_progress: OnProgress = lambda progress: None) -> Run:
    """Carries out a run that is marked running in the store, to its end; returns the run as stored.

    Absent data or a missing Original end the run as failed and are raised as well (BadInput): what was
    asked for cannot be done here, whatever the method.
    """
    cancel = cancel or threading.Event()
    teller = Teller(store, run["id"], cancel, on_progress)
    try:
        bench = prepare_bench(resolved, checkpoints, device, bool(run["train_original"]), teller.stage, cancel)
        values = _carry_out(run["id"], resolved, bench, store, checkpoints, teller)
        _end(store, run["id"], "finished", **values)
        complete(store, run["id"])
    except Cancelled as error:
        _end(store, run["id"], "cancelled", reason=f"{error} What was measured until then is kept.", **teller.spent)
    except Exception as error:
        if not isinstance(error, LabError):
            log.exception("run %s failed", run["id"])
        _end(store, run["id"], "failed", reason=reason_of(error, checkpoints), **teller.spent)
        if isinstance(error, BadInput):
            raise
    return store.get(run["id"])


def _end(store: Store, run_id: str, status: Any, **values: Any) -> None:
    """Writes a run's end; a store that does not answer (a full disk) is asked again for a while."""
    for attempt in range(5):
        try:
            store.end(run_id, status, **values)
            return
        except LabError:
            log.warning("could not write the end of run %s (attempt %d)", run_id, attempt + 1)
            time.sleep(0.2 * 2**attempt)


def complete(store: Store, run_id: str) -> None:
    """What this run adds to others or they to it; whatever is wrong with one of them, this run has finished."""
    try:
        complete_waiting(store, store.get(run_id))
    except Exception:
        log.exception("runs could not be completed after run %s", run_id)


def _carry_out(run_id: str, resolved: Resolved, bench: Bench, store: Store, checkpoints: Checkpoints,
               teller: Teller) -> dict[str, Any]:
    """Runs the method and the evaluation; returns the columns of the finished run."""
    parts = split_of(bench.data, resolved.spec)
    resolved = resolve(resolved.spec, parts.sizes)
    identity = resolved.identity(bench.data.content, bench.original.sha256)
    store.update(run_id, identity=identity, effective=resolved.effective, device=bench.where, notice=bench.notice,
                 data=bench.data.content[:16])
    known = find_reference(store, resolved, bench.data.content)
    original = original_readings(bench, parts, resolved)
    watcher = Watcher(bench.data, parts, bench_readings(bench, parts), resolved.spec.seed)
    teller.stage("Measuring the Original")
    store.append(run_id, watcher.start(bench.network, resolved.spec.seed,
                                       watcher.stored(store.load_samples(known["id"]) if known else None)))

    def on_step(model: nn.Module, progress: Progress, seconds: float) -> None:
        event = watcher.look(model, progress, seconds)
        if event:
            store.append(run_id, event)
        try:
            teller.step(resolved.method.title, progress, seconds)
        except Cancelled:
            store.append(run_id, watcher.last(model, progress, seconds))
            raise

    partial = checkpoints.partial(_partial_name(resolved, bench, identity))
    done = unlearn(bench, resolved, parts, on_step, partial)
    teller.stage("Evaluating")
    readings, samples = read_sets(done.model, bench, parts, resolved)
    metrics = measured(readings, measure(original), resolved.spec.seed)
    teller.stop_if_asked()
    frame = samples_frame(samples)
    store.save_samples(run_id, frame)
    metrics = with_reference(metrics, frame, run_id, resolved, bench, store)
    store.append(run_id, watcher.last(done.model, Progress(done.steps, done.steps, done.samples, {}), done.seconds))
    if not trained_once(resolved):
        partial.clear()
    return {"metrics": metrics, "seconds": done.seconds, "steps": done.steps, "samples": done.samples,
            "progress": {"stage": "Finished", "fraction": 1.0}}


def measured(readings: Readings, before: dict[str, Any], seed: int) -> dict[str, Any]:
    """The run's metrics with the Original's (``before``) and the null bands of the run's own losses."""
    return measure(readings) | {"original": before, "band": band_of("own losses"),
                                "null_band": null_bands(readings.forget, readings.nonmembers, seed)}


def with_reference(metrics: dict[str, Any], frame: Any, run_id: str, resolved: Resolved, bench: Bench,
                    store: Store) -> dict[str, Any]:
    """The metrics with what a retrained model adds; a retraining is its own reference."""
    run = store.get(run_id)
    if is_reference(run):
        known = run | {"metrics": metrics}
        return against_retrained(metrics, frame, known, frame, own_reference(frame))
    known = find_reference(store, resolved, bench.data.content)
    if known is None:
        return against_retrained(metrics, frame, None, None, [])
    return against_retrained(metrics, frame, known, store.load_samples(known["id"]), retrained_samples(store, run))


def trained_once(resolved: Resolved) -> bool:
    """Whether one training serves all seeds: then its last state is kept for them."""
    return resolved.spec.profile == "paper" and resolved.method.from_scratch


def _partial_name(resolved: Resolved, bench: Bench, identity: str) -> str:
    if trained_once(resolved):
        return f"retrained-{resolved.training_identity(bench.data.content)}"
    return f"run-{identity}"


def unlearn(bench: Bench, resolved: Resolved, parts: Split,
            on_step: Callable[[nn.Module, Progress, float], None] = lambda model, progress, seconds: None,
            partial: Any = None) -> Unlearned:
    """Runs a method on a copy of the Original. ``on_step`` is called off the clock after every step."""
    data, watch = bench.data, Stopwatch(bench.device)
    seed = resolved.training_seed if resolved.method.from_scratch else resolved.spec.seed

    def resume(model: nn.Module, optimiser: Any) -> Any:
        state = partial.resume(model, optimiser) if partial else None
        watch.seconds = partial.seconds if state else 0.0
        return state

    task = Task(
        model=copy.deepcopy(bench.network), data=data, split=parts, recipe=resolved.recipe, seed=seed,
        device=bench.device, resume=resume,
        fresh=lambda: build_network(resolved.model, len(data.classes), data.inputs, seed, bench.device))
    last = Progress(0, 1, 0, {})
    with untouched(data, resolved.method.title):
        for last in watch.time(resolved.method.unlearn(task, resolved.parameters)):
            if last.state and partial:
                partial.save(last.state, watch.seconds)
            on_step(task.model, last, watch.seconds)
    return Unlearned(task.model.eval(), parts, resolved, watch.seconds, last.step, last.samples)
