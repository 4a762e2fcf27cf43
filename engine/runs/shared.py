"""What a store asks before it changes anything: whether this process may write, and whether the one who asks may."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import sqlalchemy as sa

from engine.runs import people
from engine.runs.schema import runs
from engine.system.read_only import read_only, refuse


class Shared:
    """The part of a store that several people and processes share."""

    def _transaction(self) -> AbstractContextManager[sa.Connection]:
        raise NotImplementedError

    @property
    def only_shown(self) -> bool:
        """Whether this process is for looking at runs, and writes none."""
        return read_only()

    def waiting_of(self, person: str | None) -> int:
        """How many runs of a person wait in the queue."""
        query = sa.select(sa.func.count()).where(runs.c.status == "queued", runs.c.person == person)
        with self._transaction() as connection:
            return int(connection.execute(query).scalar_one())

    def check_room(self, more: int = 1) -> None:
        """Raises BadInput where the one who asks may not have so many more runs wait, or nothing may be started."""
        refuse()
        name = people.name_of_asker()
        people.check_room(self.waiting_of(name) if name else 0, more)


def of_asker() -> dict[str, Any]:
    """The columns that say who started a run, and how long it may take."""
    return {"person": people.name_of_asker(), "most_seconds": people.seconds_of_asker()}


def check_may(connection: sa.Connection, run_id: str) -> None:
    """Raises NotYours where the one who asks may not change a run."""
    row = connection.execute(sa.select(runs.c.person).where(runs.c.id == str(run_id))).first()
    if row is not None:
        people.check_may(row.person, f"run {run_id}")


def refuse_writing(_connection: Any, statement: Any, *_more: Any) -> None:
    """The gate of read-only mode, for SQLAlchemy to ask: no statement that changes a row passes."""
    if getattr(statement, "is_dml", False):
        refuse()
