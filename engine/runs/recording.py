"""Writes outcomes into the store, with what a retrained model of the same split adds to them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from engine.attacks._shuffles import shuffled_by
from engine.errors import StoreUnavailable
from engine.evaluation.measured import Metrics
from engine.evaluation.retrained import against_retrained, own_reference
from engine.runs.ends import settle_runs
from engine.runs.ensembles.alike import shadows_of
from engine.runs.outcome import Outcome, failed
from engine.runs.patience import patiently
from engine.runs.reasons import reason_of
from engine.runs.records import Run
from engine.runs.references import (
    complete_waiting,
    find_reference,
    is_reference,
    reference_samples,
    retrained_samples,
    shadow_samples,
)
from engine.runs.store import Store
from engine.spec import Resolved
from engine.system.files import frame_of

log = logging.getLogger(__name__)


def record(store: Store, ended: Sequence[tuple[Resolved, str, Outcome]]) -> list[Run]:
    """Ends these runs (spec, id, outcome) in one transaction and returns them as stored.

    A retraining completes those that waited for it.
    """
    written = []
    for resolved, run_id, outcome in ended:
        try:
            columns = columns_of(store, run_id, resolved, outcome) if outcome.finished else outcome.columns
        except Exception as error:  # such as a full disk: that run has failed, the others continue
            columns, outcome = failed(reason_of(error)).columns, failed("")
        written.append((run_id, columns, outcome.course))
    settle_runs(store, written)
    for resolved, run_id, outcome in ended:
        if resolved.method.from_scratch and outcome.finished:
            complete(store, run_id)
    return patiently(store, lambda: [store.get(run_id) for _, run_id, _ in ended])


def columns_of(store: Store, run_id: str, resolved: Resolved, outcome: Outcome) -> dict[str, Any]:
    """:func:`with_reference`, asked patiently; without a retrained model where the store does not answer at all."""
    try:
        return patiently(store, lambda: with_reference(store, run_id, resolved, outcome))
    except StoreUnavailable:
        return outcome.columns


def with_reference(store: Store, run_id: str, resolved: Resolved, outcome: Outcome) -> dict[str, Any]:
    """Keeps the per-sample table and the weights; returns the run's columns with what a retrained model adds."""
    assert outcome.samples is not None
    store.save_samples(run_id, outcome.samples)
    if outcome.weights is not None:
        store.save_weights(run_id, outcome.weights)
    columns = outcome.columns
    known = find_reference(store, resolved, columns["data"])
    store.update(run_id, identity=columns["identity"], data=columns["data"])  # its like are found by its data
    return columns | {"metrics": _against(store, store.get(run_id), known, outcome)}


def _against(store: Store, run: Run, known: Run | None, outcome: Outcome) -> dict[str, Any]:
    """The metrics against the retrained model; a retraining is its own reference."""
    assert outcome.samples is not None  # a finished outcome has its table
    with shuffled_by(run.spec.evaluation_seed):
        return _beside(store, run, known, outcome.columns["metrics"], frame_of(outcome.samples))


def _beside(store: Store, run: Run, known: Run | None, metrics: dict[str, Any], frame: Any) -> dict[str, Any]:
    ensemble = shadows_of(run)
    if is_reference(run):
        return against_retrained(metrics, frame, replace(run, metrics=Metrics(metrics)), frame, own_reference(frame),
                                 shadow_samples(store, run), ensemble)
    if known is None:
        return against_retrained(metrics, frame, None, None, [], ensemble=ensemble)
    return against_retrained(metrics, frame, known, reference_samples(store, known), retrained_samples(store, run),
                             shadow_samples(store, run), ensemble)


def complete(store: Store, run_id: str) -> None:
    """What this run adds to others or they to it; whatever is wrong with one of them, this run has finished."""
    try:
        complete_waiting(store, store.get(run_id))
    except Exception:
        log.exception("runs could not be completed after run %s", run_id)
