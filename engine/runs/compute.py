"""One run as values, without a store: what workers of a sweep compute and whoever drives them writes down.

Same numbers as :func:`engine.runs.execute.execute`, but nobody watches: the course has a beginning and an end, both
from read-outs that the metrics need anyway, and what runs on one split share is measured once.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.data.splits import Split
from engine.data.splits import split as split_of
from engine.errors import LabError
from engine.evaluation.events import ProbeEvent, Reading, StartEvent
from engine.evaluation.measure import Readings, measure
from engine.evaluation.probe import bin_edges, reading, thinned
from engine.originals.workbench import Bench
from engine.registry import names
from engine.runs.execute import Unlearned, measured, unlearn
from engine.runs.readings import bench_readings, original_readings, read_sets, samples_frame
from engine.runs.reasons import reason_of
from engine.spec import Resolved, resolve
from engine.system.files import parquet_of
from engine.types import Progress

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """How a run ended: its columns in the store with the status, its events, its per-sample table as parquet."""

    columns: dict[str, Any]
    course: list[dict[str, Any]] = field(default_factory=list)
    samples: bytes | None = None

    @property
    def finished(self) -> bool:
        return self.columns["status"] == "finished"


def failed(reason: str) -> Outcome:
    """The outcome of a run that came to nothing."""
    return Outcome({"status": "failed", "reason": reason})


def compute(resolved: Resolved, bench: Bench) -> Outcome:
    """Carries out a run on a bench that is at hand; whatever goes wrong is its outcome, with the reason."""
    try:
        return _compute(resolved, bench)
    except Exception as error:
        if not isinstance(error, LabError):
            log.exception("%s failed", resolved.spec)
        return failed(reason_of(error))


def _compute(resolved: Resolved, bench: Bench) -> Outcome:
    parts = split_of(bench.data, resolved.spec)
    resolved = resolve(resolved.spec, parts.sizes)
    before = _before(resolved.split_identity(), resolved.spec.profile, _Same(bench, parts, resolved))
    trace: list[Progress] = []
    done = unlearn(bench, resolved, parts, lambda model, progress, seconds: trace.append(progress))
    readings, sets = read_sets(done.model, bench, parts, resolved)
    metrics = measured(readings, before.metrics, resolved.spec.seed)
    start = replace(before.event, null_band=metrics["null_band"], band=metrics["band"])
    columns = {
        "status": "finished", "identity": resolved.identity(bench.data.content, bench.original.sha256),
        "effective": resolved.effective, "device": bench.where, "notice": bench.notice,
        "data": bench.data.content[:16], "metrics": metrics, "seconds": done.seconds, "steps": done.steps,
        "samples": done.samples, "progress": {"stage": "Finished", "fraction": 1.0},
    }
    last = _last(done, readings, metrics, start.bins, trace)
    return Outcome(columns, [start.to_json(), last.to_json()], parquet_of(samples_frame(sets)))


@dataclass(frozen=True)
class Before:
    """The Original on one split: its metrics, and the first event of every run there without its null bands."""

    metrics: dict[str, Any]
    event: StartEvent


class _Same:
    """Carries what a cached answer is made from; equal to every other one, because the other arguments say it all."""

    def __init__(self, bench: Bench, parts: Split, resolved: Resolved):
        self.bench, self.parts, self.resolved = bench, parts, resolved
        self.key = (bench.original.sha256, bench.data.content, bench.where)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@functools.lru_cache(maxsize=16)
def _before(split: str, profile: str, at: _Same) -> Before:
    metrics = measure(original_readings(at.bench, at.parts, at.resolved))
    shown = bench_readings(at.bench, at.parts)
    edges = bin_edges(shown.test.loss, len(at.bench.data.classes))
    counts = {name: len(side) for name in ("retain", "forget", "test", "unseen")
              if (side := getattr(shown, name)) is not None}
    return Before(metrics, StartEvent(edges, counts, _reading(shown, edges, metrics)))


def _reading(sets: Readings, edges: Sequence[float], metrics: dict[str, Any]) -> Reading:
    return replace(reading(sets, edges, attacks=False), attacks={name: metrics[name] for name in names("attack")})


def _last(done: Unlearned, readings: Readings, metrics: dict[str, Any], edges: Sequence[float],
          trace: list[Progress]) -> ProbeEvent:
    return ProbeEvent(done.steps, done.samples, round(done.seconds, 4), _reading(readings, edges, metrics),
                      thinned(trace))
