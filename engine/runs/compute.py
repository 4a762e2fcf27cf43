"""One run as values, without a store: what workers of a sweep compute and whoever drives them writes down.

Same numbers as :func:`engine.runs.execute.execute`, but nobody watches: the course has a beginning and an end, both
from read-outs that the metrics need anyway, and what runs on one split share is measured once.
"""

from __future__ import annotations

import logging
from typing import Any

from torch import nn

from engine.errors import LabError
from engine.evaluation.measure import Readings
from engine.evaluation.probe import bin_edges, reading, thinned
from engine.originals.workbench import Bench
from engine.registry import live_attacks
from engine.runs.method import Setting, Unlearned, Watch, original_metrics, run_method
from engine.runs.outcome import Outcome, failed
from engine.runs.readings import bench_readings
from engine.runs.reasons import reason_of
from engine.spec import Resolved
from engine.system.recent import Recent
from engine.types import Progress

log = logging.getLogger(__name__)
_starts: Recent[dict[str, Any]] = Recent(16)


def compute(resolved: Resolved, bench: Bench) -> Outcome:
    """Carries out a run on a bench that is at hand; whatever goes wrong is its outcome, with the reason."""
    try:
        return run_method(bench, resolved, Traced())
    except Exception as error:
        if not isinstance(error, LabError):
            log.exception("%s failed", resolved.spec)
        return failed(reason_of(error))


class Traced(Watch):
    """Keeps the steps' terms; the two events are made from the final read-outs."""

    def begin(self, at: Setting) -> None:
        self._at, self._trace = at, list[Progress]()

    def step(self, model: nn.Module, progress: Progress, seconds: float) -> None:
        self._trace.append(progress)

    def end(self, done: Unlearned, readings: Readings, metrics: dict[str, Any]) -> list[dict[str, Any]]:
        at = self._at
        start = _starts.get(at.shared, lambda: _start(at)) | {name: metrics[name] for name in ("null_band", "band")}
        last = {"kind": "probe", "step": done.steps, "samples": done.samples, "seconds": round(done.seconds, 4),
                "reading": _reading(readings, start["bins"], metrics), "trace": thinned(self._trace)}
        return [start, last]


def _start(at: Setting) -> dict[str, Any]:
    """The first event of every run on a split, without its null bands."""
    shown = bench_readings(at.bench, at.parts)
    edges = bin_edges(shown.test.loss, len(at.bench.data.classes))
    counts = {name: len(side) for name in ("retain", "forget", "test", "unseen")
              if (side := getattr(shown, name)) is not None}
    return {"kind": "start", "bins": edges, "counts": counts, "before": _reading(shown, edges, original_metrics(at)),
            "retrained": None}


def _reading(sets: Readings, edges: list[float], metrics: dict[str, Any]) -> dict[str, Any]:
    return reading(sets, edges, attacks=False) | {
        "attacks": {attack.name: metrics[attack.name] for attack in live_attacks()}}
