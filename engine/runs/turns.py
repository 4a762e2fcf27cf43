"""Whose turn it is: the queue is fair between people, and for each of them first in, first out."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from engine.runs.schema import runs

waiting = runs.alias("waiting")


def next_in_turn() -> sa.ScalarSelect[Any]:
    """The number of the queued run whose person has waited longest since a run of theirs began; of several the oldest.

    Runs without a person count as one person's: a queue without login is served in order.
    """
    person = _person(runs).label("person")
    served = (sa.select(person, sa.func.max(runs.c.started).label("last"))
              .where(runs.c.imported.is_(None)).group_by(person).subquery())
    return (sa.select(waiting.c.number).outerjoin(served, served.c.person == _person(waiting))
            .where(waiting.c.status == "queued")
            .order_by(sa.func.coalesce(served.c.last, 0.0), waiting.c.number).limit(1)
            .with_for_update(skip_locked=True, of=waiting)  # where another process is just taking one, the next one
            .scalar_subquery())


def _person(of: Any) -> Any:
    return sa.func.coalesce(of.c.person, "")
