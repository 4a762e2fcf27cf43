"""One's own runs and the recorded ones behind one door: which of them is meant is decided here, and nowhere else.

Best is the newest finished run of one's own, then a recorded one that was carried out as it would be now, then what
runs or waits, and last the newest that failed or was stopped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from engine.errors import UnknownRun
from engine.evaluation.events import Course, Reading
from engine.evaluation.histograms import EDGES
from engine.registry import all_of
from engine.runs.ensembles.alike import evidence_of, of_now
from engine.runs.ensembles.kept import Shelf
from engine.runs.ensembles.recorded import all_ensembles
from engine.runs.recorded import (
    find_recorded,
    has_recorded_samples,
    newest_as_now,
    recorded_runs,
    recorded_samples,
)
from engine.runs.recorded_findings import shipped_evidence, shipped_now
from engine.runs.records import Run
from engine.runs.remembered import Latest
from engine.runs.store import Store
from engine.system.same import Same

if TYPE_CHECKING:
    from pandas import DataFrame

LAST = "last"
RANK = {"finished": 0, "running": 2, "queued": 3, "failed": 4, "cancelled": 4, "interrupted": 4}
RECORDED = 1  # right behind one's own finished runs
ON_THEIR_WAY = ("finished", "running", "queued")
C = TypeVar("C", bound=Hashable)
_complete: Latest[Run] = Latest(20_000)
_listed: Latest[list[Run]] = Latest(4)
_references: Latest[list[Run]] = Latest(4)


@dataclass(frozen=True)
class Opened:
    """A run with its events as stored; ``samples()`` reads its per-sample table, None where it has none."""

    run: Run
    events: list[dict[str, Any]]
    samples: Callable[[], DataFrame | None]

    @property
    def course(self) -> Course:
        """The events as records."""
        return Course.from_json(self.events)


def last(store: Store) -> str:
    """The id of the newest finished run of one's own. Raises UnknownRun where there is none yet."""
    finished = store.list(status=("finished",), newest_first=True, limit=1)
    if not finished:
        raise UnknownRun(f"{LAST!r} is the newest finished run, but no run has finished yet: start one first.")
    return finished[0].id


def get(run_id: str, store: Store) -> Opened:
    """The run of that id, a recorded one or one's own, or the last that finished (``last``); raises UnknownRun."""
    run_id = last(store) if run_id == LAST else run_id
    shipped = find_recorded(run_id)
    run, events = shipped or (store.get(run_id), None)
    run = with_evidence(run, store)
    return Opened(run, store.events(run_id) if events is None else events, lambda: samples(run, store))


def with_evidence(run: Run, store: Store, shelves: Sequence[Shelf] | None = None) -> Run:
    """A run with what ships about it, what many models like it say, and a recorded one with what was found out here.

    ``shelves`` are the ensembles where they are at hand.
    """
    shelves = all_ensembles() if shelves is None else shelves
    beside = store.evidence_beside(run.id) if run.recorded else {}
    return _with_evidence(run, beside, shipped_now(), shelves, of_now(shelves))


def _with_evidence(run: Run, beside: Mapping[str, Any], shipped: frozenset[str], shelves: Sequence[Shelf],
                   now: tuple[Hashable, ...]) -> Run:
    """The same, remembered as long as nothing of it changes: thousands of runs are listed."""
    def make() -> Run:
        found = {**evidence_of(run, shelves, now), **shipped_evidence(run.identity), **beside}
        return replace(run, evidence={**found, **(run.evidence or {})}) if found else run

    made_from = Same([run]), json.dumps(beside) if beside else "", shipped, now
    return _complete.get((run.id, run.recorded), made_from, make)


def events_after(run: Run, store: Store, after: int = -1) -> list[dict[str, Any]]:
    """The events of a run that are later than ``after``, in order."""
    if not run.recorded:
        return store.events(run.id, after=after)
    _, events = find_recorded(run.id) or (run, [])
    return [event for event in events if event["seq"] > after]


def retrained_reading(run: Run, store: Store) -> Reading | None:
    """The last look at the retrained model that a finished run is held against, with its losses.

    None where there is no such model, where its run is gone, or where it kept coarse losses only.
    """
    retrained = run.metrics.retrained if run.finished and run.metrics else None
    try:
        course = get(str(retrained.get("run_id")), store).course if retrained else None
    except UnknownRun:
        return None
    fine = course is not None and course.start is not None and list(course.start.bins) == EDGES
    return course.points[-1].reading if course and fine else None


def samples(run: Run, store: Store) -> DataFrame | None:
    """The per-sample table of a run; None where it has none."""
    return recorded_samples(run.id) if run.recorded else store.load_samples(run.id)


def has_samples(run: Run, store: Store) -> bool:
    """Whether a run has a per-sample table, without reading it."""
    return has_recorded_samples(run.id) if run.recorded else store.has_samples(run.id)


def all_runs(store: Store, recorded: bool = True) -> list[Run]:
    """One's own runs, then with ``recorded`` the shipped ones, without those that were imported as well."""
    own = store.list()
    there = {run.id for run in own}
    shipped = [run for run in (recorded_runs() if recorded else ()) if run.id not in there]
    folders, shelves = store.folders(), all_ensembles()
    beside = {run.id: found for run in shipped if run.id in folders and (found := store.evidence_beside(run.id))}
    findings, now = shipped_now(), of_now(shelves)
    runs = own + shipped
    made_from = Same(runs), json.dumps(beside), findings, now
    return [*_listed.get((store.url, recorded), made_from, lambda: [
        _with_evidence(run, beside.get(run.id, {}), findings, shelves, now) for run in runs])]


def retrainings(store: Store) -> list[Run]:
    """The finished retrainings, one's own and the recorded ones, without what other models say about them."""
    runs = (*store.list(status=("finished",)), *recorded_runs())
    made_from = Same(runs), Same(all_of("method"))
    return _references.get(store.url, made_from, lambda: [run for run in runs if run.finished and run.is_reference])


def best(wanted: Mapping[C, str], store: Store, recorded: bool = True, **alike: Any) -> dict[C, Run]:
    """The best run of each cell by its fingerprint; a cell without any is left out, and two may share one.

    ``alike`` are fields of the spec that all cells share, such as ``dataset="digits"``: they spare looking.
    """
    asked: dict[str | None, list[C]] = {}
    for cell, fingerprint in wanted.items():
        asked.setdefault(fingerprint, []).append(cell)
    found: dict[str | None, Run] = {}
    own = store.list(newest_first=True, fingerprint=tuple(asked))
    for run in sorted(own, key=lambda run: RANK[run.status]):  # stable: newest first within a rank
        found.setdefault(run.fingerprint, run)
    shipped = newest_as_now(recorded_runs(), **alike) if recorded else {}
    for fingerprint, run in shipped.items():
        if fingerprint in asked and (fingerprint not in found or RANK[found[fingerprint].status] > RECORDED):
            found[fingerprint] = run
    shelves = all_ensembles() if found else []
    told = {fingerprint: with_evidence(run, store, shelves) for fingerprint, run in found.items()}
    return {cell: run for fingerprint, run in told.items() for cell in asked[fingerprint]}


def missing(cells: Iterable[C], runs: Mapping[C, Run]) -> list[C]:
    """The cells whose run is neither finished nor running nor queued, in their order."""
    return [cell for cell in cells if cell not in runs or runs[cell].status not in ON_THEIR_WAY]
