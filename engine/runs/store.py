"""Runs, their events and their artifacts: the only code that touches them.

One writer a run, append-only events, atomic finish. Every run ends in exactly one of finished, failed,
cancelled, interrupted. SQLite in WAL mode through SQLAlchemy; any URL that SQLAlchemy opens will do.
"""

from __future__ import annotations

import functools
import logging
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from engine.errors import StoreUnavailable
from engine.runs import leftovers
from engine.runs import process as owner
from engine.runs.annotations import checked_note, checked_tags
from engine.runs.artifacts import EVIDENCE, Artifacts
from engine.runs.gate import RUN_ID, storable
from engine.runs.reading import Events, Reading
from engine.runs.records import Run
from engine.runs.rows import new_row, read_rows, running
from engine.runs.schema import events, runs
from engine.runs.shared import Shared, check_may, of_asker
from engine.runs.turns import next_in_turn
from engine.spec import Resolved
from engine.system.files import short_hash
from engine.system.paths import database_url, home, sqlite_url
from engine.system.unfinished import Note, noted
from engine.types import ENDED, Status

log = logging.getLogger(__name__)

Folders = list[Path]
_opened: list[Store] = []
# A run of an archive: its columns there, its events with ``seq``, its samples and its weights, each or None.
Adopted = tuple[Mapping[str, Any], Events, Any, bytes | bytearray | None]


class Store(Reading, Artifacts, Shared):
    """The runs under one folder. Safe to use from several threads and processes at once."""

    def __init__(self, root: Path, url: str | None = None):
        self.root = Path(root)
        url = url or sqlite_url(self.root / "runs.sqlite")
        super().__init__(url, self.root)
        self.digest = short_hash(url)  # names the store where its URL may hold a password
        self.interrupted: list[str] = []  # the runs of dead processes that were found when it was opened
        self.unwritten: dict[str, tuple[dict[str, Any], list[tuple[int, dict[str, Any]]]]] = {}  # see engine.runs.ends

    # --- writing ----------------------------------------------------------------------------

    def submit(self, resolved: Resolved, train_original: bool = False, keep_weights: bool | None = None) -> str:
        """Puts a run into the queue and returns its id; None keeps small weights only. Raises BadInput without room."""
        self.check_room()
        return self._insert(new_row(resolved, "queued", train_original, keep_weights))

    def begin(self, resolved: Resolved, train_original: bool = False, keep_weights: bool | None = None) -> str:
        """Records a run that this process starts at once, beside the queue."""
        return self._insert(new_row(resolved, "running", train_original, keep_weights))

    def begin_all(self, resolved: Sequence[Resolved], keep_weights: bool = False) -> list[str]:
        """Records several runs that this process starts at once: all of them or none."""
        rows = [new_row(one, "running", False, keep_weights) for one in resolved]
        with self._transaction() as connection:
            connection.execute(sa.insert(runs), rows)
        return [row["id"] for row in rows]

    def settle(self, ended: Sequence[tuple[str, dict[str, Any], list[dict[str, Any]]]]) -> None:
        """Ends runs that are running (id, columns with the status, events in order): all of them or none."""
        with self._transaction() as connection:
            for run_id, columns, course in ended:
                connection.execute(sa.update(runs).where(runs.c.id == run_id, runs.c.status == "running")
                                   .values(ended=time.time(), **columns))
                if course:
                    connection.execute(sa.insert(events), [{"run": run_id, "seq": seq, "payload": payload}
                                                           for seq, payload in enumerate(course)])

    def claim(self, run_id: str | None = None) -> Run | None:
        """Takes the queued run whose turn it is, or the one of that id, for this process; None where none is queued."""
        this = runs.c.number == next_in_turn() if run_id is None else runs.c.id == run_id
        with self._transaction() as connection:
            taken = connection.execute(sa.update(runs).where(this, runs.c.status == "queued")
                                       .values(**running()).returning(runs.c.id)).scalar()
            if taken is None:
                return None
            found = read_rows(connection, sa.select(runs).where(runs.c.id == taken))
            for one in found.unreadable:  # it would stop the queue for good
                connection.execute(sa.update(runs).where(runs.c.id == taken).values(
                    status="failed", ended=time.time(), reason=one.reason))
        return found.runs[0] if found.runs else self.claim(run_id) if run_id is None else None

    def extend(self, run_id: str, numbered: Sequence[tuple[int, dict[str, Any]]]) -> None:
        """Adds events by their numbers, those that are not there yet: doing it again changes nothing."""
        with self._transaction() as connection:
            there = connection.execute(sa.select(_next(run_id))).scalar() or 0
            new = [{"run": run_id, "seq": seq, "payload": payload} for seq, payload in numbered if seq >= there]
            if new:
                connection.execute(sa.insert(events), new)

    def update(self, run_id: str, **values: Any) -> bool:
        """Writes columns of a run that is running; False where it is not running any more."""
        with self._transaction() as connection:
            done = connection.execute(sa.update(runs).where(runs.c.id == run_id, runs.c.status == "running")
                                      .values(heartbeat=time.time(), **values))
        return done.rowcount == 1

    def end(self, run_id: str, status: Status, **values: Any) -> bool:
        """Ends a queued or running run, once: a run that has ended stays as it is and False is returned."""
        assert status in ENDED
        with self._transaction() as connection:
            done = connection.execute(
                sa.update(runs).where(runs.c.id == run_id, runs.c.status.in_(("queued", "running")))
                .values(status=status, ended=time.time(), **values))
        return done.rowcount == 1

    def amend(self, run_id: str, metrics: Mapping[str, Any]) -> None:
        """Replaces the metrics of a finished run: with what became known after it, such as its retrained model."""
        if self.only_shown:  # there it is worked out each time
            return
        with self._transaction() as connection:
            connection.execute(sa.update(runs).where(runs.c.id == run_id, runs.c.status == "finished")
                               .values(metrics=dict(metrics)))

    def add_evidence(self, run_id: str, key: str, numbers: Mapping[str, Any]) -> None:
        """Keeps with a run what was found out about it later; of a recorded run, which is not here, beside it."""
        if self.only_shown:
            return
        with self._transaction() as connection:
            this = runs.c.id == run_id
            row = connection.execute(sa.select(runs.c.evidence).where(this)).first()
            if row is not None:
                kept = {**(row.evidence or {}), key: dict(numbers)}
                connection.execute(sa.update(runs).where(this).values(evidence=kept))
                return
        self.save_finding(run_id, EVIDENCE, {**self.evidence_beside(run_id), key: dict(numbers)})

    def annotate(self, run_id: str, tags: Sequence[str], note: str) -> None:
        """Writes a person's tags and note, whatever the run's status; raises UnknownRun, or BadInput for the texts."""
        values = {"tags": checked_tags(tags), "note": checked_note(note)}
        with self._transaction() as connection:
            check_may(connection, run_id)
            if not connection.execute(sa.update(runs).where(runs.c.id == storable(run_id)).values(**values)).rowcount:
                raise self._no_run(run_id)

    def noted(self, run_ids: Sequence[str], made: Iterable[Path] = ()) -> AbstractContextManager[None]:
        """While inside, a kill leaves these runs' folders, and the files made for them, to the next start.

        Folders that are there already are not touched, nor is anything of a run that the store has by then.
        """
        new = [folder for folder in map(self.folder, run_ids) if not folder.exists()]
        return self._note(run_ids, [*new, *made])

    def _note(self, run_ids: Sequence[str], paths: Iterable[Path]) -> AbstractContextManager[None]:
        return noted(Note(tuple(map(str, paths)), runs=tuple(run_ids), store=self.digest)) if run_ids else nullcontext()

    def adopt(self, found: Iterable[Adopted]) -> None:
        """Takes over ended runs, all or none."""
        written: list[Path] = []
        try:
            with self._transaction() as connection:  # the row comes first: it locks out another import of the run
                for one in found:
                    self._take(connection, written, *one)
        except BaseException as error:
            for folder in written:
                shutil.rmtree(folder, ignore_errors=True)
            if isinstance(error, OSError):
                raise StoreUnavailable(f"The runs could not be written to {self.root} ({error.strerror or error}): "
                                       "nothing was imported.") from error
            if isinstance(error.__cause__, IntegrityError):
                raise StoreUnavailable("Another import of the same runs was quicker: this one changed "
                                       "nothing.") from error
            raise

    def _take(self, connection: sa.Connection, written: Folders, row: Mapping[str, Any], course: Events,
              samples: Any, weights: bytes | bytearray | None) -> None:
        """One run of :meth:`adopt`; its folder is added to ``written``."""
        connection.execute(sa.insert(runs).values(**row, **of_asker(), imported=time.time()))
        rows = [{"run": row["id"], "seq": event["seq"],
                 "payload": {name: value for name, value in event.items() if name != "seq"}} for event in course]
        if rows:
            connection.execute(sa.insert(events), rows)
        if samples is not None or weights is not None:
            written.append(self.folder(row["id"]))
        if samples is not None:
            self.save_samples(row["id"], samples)
        if weights is not None:
            self.save_weights(row["id"], weights)

    def request_cancel(self, run_id: str) -> None:
        """Ends a queued run as cancelled; asks the owner of a running one to stop."""
        with self._transaction() as connection:
            check_may(connection, run_id)
            waiting = sa.update(runs).where(runs.c.id == run_id, runs.c.status == "queued")
            connection.execute(waiting.values(status="cancelled", ended=time.time(), reason="Cancelled in the queue."))
            connection.execute(sa.update(runs).where(runs.c.id == run_id, runs.c.status == "running").values(cancel=1))

    def beat(self) -> None:
        """Says that this process is alive, for all its runs."""
        mine = [run.id for run in self.list(status=("running",)) if run.owner == owner.me()]
        if mine:
            with self._transaction() as connection:
                connection.execute(sa.update(runs).where(runs.c.id.in_(mine)).values(heartbeat=time.time()))

    def interrupt_mine(self, reason: str) -> None:
        """Marks all running runs of this process, which is about to end, in one transaction."""
        mine = [run.id for run in self.list(status=("running",)) if run.owner == owner.me()]
        with self._transaction() as connection:
            connection.execute(sa.update(runs).where(runs.c.id.in_(mine), runs.c.status == "running")
                               .values(status="interrupted", ended=time.time(), reason=reason))

    def mark_interrupted(self) -> list[str]:
        """Marks running runs whose owner is gone; returns their ids. Others' living runs are left alone."""
        if self.read_only or self.only_shown:  # its owner's processes do it
            return []
        dead = [run.id for run in self.list(status=("running",)) if not owner.alive(run.owner, run.heartbeat)]
        reason = "The process that ran it ended without finishing it."
        return [run_id for run_id in dead if self.end(run_id, "interrupted", reason=reason)]

    def delete(self, run_id: str) -> None:
        """Removes an ended run, or a damaged row, with its events and artifacts.

        Raises UnknownRun, or ValueError while it runs.
        """
        folders = [self.folder(run_id)] if RUN_ID.fullmatch(run_id) else []  # a damaged id may lead to another folder
        with self._note([run_id], folders):
            with self._transaction() as connection:
                this = runs.c.id == storable(run_id)
                status = connection.execute(sa.select(runs.c.status).where(this)).scalar()
                if status is None:
                    raise self._no_run(run_id)
                if status in ("queued", "running") and read_rows(connection, sa.select(runs).where(this)).runs:
                    raise ValueError(f"Run {run_id} is {status}: stop it before deleting it.")
                check_may(connection, run_id)
                connection.execute(sa.delete(events).where(events.c.run == run_id))
                connection.execute(sa.delete(runs).where(this))
            for folder in folders:
                shutil.rmtree(folder, ignore_errors=True)

    def _insert(self, row: dict[str, Any]) -> str:
        with self._transaction() as connection:
            connection.execute(sa.insert(runs).values(**row))
        return str(row["id"])


def _next(run_id: str) -> Any:
    """The number of a run's next event, as a subquery."""
    return sa.select(sa.func.coalesce(sa.func.max(events.c.seq) + 1, 0)).where(events.c.run == run_id).scalar_subquery()


@functools.lru_cache(maxsize=8)
def _open(root: Path, url: str) -> Store:
    store = Store(root, url)
    leftovers.settle(store)
    _opened.append(store)
    return store


def opened() -> list[Store]:
    """The stores that this process has opened by :func:`open_store`."""
    return list(_opened)


def open_store() -> Store:
    """The store of ``$UNLEARN_HOME``, opened once a process; what dead processes left there is put in order first."""
    return _open(home(), database_url())
