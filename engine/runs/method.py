"""The story of a run: its split, the method on a copy of the Original, read-outs, metrics. Values in, values out.

Whoever looks on is a :class:`Watch`: the app's writes what it sees into the store as it comes (engine/runs/live.py), a
sweep's keeps a beginning and an end (engine/runs/compute.py). Only the method's loop is timed; looking and evaluating
are not.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from torch import nn

from engine import registry
from engine.attacks._shuffles import shuffled_by
from engine.data.base import Data
from engine.data.splits import Split, gone_already
from engine.data.splits import split as split_of
from engine.evaluation.measure import Readings, band_of, null_bands
from engine.originals.workbench import Bench, untouched
from engine.runs.beginnings import Beginning, again, needed
from engine.runs.outcome import Outcome
from engine.runs.packing import packed
from engine.runs.readings import metrics_of, original_readings, read_sets, samples_frame
from engine.spec import Resolved, resolve
from engine.system.device import warm_up
from engine.system.files import parquet_of
from engine.system.recent import Recent
from engine.training.loop import Task
from engine.training.networks import build_network
from engine.training.partial import Partial
from engine.training.rewind import rewound
from engine.training.stopwatch import Stopwatch
from engine.types import Progress

OnStep = Callable[[nn.Module, Progress, float], None]
_originals: Recent[dict[str, Any]] = Recent(16)


@dataclass(frozen=True)
class Unlearned:
    """What a method left: the changed network, the split it worked on, and its cost."""

    model: nn.Module
    split: Split
    resolved: Resolved
    seconds: float
    steps: int
    samples: int


@dataclass(frozen=True)
class Setting:
    """What a run works on: a bench, the split of its data, and the spec with the split's sizes."""

    bench: Bench
    parts: Split
    resolved: Resolved

    @cached_property
    def identity(self) -> str:
        return self.resolved.identity(self.bench.data.content, self.bench.original.sha256)

    @property
    def columns(self) -> dict[str, Any]:
        """What is known of the run before its method starts, as the store keeps it."""
        return {"identity": self.identity, "effective": self.resolved.effective, "device": self.bench.where,
                "notice": self.bench.notice, "data": self.bench.data.content[:16]}

    @property
    def shared(self) -> tuple[Any, ...]:
        """What runs have in common whose Original has the same metrics; it holds no data."""
        spec = self.resolved.spec
        return (self.resolved.split_identity(), spec.evaluation_seed, spec.profile, self.bench.original.sha256,
                self.bench.data.content, self.bench.where,
                *((attack.name, registry.code("attack", attack.name)) for attack in registry.live_attacks()))


class Watch:
    """Looks on while a run goes its way; this one sees nothing."""

    def begin(self, at: Setting) -> Partial | None:
        """Before the method starts; returns the half-finished training to continue from, if runs here have one."""

    def step(self, model: nn.Module, progress: Progress, seconds: float) -> None:
        """After every step, off the clock."""

    def stage(self, text: str) -> None:
        """When another part of the work begins."""

    def end(self, done: Unlearned, readings: Readings, metrics: dict[str, Any]) -> list[dict[str, Any]]:
        """When everything is measured; returns the run's events that are not in the store yet."""
        return []


def run_method(bench: Bench, resolved: Resolved, watch: Watch, keep_weights: bool | None = False,
               kept: Beginning | None = None) -> Outcome:
    """Carries out a finished run's work on a bench that is at hand. Raises what the method or ``watch`` raises.

    ``keep_weights``: whether its outcome has the weights; None for small ones only. ``kept``: the weights that it
    continues from, where they are at hand; else they are computed again.
    """
    with shuffled_by(resolved.spec.evaluation_seed):
        return _carried_out(setting(bench, resolved), watch, keep_weights, kept)


def _carried_out(at: Setting, watch: Watch, keep_weights: bool | None, kept: Beginning | None) -> Outcome:
    bench, partial = at.bench, watch.begin(at)
    begun = kept or beginning(bench, at.resolved, watch.stage)
    done = unlearn_from(begun.network, bench.data, at.resolved, at.parts, watch.step, partial)
    watch.stage("Evaluating")
    readings, sets = read_sets(done.model, bench, at.parts, at.resolved)
    metrics = metrics_of(done.model, bench, at.parts, at.resolved, readings)
    metrics |= beside(readings, original_metrics(at), at.resolved.spec.seeds.evaluation)
    course = watch.end(done, readings, metrics)
    notice = " ".join(filter(None, (bench.notice, begun.notice, _named_again(at)))) or None
    columns = {"status": "finished", **at.columns, "notice": notice, "metrics": metrics, "seconds": done.seconds,
               "steps": done.steps, "samples": done.samples, "progress": {"stage": "Finished", "fraction": 1.0}}
    weights = None if keep_weights is False else packed(done.model, at.identity, always=bool(keep_weights))
    return Outcome(columns, course, parquet_of(samples_frame(sets)), weights)


def _named_again(at: Setting) -> str | None:
    count = gone_already(at.bench.data, at.resolved.spec)
    return f"{count:,} of the samples that were named had been forgotten by an earlier request already." if count else (
        None)


def setting(bench: Bench, resolved: Resolved) -> Setting:
    """The split that a spec asks for, and the spec with its sizes; raises BadSpec where the data have too few."""
    parts = split_of(bench.data, resolved.spec)
    return Setting(bench, parts, resolve(resolved.spec, parts.sizes))


def unlearn(bench: Bench, resolved: Resolved, parts: Split,
            on_step: OnStep = lambda model, progress, seconds: None, partial: Partial | None = None) -> Unlearned:
    """Runs a method on a copy of the Original, or of what the run that it continues ended with.

    ``on_step`` is called off the clock after every step.
    """
    return unlearn_from(beginning(bench, resolved).network, bench.data, resolved, parts, on_step, partial)


def beginning(bench: Bench, resolved: Resolved, stage: Callable[[str], None] = lambda text: None) -> Beginning:
    """What a run begins from: the Original, or the model that the run before ended with, computed again."""
    before = needed(resolved)
    if before is None:
        return Beginning(bench.network)
    stage(f"Computing the run before again: {before.method.title}")
    at = setting(bench, before)
    return Beginning(unlearn(bench, at.resolved, at.parts).model, again(at.resolved.method.title))


def unlearn_from(network: nn.Module, data: Data, resolved: Resolved, parts: Split,
                 on_step: OnStep = lambda model, progress, seconds: None, partial: Partial | None = None) -> Unlearned:
    """:func:`unlearn` on a copy of any network, on the device of the data."""
    if not registry.ships("method", resolved.method.name):
        warm_up()
    watch = Stopwatch(data.device)
    seed = resolved.training_seed if resolved.method.from_scratch else resolved.spec.seeds.unlearning

    def resume(model: nn.Module, optimiser: Any) -> Any:
        state = partial.resume(model, optimiser) if partial else None
        watch.seconds = partial.seconds if partial and state else 0.0
        return state

    task = Task(
        model=copy.deepcopy(network), data=data, split=parts, recipe=resolved.recipe, seed=seed,
        device=data.device, resume=resume,
        fresh=lambda: build_network(resolved.model, len(data.classes), data.inputs, seed, data.device))
    last = Progress(0, 1, 0, {})
    with untouched(data, resolved.method.title):
        steps = resolved.method.unlearn(task, resolved.parameters)
        for last in watch.time(rewound(task, steps) if resolved.rewind else steps):
            if last.state and partial and partial.wants(last):
                partial.save(last.state, watch.seconds)
            on_step(task.model, last, watch.seconds)
    return Unlearned(task.model.eval(), parts, resolved, watch.seconds, last.step, last.samples)


def original_metrics(at: Setting) -> dict[str, Any]:
    """The Original's metrics on the run's split, measured once for the runs that share it."""
    return _originals.get(at.shared, lambda: metrics_of(
        at.bench.network, at.bench, at.parts, at.resolved, original_readings(at.bench, at.parts, at.resolved)))


def beside(readings: Readings, before: dict[str, Any], seed: int) -> dict[str, Any]:
    """What stands beside a run's metrics: the Original's (``before``) and the null bands of the run's own losses."""
    return {"original": before, "band": band_of("own losses"),
            "null_band": null_bands(readings.forget, readings.nonmembers, seed)}
