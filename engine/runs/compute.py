"""One run as values, without a store: what workers of a sweep compute and whoever drives them writes down.

Same numbers as :func:`engine.runs.execute.execute`, but nobody watches: the course has a beginning and an end, both
from read-outs that the metrics need anyway, and what runs on one split share is measured once.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

from torch import nn

from engine.errors import LabError
from engine.evaluation.events import ProbeEvent, Reading, StartEvent
from engine.evaluation.histograms import EDGES
from engine.evaluation.measure import Readings
from engine.evaluation.probe import reading, thinned
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
_starts: Recent[StartEvent] = Recent(16)


def compute(resolved: Resolved, bench: Bench, keep_weights: bool = False) -> Outcome:
    """Carries out a run on a bench that is at hand; whatever goes wrong is its outcome, with the reason."""
    try:
        return run_method(bench, resolved, Traced(), keep_weights)
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
        start = replace(_starts.get(at.shared, lambda: _start(at)), null_band=metrics["null_band"],
                        band=metrics["band"])
        last = ProbeEvent(done.steps, done.samples, round(done.seconds, 4), _reading(readings, metrics),
                          thinned(self._trace), complete=True)
        return [start.to_json(), last.to_json()]


def _start(at: Setting) -> StartEvent:
    """The first event of every run on a split, without its null bands."""
    shown = bench_readings(at.bench, at.parts)
    return StartEvent(EDGES, dict(shown.map(len).items()), _reading(shown, original_metrics(at)))


def _reading(sets: Readings, metrics: dict[str, Any]) -> Reading:
    return replace(reading(sets, attacks=False),
                   attacks={attack.name: metrics[attack.name] for attack in live_attacks()})
