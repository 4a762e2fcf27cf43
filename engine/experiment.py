"""One spec -> one finished run: data and Original, method, read-out, metrics.

Only the method's loop is timed; probing, storing and evaluating are not. Whatever happens, the run
ends in the store as finished, failed with its reason, or cancelled with what it had.
"""

from __future__ import annotations

import copy
import errno
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from engine.bench import Bench, prepare_bench
from engine.checkpoints import Checkpoints
from engine.errors import BadInput, Cancelled, LabError
from engine.evaluation import Readings, measure, null_bands
from engine.live import Watcher, reading
from engine.networks import build_network
from engine.readout import Readout, read_out, read_out_as_trained
from engine.spec import Resolved, resolve
from engine.splits import split as split_of
from engine.store import Run, Store
from engine.timing import Stopwatch
from engine.training import Split, Task
from engine.types import Progress
from engine.verdict import damage, verdict

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
    except Cancelled as error:
        _end(store, run["id"], "cancelled", reason=f"{error} What was measured until then is kept.", **teller.spent)
    except Exception as error:
        if not isinstance(error, LabError):
            log.exception("run %s failed", run["id"])
        _end(store, run["id"], "failed", reason=reason_of(error), **teller.spent)
        if isinstance(error, BadInput):
            raise
    return store.get(run["id"])


def reason_of(error: BaseException) -> str:
    """Why a run failed, as a sentence."""
    if isinstance(error, LabError):
        return str(error)
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in str(error):
        return "Out of memory: a smaller batch size needs less."
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"The disk is full: {error.filename or 'a file'} could not be written. Free some space and run it again."
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}"


def _end(store: Store, run_id: str, status: Any, **values: Any) -> None:
    """Writes a run's end; a store that does not answer (a full disk) is asked again for a while."""
    for attempt in range(5):
        try:
            store.end(run_id, status, **values)
            return
        except LabError:
            log.warning("could not write the end of run %s (attempt %d)", run_id, attempt + 1)
            time.sleep(0.2 * 2**attempt)


def _carry_out(run_id: str, resolved: Resolved, bench: Bench, store: Store, checkpoints: Checkpoints,
               teller: Teller) -> dict[str, Any]:
    """Runs the method and the evaluation; returns the columns of the finished run."""
    parts = split_of(bench.data, resolved.spec)
    resolved = resolve(resolved.spec, parts.sizes)
    identity = resolved.identity(bench.data.content, bench.original.sha256)
    store.update(run_id, identity=identity, effective=resolved.effective, device=bench.where, notice=bench.notice,
                 data=bench.data.content[:16])
    reference = find_reference(store, resolved, bench.data.content)
    original = original_readings(bench, parts, resolved)
    watcher = Watcher(bench.data, parts, bench_readings(bench, parts), resolved.spec.seed)
    teller.stage("Measuring the Original")
    store.append(run_id, watcher.start(bench.network, resolved.spec.seed,
                                       _reference_reading(store, reference, watcher)))

    def on_step(model: nn.Module, progress: Progress, seconds: float) -> None:
        event = watcher.look(model, progress, seconds)
        if event:
            store.append(run_id, event)
        try:
            teller.step(resolved.method.title, progress, seconds)
        except Cancelled:
            store.append(run_id, watcher.last(model, progress, seconds))
            raise

    partial = checkpoints.partial(f"run-{identity}")
    done = unlearn(bench, resolved, parts, on_step, partial)
    teller.stage("Evaluating")
    readings, samples = read_sets(done.model, bench, parts, resolved)
    metrics = _metrics(readings, original, resolved.spec.seed) | {"retrained": _reference_metrics(reference)}
    teller.stop_if_asked()
    store.save_samples(run_id, samples_frame(samples))
    store.append(run_id, watcher.last(done.model, Progress(done.steps, done.steps, done.samples, {}), done.seconds))
    partial.clear()
    return {"metrics": metrics, "seconds": done.seconds, "steps": done.steps, "samples": done.samples,
            "progress": {"stage": "Finished", "fraction": 1.0}}


def _metrics(readings: Readings, original: Readings, seed: int) -> dict[str, Any]:
    """The run's metrics with the Original's, the null bands, and what they come to in words."""
    metrics, before = measure(readings), measure(original)
    bands = null_bands(original.forget, original.test, seed)
    broken = damage(metrics, before)
    metrics["notes"] += [broken] if broken else []
    return metrics | {"original": before, "null_band": bands, "verdict": verdict(metrics, bands)}


def unlearn(bench: Bench, resolved: Resolved, parts: Split,
            on_step: Callable[[nn.Module, Progress, float], None] = lambda model, progress, seconds: None,
            partial: Any = None) -> Unlearned:
    """Runs a method on a copy of the Original. ``on_step`` is called off the clock after every step."""
    spec, data = resolved.spec, bench.data
    watch = Stopwatch(bench.device)

    def resume(model: nn.Module, optimiser: Any) -> Any:
        state = partial.resume(model, optimiser) if partial else None
        watch.seconds = partial.seconds if state else 0.0
        return state

    task = Task(
        model=copy.deepcopy(bench.network), data=data, split=parts, recipe=resolved.recipe, seed=spec.seed,
        device=bench.device, resume=resume,
        fresh=lambda: build_network(resolved.model, len(data.classes), data.channels, spec.seed, bench.device))
    last = Progress(0, 1, 0, {})
    for last in watch.time(resolved.method.unlearn(task, resolved.parameters)):
        if last.state and partial:
            partial.save(last.state, watch.seconds)
        on_step(task.model, last, watch.seconds)
    return Unlearned(task.model.eval(), parts, resolved, watch.seconds, last.step, last.samples)


# --- read-outs ------------------------------------------------------------------------------


def read_sets(model: nn.Module, bench: Bench, parts: Split,
              resolved: Resolved) -> tuple[Readings, dict[str, tuple[torch.Tensor, Readout]]]:
    """What metrics look at, and the per-sample columns of each set with its sample numbers."""
    data, spec = bench.data, resolved.spec
    pools = {"retain": data.train, "forget": data.train, "test": data.heldout}
    if spec.profile == "paper" and resolved.method.from_scratch:
        sets = {name: read_out_as_trained(model, data, pool, getattr(parts, name), spec.seed,
                                          resolved.recipe.augment, resolved.recipe.batch_size)
                for name, pool in pools.items()}
        whole = sets["retain"]
    else:
        whole = read_out(model, data, data.train)
        sets = {"retain": whole[parts.retain], "forget": whole[parts.forget],
                "test": read_out(model, data, data.heldout, parts.test)}
    retain = whole if spec.profile == "paper" else sets["retain"]  # METHODS.md: the paper's A_Dr is on all of D
    columns = {name: (getattr(parts, name).cpu(), sets[name]) for name in sets}
    return Readings(retain, sets["forget"], sets["test"]), columns


def bench_readings(bench: Bench, parts: Split) -> Readings:
    """The Original on the three sets."""
    whole, heldout = bench.readouts["train"], bench.readouts["heldout"]
    return Readings(whole[parts.retain], whole[parts.forget], heldout[parts.test])


def original_readings(bench: Bench, parts: Split, resolved: Resolved) -> Readings:
    """The Original as the profile reads it: the paper's retain accuracy is on all of D."""
    sets = bench_readings(bench, parts)
    return Readings(bench.readouts["train"], sets.forget, sets.test) if resolved.spec.profile == "paper" else sets


def samples_frame(sets: dict[str, tuple[torch.Tensor, Readout]]) -> Any:
    """Per-sample table: set, sample (its number in its pool), loss and entropy in nats, correct."""
    import pandas as pd

    return pd.concat([pd.DataFrame({"set": name, "sample": index.numpy(), "loss": columns.loss.numpy(),
                                    "entropy": columns.entropy.numpy(), "correct": columns.correct.numpy()})
                      for name, (index, columns) in sets.items()], ignore_index=True)


# --- the retrained reference ----------------------------------------------------------------


def find_reference(store: Store, resolved: Resolved, data: str) -> Run | None:
    """The newest finished retraining, by the recipe, on the same split of the same data."""
    alike = store.list(status=("finished",), newest_first=True, split=resolved.split_identity(), data=data[:16])
    return next((run for run in alike if run["spec"]["method"] == "retrain" and not run["spec"]["parameters"]), None)


def _reference_metrics(reference: Run | None) -> dict[str, Any] | None:
    if reference is None:
        return None
    kept = {name: value for name, value in reference["metrics"].items()
            if name not in ("original", "retrained", "null_band", "notes", "verdict")}
    return kept | {"run_id": reference["id"]}


def _reference_reading(store: Store, reference: Run | None, watcher: Watcher) -> dict[str, Any] | None:
    """The retrained model's reading on the watched samples, from its stored per-sample losses."""
    frame = store.load_samples(reference["id"]) if reference else None
    if frame is None:
        return None
    sets = {}
    for name, index in watcher.chosen.items():
        rows = frame[frame["set"] == name].set_index("sample").loc[index.cpu().numpy()]
        sets[name] = Readout(*(torch.from_numpy(rows[column].to_numpy().copy())
                               for column in ("loss", "entropy", "correct")))
    return reading(Readings(**sets), watcher.edges)
