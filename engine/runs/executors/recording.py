"""Writes outcomes that workers computed into the store: several at once, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.evaluation.retrained import against_retrained
from engine.originals.workbench import Bench
from engine.runs.compute import Outcome, failed
from engine.runs.execute import complete, with_reference
from engine.runs.reasons import reason_of
from engine.runs.references import find_reference
from engine.runs.store import Run, Store
from engine.spec import Resolved
from engine.system.files import frame_of


def record(store: Store, bench: Bench, ended: Sequence[tuple[Resolved, str, Outcome]]) -> list[Run]:
    """Ends these runs (spec, id, outcome) and returns them as stored; a retraining completes those that waited."""
    written = []
    for resolved, run_id, outcome in ended:
        try:
            columns = _kept(store, bench, resolved, run_id, outcome) if outcome.finished else outcome.columns
        except Exception as error:  # such as a full disk: that cell has failed, the others go on
            columns, outcome = failed(reason_of(error)).columns, failed("")
        written.append((run_id, columns, outcome.course))
    if written:
        store.settle(written)
    for resolved, run_id, outcome in ended:
        if resolved.method.from_scratch and outcome.finished:
            complete(store, run_id)
    return [store.get(run_id) for _, run_id, _ in ended]


def _kept(store: Store, bench: Bench, resolved: Resolved, run_id: str, outcome: Outcome) -> dict[str, Any]:
    """Keeps the per-sample table; returns the columns with what a retrained model of the split adds."""
    store.save_samples(run_id, outcome.samples)
    metrics = outcome.columns["metrics"]
    if not resolved.method.from_scratch and find_reference(store, resolved, bench.data.content) is None:
        return outcome.columns | {"metrics": against_retrained(metrics, None, None, None, [])}
    store.update(run_id, identity=outcome.columns["identity"], data=outcome.columns["data"])
    frame = frame_of(outcome.samples)
    return outcome.columns | {"metrics": with_reference(metrics, frame, run_id, resolved, bench, store)}
