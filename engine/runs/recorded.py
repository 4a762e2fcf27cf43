"""Finished runs that ship with the repository, to be explored with neither the data nor a GPU.

They are in ``cached_checkpoints/recorded``: archives (``python -m engine archive export``), and single runs as
JSON files, what ``python -m engine show RUN --json`` printed. They are read-only, say on which device and when
they were made, and are never mixed with one's own runs unless asked for.

Read once a process, and again when a file there changes: a listing reads runs without their events and samples,
which come when a run is looked at.
"""

from __future__ import annotations

import contextlib
import functools
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import BadArchive, BadInput
from engine.originals.checkpoints import SHIPPED
from engine.runs.archive.columns import unusable
from engine.runs.archive.format import SUFFIX, Archive
from engine.runs.records import Run
from engine.spec import Resolved, resolve
from engine.system.same import Same
from engine.types import ENDED, Spec, declared

if TYPE_CHECKING:
    from pandas import DataFrame

FOLDER = SHIPPED / "recorded"
log = logging.getLogger(__name__)


@dataclass
class Shelf:
    """What a folder holds: runs by id, and where the events and samples of each are to be had."""

    runs: dict[str, Run] = field(default_factory=dict)
    events: dict[str, Callable[[str], list[dict[str, Any]]]] = field(default_factory=dict)
    samples: dict[str, Callable[[str], DataFrame | None]] = field(default_factory=dict)


def recorded_runs(folder: Path = FOLDER) -> tuple[Run, ...]:
    """Every recorded run without its events, by file name, archives first; a damaged file is left out and logged."""
    return tuple(_shelf(folder, _stamp(folder)).runs.values())


def find_recorded(run_id: str, folder: Path = FOLDER) -> tuple[Run, list[dict[str, Any]]] | None:
    """The recorded run of that id with its events, or None.

    Where its events are damaged it comes without, and its ``reason`` says so.
    """
    shelf = _shelf(folder, _stamp(folder))
    if run_id not in shelf.runs:
        return None
    try:
        return shelf.runs[run_id], shelf.events[run_id](run_id)
    except BadArchive as error:
        log.warning("the events of recorded run %s cannot be read: %s", run_id, error)
        return replace(shelf.runs[run_id], reason=f"The course of this run cannot be shown. {error}"), []


def recorded_samples(run_id: str, folder: Path = FOLDER) -> DataFrame | None:
    """A recorded run's per-sample table (see ``Store.load_samples``), mostly of the attacked sets; None without one."""
    try:
        return _samples(run_id, folder, _stamp(folder))
    except BadArchive as error:
        log.warning("the samples of recorded run %s cannot be read: %s", run_id, error)
        return None


def has_recorded_samples(run_id: str, folder: Path = FOLDER) -> bool:
    """Whether a recorded run ships with a per-sample table, without reading it."""
    return run_id in _shelf(folder, _stamp(folder)).samples


def with_recorded_samples(folder: Path = FOLDER) -> frozenset[str]:
    """The ids of all recorded runs that ship with a per-sample table: one look at the folder for all of them."""
    return frozenset(_shelf(folder, _stamp(folder)).samples)


def asked_for(run: Run) -> Resolved | None:
    """What a recorded run carried out, with the code that made it; None for a spec of another version.

    Remembered: hundreds of them are asked for at every look at a comparison or a sweep.
    """
    return None if run.spec_extra else _resolved(_Written(repr((run.spec, run.code)), run.spec, run.code or {}))


def carried_out_as_now(run: Run, resolved: Resolved) -> bool:
    """Whether a recorded run used the values that its spec means today: a default may have changed since.

    Automatic values are left out: the rule is the same, and what it comes to depends on the data.
    """
    fixed = {h.name for h in declared(resolved.method.parameters) if h.auto is None}
    used = run.effective or {}
    return all(used[name] == value for name, value in resolved.effective.items() if name in fixed and name in used)


def newest_as_now(runs: Iterable[Run], **alike: Any) -> dict[str, Run]:
    """The newest finished run of each fingerprint among recorded ones that were carried out as they would be now.

    ``alike`` are fields of the spec, such as ``dataset="digits"``, that all of them share.
    """
    return dict(_newest(Same(runs), tuple(sorted(alike.items()))))


@functools.lru_cache(maxsize=16)
def _newest(runs: Same[Run], alike: tuple[tuple[str, Any], ...]) -> dict[str, Run]:
    """The same, remembered: a page asks for it several times at every look, and recorded runs do not change."""
    found: dict[str, Run] = {}
    for run in sorted(runs.objects, key=lambda run: run.created or 0):
        if run.status != "finished" or any(getattr(run.spec, name) != value for name, value in alike):
            continue
        resolved = asked_for(run)
        if resolved and carried_out_as_now(run, resolved):
            found[resolved.fingerprint] = run
    return found


@dataclass(frozen=True)
class _Written:
    """A spec, and the code that carried it out, known by how they are written."""

    text: str
    spec: Spec = field(compare=False)
    code: Mapping[str, str] = field(compare=False)


@functools.lru_cache(maxsize=8192)
def _resolved(written: _Written) -> Resolved | None:
    try:
        return resolve(written.spec, code=written.code)
    except (BadInput, TypeError, ValueError, AttributeError):  # as in unusable(), which says it
        return None


def _stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Names, times and sizes of the files: while they stay, what was read of them holds."""
    found = []
    for path in folder.glob("*"):
        if path.suffix in (SUFFIX, ".json"):
            with contextlib.suppress(OSError):  # gone since it was listed
                about = path.stat()
                found.append((path.name, about.st_mtime_ns, about.st_size))
    return tuple(sorted(found, key=lambda about: (not about[0].endswith(SUFFIX), about)))


@functools.lru_cache(maxsize=4)
def _shelf(folder: Path, stamp: tuple[tuple[str, int, int], ...]) -> Shelf:
    shelf = Shelf()
    for name, *_ in stamp:
        path = folder / name
        try:
            (_take_archive if path.suffix == SUFFIX else _take_json)(path, shelf)
        except (BadArchive, OSError, ValueError, KeyError, TypeError) as error:
            log.warning("recorded run %s cannot be read: %s", name, error)
    return shelf


@functools.lru_cache(maxsize=8)
def _samples(run_id: str, folder: Path, stamp: tuple[tuple[str, int, int], ...]) -> DataFrame | None:
    read = _shelf(folder, stamp).samples.get(run_id)
    return read(run_id) if read else None


def _take_archive(path: Path, shelf: Shelf) -> None:
    archive = Archive(path)
    for record in archive.runs:
        run = Run.from_row(record, recorded=True)
        known = run.status in ENDED and asked_for(run)  # remembered: the check that anybody asks for next
        if not known and (reason := unusable(record)):
            log.warning("recorded run %s of %s is left out: %s", run.id, path.name, reason)
        elif run.id not in shelf.runs:
            shelf.runs[run.id] = run
            shelf.events[record["id"]] = archive.events
            if archive.has_samples(record["id"]):
                shelf.samples[record["id"]] = archive.samples


def _take_json(path: Path, shelf: Shelf) -> None:
    run = json.loads(path.read_text(encoding="utf-8"))
    run_id, events = run["run_id"], run.pop("events")
    run.pop("verdict", None)  # worked out anew
    if run_id not in shelf.runs:
        shelf.runs[run_id] = Run.from_row(run | {"id": run_id}, recorded=True)  # without fingerprint, split and data
        shelf.events[run_id] = lambda run_id: events
