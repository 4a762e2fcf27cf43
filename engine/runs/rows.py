"""Between the store's rows and runs, one by one: a damaged row costs itself and no other."""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.errors import StoreUnavailable
from engine.runs import process as owner
from engine.runs.gate import STORED, columns
from engine.runs.records import Run, stored_spec
from engine.runs.remembered import Latest, row_key
from engine.runs.schema import runs
from engine.runs.shared import of_asker
from engine.spec import Resolved
from engine.system.shapes import short, shown
from engine.system.version import code_version
from engine.types import Status

DAMAGED = (ValueError, TypeError, RecursionError)  # what decoding JSON raises
DECODED = tuple(column.name for column in runs.columns if isinstance(column.type, sa.JSON))
AS_TEXT = [sa.type_coerce(column, sa.Text).label(column.name) if column.name in DECODED else column
           for column in runs.columns]
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


Known = Latest["Run | Unreadable"]


def read_rows(connection: sa.Connection, query: sa.Select[Any], known: Known | None = None) -> Rows:
    """Reads a query over the table of runs; a run of ``known`` whose row is as it was is not made again."""
    if connection.dialect.name == "sqlite":
        read = [_of_text(row, known) for row in connection.execute(query.with_only_columns(*AS_TEXT)).all()]
    else:  # a driver may decode JSON itself
        read = [run_of(dict(row)) for row in connection.execute(query).mappings()]
    return Rows([one for one in read if isinstance(one, Run)], [one for one in read if isinstance(one, Unreadable)])


def _of_text(row: sa.Row[Any], known: Known | None) -> Run | Unreadable:
    """The run of a row whose JSON has not been decoded."""
    def make() -> Run | Unreadable:
        return _decoded(dict(row._mapping))

    return known.get(row.id, row_key(tuple(row)), make) if known else make()


def _decoded(row: dict[str, Any]) -> Run | Unreadable:
    try:
        return run_of(row | {name: json.loads(row[name]) for name in DECODED if isinstance(row[name], (str, bytes))})
    except DAMAGED as error:
        return _unreadable(row["id"], f"{type(error).__name__}: {error}")


def run_of(row: Mapping[str, Any]) -> Run | Unreadable:
    """The run of a row whose columns are what runs have, down to their last value."""
    if found := columns(row, STORED):
        return _unreadable(row["id"], f"{found.place} is {shown(found.value)}, but must be {found.what}")
    return Run.from_row(row)


def _unreadable(run_id: Any, why: str) -> Unreadable:
    log.debug("run %s cannot be read: %s", run_id, why)
    return Unreadable(str(run_id), f"Run {short(str(run_id), 40)} cannot be read ({why}): its row in the run store is "
                                   "damaged. Delete it.")


def read_events(connection: sa.Connection, query: sa.Select[Any], run_id: str) -> list[dict[str, Any]]:
    """The events of a query (seq, payload), each with its ``seq``. Raises StoreUnavailable where one is damaged."""
    try:
        found = connection.execute(query).all()
    except DAMAGED as error:
        raise _damaged(run_id, type(error).__name__) from error
    for seq, payload in found:
        if not isinstance(payload, Mapping) or not isinstance(payload.get("kind"), str):
            raise _damaged(run_id, f"event {seq} is {shown(payload)}, but must be an object with a kind")
    return [{"seq": seq, **payload} for seq, payload in found]


def _damaged(run_id: str, why: str) -> StoreUnavailable:
    return StoreUnavailable(f"The course of run {run_id} cannot be read ({why}): its events in the run store are "
                            "damaged. Delete the run.")


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
