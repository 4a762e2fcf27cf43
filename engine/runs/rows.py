"""Between the store's rows and runs, one by one: a damaged row costs itself and no other."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.runs import process as owner
from engine.runs.records import Run, stored_spec
from engine.runs.schema import runs
from engine.runs.shared import of_asker
from engine.spec import Resolved
from engine.system.version import code_version
from engine.types import Status

DAMAGED = (ValueError, TypeError, KeyError, AttributeError)  # what decoding JSON and making a record of it raise
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Unreadable:
    """A row that makes no run; ``reason`` is a sentence."""

    id: str
    reason: str


@dataclass(frozen=True)
class Rows:
    """The runs of a query in its order, and the rows that make none."""

    runs: list[Run]
    unreadable: list[Unreadable]


def read_rows(connection: sa.Connection, query: sa.Select[Any]) -> Rows:
    """Reads a query over the table of runs. Damaged rows are rare: only then each row is asked for by itself."""
    try:
        found = [Run.from_row(dict(row)) for row in connection.execute(query).mappings()]
        return Rows([_checked(run) for run in found], [])
    except DAMAGED:
        ids = connection.execute(query.with_only_columns(runs.c.id)).scalars().all()
        return _one_by_one(connection, list(ids))


def _one_by_one(connection: sa.Connection, ids: list[str]) -> Rows:
    rows = Rows([], [])
    for run_id in ids:
        try:
            row = connection.execute(sa.select(runs).where(runs.c.id == run_id)).mappings().one()
            rows.runs.append(_checked(Run.from_row(dict(row))))
        except DAMAGED as error:
            log.debug("run %s cannot be read: %r", run_id, error)
            rows.unreadable.append(Unreadable(run_id, f"Run {run_id} cannot be read ({type(error).__name__}: {error}): "
                                              "its row in the run store is damaged. Delete it."))
    return rows


def _checked(run: Run) -> Run:
    """The run, where those of its columns that hold objects do so; raises TypeError."""
    columns = {"metrics": run.metrics and run.metrics.stored, "effective": run.effective, "progress": run.progress,
               "parameters": run.spec.parameters, "options": run.spec.options}
    for name, value in columns.items():
        if value is not None and not isinstance(value, Mapping):
            raise TypeError(f"{name} is {type(value).__name__}, but must be an object")
    if not (run.tags is None or (isinstance(run.tags, list) and all(isinstance(tag, str) for tag in run.tags))):
        raise TypeError("tags must be a list of texts")
    return run


def new_row(resolved: Resolved, status: Status, train_original: bool, keep_weights: bool | None) -> dict[str, Any]:
    """The columns of a new run."""
    return {"id": secrets.token_hex(4), "status": status, "spec": stored_spec(resolved.spec),
            "code": dict(resolved.code) or None,
            "effective": resolved.effective, "fingerprint": resolved.fingerprint, "split": resolved.split_identity(),
            "created": time.time(), "train_original": int(train_original), "tags": [],
            **of_asker(), "keep_weights": None if keep_weights is None else int(keep_weights),
            **(running() if status == "running" else {})}


def running() -> dict[str, Any]:
    """The columns of a run that this process begins now."""
    now = time.time()
    return {"status": "running", "started": now, "heartbeat": now, "owner": owner.me(), "code_version": code_version()}
