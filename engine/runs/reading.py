"""What is asked of a run store: runs, their events, and rows that make none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from engine.errors import StoreUnavailable, UnknownRun
from engine.runs.database import Database
from engine.runs.gate import storable
from engine.runs.records import Run
from engine.runs.remembered import LISTS, ROWS, Changes, Latest
from engine.runs.rows import Known, Rows, Unreadable, read_events, read_rows
from engine.runs.schema import events, runs
from engine.system.files import valid_json
from engine.system.shapes import short

Events = list[dict[str, Any]]  # named here: inside the class, list is a method
Payload = tuple[str, int, str]
Payloads = dict[str, list[Payload]]
TOGETHER = 100  # runs whose events are asked for by one query


class Reading(Database):
    """The part of a store that changes nothing."""

    def __init__(self, url: str, folder: Path):
        self._changes = Changes(None)  # until it is known which file to look at
        super().__init__(url, folder)
        self._changes = Changes(None if self.read_only else self._file)
        self._lists: Latest[Rows] = Latest(LISTS)
        self._rows: Known = Latest(ROWS)

    def close(self) -> None:
        """The same, also of what counts changes."""
        super().close()
        self._changes.close()

    def get(self, run_id: str) -> Run:
        """One run; raises UnknownRun."""
        with self._transaction() as connection:
            found = read_rows(connection, sa.select(runs).where(runs.c.id == storable(run_id)), self._rows)
        for one in found.unreadable:
            raise StoreUnavailable(one.reason)
        if not found.runs:
            raise self._no_run(run_id)
        return found.runs[0]

    def _no_run(self, run_id: str) -> UnknownRun:
        return UnknownRun(f"There is no run {short(str(run_id), 40)!r} in {self.root}.")

    def list(self, status: tuple[str, ...] = (), newest_first: bool = False, limit: int | None = None,
             **equal: Any) -> list[Run]:
        """Runs in the order of submission, filtered by status and by columns: equal to a value, or one of a tuple."""
        return [*self._found(status, newest_first, limit, equal).runs]

    def unreadable(self, newest: int | None = None) -> Sequence[Unreadable]:
        """The rows that make no run, of all or of the newest ones: damaged ones, which :meth:`list` leaves out."""
        found = self._found((), newest is not None, newest, {}).unreadable
        return found[::-1] if newest is None else [*found]

    def _found(self, status: tuple[str, ...], newest_first: bool, limit: int | None, equal: Mapping[str, Any]) -> Rows:
        """The rows that were asked for; as they were read where nothing has changed since."""
        def read() -> Rows:
            query = sa.select(runs).order_by(runs.c.number.desc() if newest_first else runs.c.number)
            for column, value in (dict(equal) | ({"status": status} if status else {})).items():
                query = query.where(runs.c[column].in_(value) if isinstance(value, tuple) else runs.c[column] == value)
            with self._transaction() as connection:
                return read_rows(connection, query.limit(limit), self._rows)

        asked = status, newest_first, limit, tuple(sorted(equal.items()))
        return self._lists.get(asked, self._changes.mark(), read)

    def ids(self) -> set[str]:
        """The ids of all runs, those that cannot be read among them."""
        with self._transaction() as connection:
            return set(connection.execute(sa.select(runs.c.id)).scalars())

    def events(self, run_id: str, after: int = -1) -> Events:
        """A run's events in order, each with its ``seq``; only those later than ``after``."""
        query = sa.select(events.c.seq, events.c.payload).where(events.c.run == run_id, events.c.seq > after)
        with self._transaction() as connection:
            return read_events(connection, query.order_by(events.c.seq), run_id)

    def cancel_requested(self, run_id: str) -> bool:
        with self._transaction() as connection:
            return bool(connection.execute(sa.select(runs.c.cancel).where(runs.c.id == run_id)).scalar())

    def payloads(self, run_ids: Sequence[str]) -> Iterator[Payload]:
        """The events of runs as (run, seq, JSON text), run by run in this order: for many, without decoding them."""
        text = sa.cast(events.c.payload, sa.Text) if not self._sqlite else sa.type_coerce(
            events.c.payload, sa.Text)
        with self._transaction() as connection:
            for first in range(0, len(run_ids), TOGETHER):
                some = run_ids[first:first + TOGETHER]
                query = sa.select(events.c.run, events.c.seq, text).where(events.c.run.in_(some))
                found: Payloads = {run_id: [] for run_id in some}
                for run_id, seq, payload in connection.execute(query.order_by(events.c.run, events.c.seq)):
                    found[run_id].append((run_id, seq, valid_json(payload)))
                for rows in found.values():
                    yield from rows

    def last_end(self) -> float:
        """When a run ended last, in seconds since 1970; 0 where none has."""
        with self._transaction() as connection:
            return float(connection.execute(sa.select(sa.func.max(runs.c.ended))).scalar() or 0.0)
