"""What thousands of runs cost: how often the store is read and runs are made, never how long that takes."""

from __future__ import annotations

import sqlite3
import weakref
from contextlib import contextmanager

import psutil
import pytest
import sqlalchemy as sa

from engine.runs import library, rows
from engine.runs.archive.transfer import export_runs
from engine.runs.ensembles import alike
from engine.runs.opened import MOST, Recent
from engine.runs.remembered import Latest
from engine.runs.store import Store
from tests.engine.archiving import finished_run


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


@contextmanager
def statements(store):
    """The SELECTs that reach the database."""
    asked: list[str] = []

    def note(_connection, _cursor, statement, *_rest):
        if statement.lstrip().upper().startswith("SELECT"):
            asked.append(statement)

    sa.event.listen(store._engine, "before_cursor_execute", note)
    yield asked
    sa.event.remove(store._engine, "before_cursor_execute", note)


def test_a_list_is_read_again_only_after_a_change(store):
    first = finished_run(store)
    with statements(store) as asked:
        assert [[run.id for run in store.list()] for _ in range(30)] == [[first]] * 30
        assert len(asked) == 1
        second = finished_run(store, seed=1)
        asked.clear()
        assert [run.id for run in store.list()] == [first, second] and len(asked) == 1


def test_what_another_process_changes_is_seen(store):
    run_id = finished_run(store)
    assert store.list()[0].note is None
    with sqlite3.connect(store.root / "runs.sqlite") as other:
        other.execute("UPDATE runs SET note = 'theirs' WHERE id = ?", [run_id])
    assert store.list()[0].note == store.get(run_id).note == "theirs"
    other.close()


def test_a_store_that_let_go_of_its_files_sees_what_was_changed_meanwhile(store):
    """Two connections may count alike: what the first has counted is nothing to the second."""
    run_id = finished_run(store)
    before = store._changes.mark(), [run.note for run in store.list()]
    store.close()
    with sqlite3.connect(store.root / "runs.sqlite") as other:
        other.execute("UPDATE runs SET note = 'theirs' WHERE id = ?", [run_id])
    other.close()
    assert before[1] == [None] and [run.note for run in store.list()] == ["theirs"]
    assert store._changes.mark() != before[0]


def test_only_the_stores_that_were_used_last_keep_their_files_open(tmp_path):
    """Files of Linux: a process that opens one store after another has no more of them open than of a few."""
    stores, counts = [], []
    for number in range(MOST + 4):
        stores.append(Store(tmp_path / str(number)))
        assert stores[-1].list() == []
        counts.append(sum(file.path.startswith(str(tmp_path)) for file in psutil.Process().open_files()))
    assert counts[-1] == counts[MOST] > 0
    finished_run(stores[0])
    assert [len(store.list()) for store in stores] == [1, *[0] * (len(stores) - 1)]


def test_who_is_not_used_for_longest_lets_go_and_nobody_is_kept_alive():
    closed = []

    class One:
        def close(self):
            closed.append(self)

    recent, (one, two, three) = Recent(2), (One() for _ in range(3))
    for used in (one, two, one, three):
        recent.use(used)
    assert closed == [two]
    alive = weakref.ref(three)
    del three, used
    assert alive() is None


def test_a_caller_may_change_the_list_it_was_given(store):
    finished_run(store)
    store.list().clear()
    assert len(store.list()) == 1


def test_only_the_row_that_changed_is_made_again(store, monkeypatch):
    made = []
    real = rows.run_of
    monkeypatch.setattr(rows, "run_of", lambda row: made.append(row["id"]) or real(row))
    ids = [finished_run(store, seed=seed) for seed in range(5)]
    before = store.list()
    assert sorted(made) == sorted(ids)
    made.clear()
    store.annotate(ids[2], ["mine"], "")
    after = store.list()
    assert made == [ids[2]] and [one is other for one, other in zip(before, after, strict=True)] == [
        True, True, False, True, True]


def test_runs_that_differ_in_their_seeds_are_looked_up_once_among_ensembles(store, monkeypatch):
    asked = []
    real = alike.part_of
    monkeypatch.setattr(alike, "part_of", lambda run, shelves=None: asked.append(run.id) or real(run, shelves))
    for seed in range(4):
        finished_run(store, seed=seed)
    library.all_runs(store, recorded=False)
    first = len(asked)
    assert first <= 1
    again = library.all_runs(store, recorded=False)
    assert len(asked) == first and all(map(lambda one, other: one is other, again, library.all_runs(store, False)))


def test_the_queries_of_an_export_do_not_grow_with_its_runs(store, tmp_path):
    counts = []
    for seed in range(6):
        finished_run(store, seed=seed)
        with statements(store) as asked:
            export_runs(tmp_path / "all.zip", [run.id for run in store.list()], store, force=True)
        counts.append(len(asked))
    assert counts[1] == counts[5] <= 4


def test_events_of_many_runs_come_run_by_run_in_the_order_asked_for(store):
    ids = [finished_run(store, seed=seed) for seed in range(3)][::-1]
    found = [(run_id, seq) for run_id, seq, _ in store.payloads(ids)]
    assert found == [(run_id, event["seq"]) for run_id in ids for event in store.events(run_id)]


def test_an_index_that_an_earlier_version_lacks_is_made(tmp_path):
    store = Store(tmp_path)
    with store._engine.begin() as connection:
        connection.execute(sa.text("DROP INDEX runs_fingerprint"))
    with Store(tmp_path)._engine.connect() as connection:
        assert "runs_fingerprint" in {one["name"] for one in sa.inspect(connection).get_indexes("runs")}


def test_what_was_used_last_is_kept_and_nothing_where_it_may_have_changed():
    made: list[int] = []
    kept: Latest[int] = Latest(2)

    def make() -> int:
        made.append(len(made))
        return made[-1]

    assert [kept.get("one", "x", make), kept.get("one", "x", make), kept.get("one", "y", make)] == [0, 0, 1]
    assert [kept.get("unknown", None, make), kept.get("unknown", None, make)] == [2, 3]
    assert kept.get("one", "y", make) == 1
    kept.get("third", "x", make)
    assert kept.get("one", "y", make) == 1 and kept.get("unknown", "x", make) == 5
