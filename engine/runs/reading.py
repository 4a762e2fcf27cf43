"""What is asked of a run store: runs, their events, and rows that make none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from engine.errors import UnknownRun
from engine.runs.database import Database
from engine.runs.records import Run
from engine.runs.rows import Unreadable, read_rows
from engine.runs.schema import events, runs
from engine.system.files import valid_json

Events = list[dict[str, Any]]  # named here: inside the class, list is a method


class Reading(Database):
    """The part of a store that changes nothing."""

    def get(self, run_id: str) -> Run:
        """One run; raises UnknownRun."""
        with self._transaction() as connection:
            row = connection.execute(sa.select(runs).where(runs.c.id == str(run_id))).mappings().first()
        if row is None:
            raise UnknownRun(f"There is no run {str(run_id)!r} in {self.root}.")
        return Run.from_row(dict(row))

    def list(self, status: tuple[str, ...] = (), newest_first: bool = False, limit: int | None = None,
             **equal: Any) -> list[Run]:
        """Runs in the order of submission, filtered by status and by columns: equal to a value, or one of a tuple."""
        query = sa.select(runs).order_by(runs.c.number.desc() if newest_first else runs.c.number)
        for column, value in (equal | ({"status": status} if status else {})).items():
            query = query.where(runs.c[column].in_(value) if isinstance(value, tuple) else runs.c[column] == value)
        with self._transaction() as connection:
            return read_rows(connection, query.limit(limit)).runs

    def unreadable(self) -> Sequence[Unreadable]:
        """The rows that make no run: damaged ones. :meth:`list` leaves them out, :meth:`delete` removes them."""
        with self._transaction() as connection:
            return read_rows(connection, sa.select(runs)).unreadable

    def ids(self) -> set[str]:
        """The ids of all runs, those that cannot be read among them."""
        with self._transaction() as connection:
            return set(connection.execute(sa.select(runs.c.id)).scalars())

    def events(self, run_id: str, after: int = -1) -> Events:
        """A run's events in order, each with its ``seq``; only those later than ``after``."""
        query = sa.select(events.c.seq, events.c.payload).where(events.c.run == run_id, events.c.seq > after)
        with self._transaction() as connection:
            return [{"seq": seq, **payload} for seq, payload in connection.execute(query.order_by(events.c.seq))]

    def cancel_requested(self, run_id: str) -> bool:
        with self._transaction() as connection:
            return bool(connection.execute(sa.select(runs.c.cancel).where(runs.c.id == run_id)).scalar())

    def payloads(self, run_ids: Sequence[str]) -> Iterator[tuple[str, int, str]]:
        """The events of runs as (run, seq, JSON text), run by run in this order: for many, without decoding them."""
        text = sa.cast(events.c.payload, sa.Text) if not self._sqlite else sa.type_coerce(
            events.c.payload, sa.Text)
        with self._transaction() as connection:
            for run_id in run_ids:
                query = sa.select(events.c.seq, text).where(events.c.run == run_id).order_by(events.c.seq)
                yield from ((run_id, seq, valid_json(payload)) for seq, payload in connection.execute(query))

    def last_end(self) -> float:
        """When a run ended last, in seconds since 1970; 0 where none has."""
        with self._transaction() as connection:
            return float(connection.execute(sa.select(sa.func.max(runs.c.ended))).scalar() or 0.0)
