"""A store that is in use, full or gone: progress is kept, ends are written or the reason is said."""

from __future__ import annotations

import shutil
import sqlite3
import threading
import time
from contextlib import contextmanager

import pytest

from engine.errors import EndUnwritten, StoreUnavailable
from engine.runs import ends, outbox, patience
from engine.runs.ends import end_run, settle_runs, write_again
from engine.runs.live import Cancel
from engine.runs.outbox import Outbox
from engine.runs.patience import patiently
from engine.spec import resolve
from engine.types import Spec

RESOLVED = resolve(Spec())


class Event:
    """As the lab's own."""

    def __init__(self, step):
        self.step = step

    def to_json(self):
        return {"kind": "probe", "step": self.step}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """The same waits, shorter."""
    monkeypatch.setattr(outbox, "WAIT", 0.01)
    monkeypatch.setattr(outbox, "PAUSES", (0.01, 0.02))
    monkeypatch.setattr(patience, "ATTEMPT", 0.01)
    monkeypatch.setattr(patience, "PAUSE", 0.01)
    monkeypatch.setattr(patience, "BROKEN", 0.1)


@contextmanager
def locked(store, seconds=None):
    """Another process's write lock on the store, for as long as the block or for so many seconds."""
    holder = sqlite3.connect(store.root / "runs.sqlite", isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN EXCLUSIVE")
    timer = threading.Timer(seconds or 0, holder.rollback)
    if seconds:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()
        holder.close()


@contextmanager
def full(store):
    """A store on a disk without any room left."""
    with store._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    before = store._patience_of

    @contextmanager
    def no_room(connection):
        connection.connection.dbapi_connection.execute(f"PRAGMA max_page_count={pages}")
        with before(connection):
            yield

    store._patience_of = no_room
    try:
        yield
    finally:
        store._patience_of = before
        store._engine.dispose()


LONG = {"kind": "probe", "text": "x" * 50_000}
MANY = {f"measure_{'x' * 60}_{number}": number / 7 for number in range(400)}  # as large


def test_progress_and_events_are_kept_in_order_while_the_store_is_locked(store, caplog):
    run_id = store.begin(RESOLVED)
    box = Outbox(store, run_id)
    box.append(Event(0))
    with locked(store):
        began = time.monotonic()
        for step in range(1, 50):
            box.append(Event(step))
            assert box.update(progress={"step": step}) is True
        assert time.monotonic() - began < 5 and [event["step"] for event in store.events(run_id)] == [0]
        assert Cancel(store, run_id, threading.Event()).check(at_once=True) is None
    box.send(at_once=True)
    assert [event["step"] for event in store.events(run_id)] == list(range(50)) and box.waiting() == []
    assert store.get(run_id).progress == {"step": 49}
    assert caplog.text.count("The run continues; its progress is kept and written later.") == 1


def test_events_that_are_written_twice_are_there_once(store):
    """The answer to a write can get lost, so that it is done again."""
    run_id = store.begin(RESOLVED)
    numbered = [(number, {"kind": "probe", "step": number}) for number in range(3)]
    for count in (2, 3, 3):
        store.extend(run_id, numbered[:count])
    assert [event["step"] for event in store.events(run_id)] == [0, 1, 2]


def test_a_run_that_was_ended_elsewhere_is_known_to_be(store):
    run_id = store.begin(RESOLVED)
    store.end(run_id, "cancelled")
    assert Outbox(store, run_id).update(progress={}) is False


def test_an_end_waits_for_a_store_in_use(store):
    one, *others = (store.begin(RESOLVED) for _ in range(3))
    box = Outbox(store, one)
    with locked(store, seconds=0.4):
        box.append(Event(0))
        end_run(store, one, {"status": "finished", "steps": 3}, box)
    assert (store.get(one).status, store.get(one).steps, len(store.events(one))) == ("finished", 3, 1)
    with locked(store, seconds=0.3):
        settle_runs(store, [(run_id, {"status": "failed", "reason": "x"}, [{"kind": "start"}]) for run_id in others])
    assert {store.get(run_id).status for run_id in others} == {"failed"}
    with locked(store, seconds=0.3):
        assert store.get(patiently(store, lambda: store.begin(RESOLVED))).status == "running"


def test_a_store_in_use_is_not_waited_for_without_end(store, monkeypatch):
    monkeypatch.setattr(patience, "IN_USE", 0.2)
    run_id = store.begin(RESOLVED)
    with locked(store), pytest.raises(EndUnwritten, match=f"^Run {run_id} finished, but its end could not be written. "
                                                          r"The run store .* does not answer: database is locked\.$"):
        end_run(store, run_id, {"status": "finished"})
    assert store.get(run_id).status == "running" and ends.said(store).startswith(f"The end of {run_id} could not ")
    write_again(store)
    assert store.get(run_id).status == "finished" and ends.said(store) is None


def test_on_a_full_disk_the_reason_is_said_and_the_end_written_once_there_is_room(store):
    run_id = store.begin(RESOLVED)
    box = Outbox(store, run_id)
    with full(store):
        box.append(Event(0))
        began = time.monotonic()
        with pytest.raises(EndUnwritten, match=r"database or disk is full\.$"):
            end_run(store, run_id, {"status": "finished", "metrics": MANY}, box)
        assert time.monotonic() - began < 5
        write_again(store)
        assert store.get(run_id).status == "running" and run_id in store.unwritten
    write_again(store)
    assert store.get(run_id).status == "finished" and store.get(run_id).metrics.stored == MANY
    assert [event["step"] for event in store.events(run_id)] == [0] and store.unwritten == {}


@pytest.mark.parametrize("made_again", [False, True])
def test_a_store_whose_folder_was_removed(store, made_again):
    """SQLite would write on into the removed file, and the run would look finished."""
    run_id = store.begin(RESOLVED)
    shutil.rmtree(store.root)
    if made_again:
        store.root.mkdir()
    with pytest.raises(EndUnwritten) as caught:
        end_run(store, run_id, {"status": "finished"})
    assert str(caught.value).startswith(f"Run {run_id} finished, but its end could not be written. The run store ")
    store.root.mkdir(exist_ok=True)
    assert store.list() == [] and store.get(store.begin(RESOLVED)).status == "running", "it begins again"


def test_what_helps_to_wait_for_is_told_apart(store):
    with locked(store), store.waiting(0.01), pytest.raises(StoreUnavailable) as caught:
        store.begin(RESOLVED)
    assert caught.value.passing
    with full(store), pytest.raises(StoreUnavailable) as caught:
        store.extend("x", [(0, LONG)])
    assert not caught.value.passing


def test_a_process_that_is_asked_to_end_marks_its_runs(store):
    mine, ended = store.begin(RESOLVED), store.begin(RESOLVED)
    store.end(ended, "finished")
    waiting = store.submit(RESOLVED)
    ends.leave("The server was stopped while it ran.")
    assert (store.get(mine).status, store.get(mine).reason) == ("interrupted", "The server was stopped while it ran.")
    assert (store.get(ended).status, store.get(waiting).status) == ("finished", "queued")


def test_an_end_that_fails_again_and_again_adds_no_event_twice(store, monkeypatch):
    """The events get through and the end does not: with every further try they are the same ones."""
    run_id = store.begin(RESOLVED)
    box = Outbox(store, run_id)
    box.append(Event(0))
    usual, broken = store.end, StoreUnavailable("The run store does not answer.")

    def fail(*_, **__):
        raise broken

    monkeypatch.setattr(patience, "BROKEN", 0.0)
    monkeypatch.setattr(store, "end", fail)
    with monkeypatch.context() as silent:
        silent.setattr(store, "extend", fail)
        box.append(Event(1))
        box.append(Event(2))
        with pytest.raises(EndUnwritten):
            end_run(store, run_id, {"status": "finished"}, box)
    for _ in range(3):
        write_again(store)
    monkeypatch.setattr(store, "end", usual)
    write_again(store)
    assert [event["step"] for event in store.events(run_id)] == [0, 1, 2] and store.get(run_id).status == "finished"
