"""One run as values, without a store: what workers of a sweep compute and whoever drives them writes down.

Same numbers as :func:`engine.runs.execute.execute`, but nobody watches: the course has a beginning and an end, both
from read-outs that the metrics need anyway, and what runs on one split share is measured once.
"""

from __future__ import annotations

import functools
import logging
from dataclasses import dataclass, field
from typing import Any

from engine.data.splits import Split
from engine.data.splits import split as split_of
from engine.errors import LabError
from engine.evaluation.measure import Readings, measure
from engine.evaluation.probe import bin_edges, reading, thinned
from engine.originals.workbench import Bench
from engine.registry import live_attacks
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
    start = before.event | {"null_band": metrics["null_band"], "band": metrics["band"]}
    columns = {
        "status": "finished", "identity": resolved.identity(bench.data.content, bench.original.sha256),
        "effective": resolved.effective, "device": bench.where, "notice": bench.notice,
        "data": bench.data.content[:16], "metrics": metrics, "seconds": done.seconds, "steps": done.steps,
        "samples": done.samples, "progress": {"stage": "Finished", "fraction": 1.0},
    }
    return Outcome(columns, [start, _last(done, readings, metrics, start["bins"], trace)],
                   parquet_of(samples_frame(sets)))


@dataclass(frozen=True)
class Before:
    """The Original on one split: its metrics, and the first event of every run there without its null bands."""

    metrics: dict[str, Any]
    event: dict[str, Any]


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
    return Before(metrics, {"kind": "start", "bins": edges, "counts": counts,
                            "before": _reading(shown, edges, metrics), "retrained": None})


def _reading(sets: Readings, edges: list[float], metrics: dict[str, Any]) -> dict[str, Any]:
    return reading(sets, edges, attacks=False) | {
        "attacks": {attack.name: metrics[attack.name] for attack in live_attacks()}}


def _last(done: Unlearned, readings: Readings, metrics: dict[str, Any], edges: list[float],
          trace: list[Progress]) -> dict[str, Any]:
    return {"kind": "probe", "step": done.steps, "samples": done.samples, "seconds": round(done.seconds, 4),
            "reading": _reading(readings, edges, metrics), "trace": thinned(trace)}
