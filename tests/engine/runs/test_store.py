"""The store of runs: queue, status, events, artifacts, and what happens when it cannot be used."""

from __future__ import annotations

import dataclasses
import json
import threading

import pandas as pd
import pytest

from engine.errors import StoreUnavailable, UnknownRun
from engine.evaluation.measured import Metrics
from engine.runs.store import Store, open_store
from engine.spec import resolve
from engine.system.files import to_json
from engine.types import ENDED, Spec
from tests.engine.appending import append

RESOLVED = resolve(Spec())


def queue(store, count=1, **spec):
    return [store.submit(resolve(Spec(seed=seed, **spec))) for seed in range(count)]


def test_a_submitted_run_is_queued_with_all_that_is_known(store):
    run = store.get(store.submit(RESOLVED, train_original=True))
    assert run.status == "queued" and run.train_original == 1 and run.tags == []
    assert run.spec == RESOLVED.spec and run.resolved() == RESOLVED
    assert run.effective == RESOLVED.effective and run.effective["alpha"] == 0.25
    assert (run.fingerprint, run.split) == (RESOLVED.fingerprint, RESOLVED.split_identity())
    assert {name for name, value in vars(run).items() if value is None} == {
        "code", "data", "identity", "started", "ended", "progress", "metrics", "reason", "notice", "seconds", "steps",
        "samples", "device", "code_version", "owner", "heartbeat", "imported", "note", "evidence",
        "keep_weights", "person", "most_seconds"}


def test_first_in_first_out(store):
    ids = queue(store, 3)
    assert [store.claim().id for _ in ids] == ids and store.claim() is None
    assert [run.id for run in store.list()] == ids
    assert [run.id for run in store.list(newest_first=True, limit=2)] == ids[:0:-1]


def test_a_claimed_run_belongs_to_this_process(store):
    import os

    queue(store)
    run = store.claim()
    assert run.status == "running" and run.owner["pid"] == os.getpid()
    assert run.started == run.heartbeat >= run.created and run.code_version.startswith("0.")
    assert store.get(run.id) == run


def test_concurrent_claims_take_each_run_once(store):
    ids, taken, barrier = queue(store, 20), [], threading.Barrier(5)

    def work(own):
        barrier.wait()
        while run := own.claim():
            taken.append(run.id)

    stores = [Store(store.root) for _ in range(5)]
    threads = [threading.Thread(target=work, args=(own,)) for own in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(ids)


def test_begin_runs_beside_the_queue(store):
    waiting = queue(store)[0]
    now = store.begin(RESOLVED)
    assert store.get(now).status == "running" and store.get(waiting).status == "queued"
    assert store.claim().id == waiting


@pytest.mark.parametrize("status", ENDED)
def test_a_run_ends_once(store, status):
    run_id = store.begin(RESOLVED)
    assert store.end(run_id, status, reason="first") is True
    for again in ENDED:
        assert store.end(run_id, again, reason="second") is False
    assert store.update(run_id, progress={}) is False
    store.request_cancel(run_id)
    run = store.get(run_id)
    assert (run.status, run.reason, run.cancel) == (status, "first", 0)
    assert run.ended >= run.started and store.claim() is None


def test_there_are_four_ends(store):
    assert ENDED == ("finished", "failed", "cancelled", "interrupted")
    with pytest.raises(AssertionError):
        store.end(store.begin(RESOLVED), "running")


def test_only_a_running_run_is_updated(store):
    waiting, running = queue(store)[0], store.begin(RESOLVED)
    assert store.update(waiting, progress={"step": 1}) is False and store.get(waiting).progress is None
    assert store.update(running, progress={"step": 1}, device="cpu") is True
    assert store.get(running).progress == {"step": 1} and store.get(running).device == "cpu"


def test_cancelling(store):
    waiting, running = queue(store)[0], store.begin(RESOLVED)
    store.request_cancel(waiting)
    assert (store.get(waiting).status, store.get(waiting).reason) == ("cancelled", "Cancelled in the queue.")
    store.request_cancel(running)
    assert store.get(running).status == "running" and store.cancel_requested(running) is True
    assert store.cancel_requested(waiting) is False and store.claim() is None


def test_events_come_in_order_and_from_where_one_left_off(store):
    one, other = store.begin(RESOLVED), store.begin(RESOLVED)
    for step in range(5):
        append(store, one, {"kind": "probe", "step": step})
    append(store, other, {"kind": "start"})
    assert store.events(one) == [{"seq": step, "kind": "probe", "step": step} for step in range(5)]
    assert [event["seq"] for event in store.events(one, after=2)] == [3, 4]
    assert store.events(one, after=4) == [] and store.events(other) == [{"seq": 0, "kind": "start"}]


def test_runs_by_status_and_column(store):
    ids = queue(store, 2) + queue(store, 1, method="finetune")
    store.claim()
    assert [run.id for run in store.list(status=("running",))] == ids[:1]
    assert [run.id for run in store.list(status=("running", "queued"))] == ids
    assert [run.id for run in store.list(split=RESOLVED.split_identity())] == [ids[0], ids[2]]


def test_samples_come_back_as_they_were(store):
    frame = pd.DataFrame({"set": ["forget", "test"], "sample": [3, 9], "loss": [0.5, 1.25], "entropy": [0.1, 0.2],
                          "correct": [True, False]}).astype({"loss": "float32", "entropy": "float32"})
    run_id = store.begin(RESOLVED)
    assert store.load_samples(run_id) is None
    path = store.save_samples(run_id, frame)
    assert path.read_bytes()[:4] == b"PAR1" and path == store.root / "artifacts" / run_id / "samples.parquet"
    pd.testing.assert_frame_equal(store.load_samples(run_id), frame, check_dtype=False)
    assert store.load_samples(run_id)["loss"].dtype == "float32"


@pytest.mark.parametrize("content", [b"", b"PAR1", b"\x00" * 500])
def test_damaged_samples_are_as_good_as_none(store, caplog, content):
    run_id = store.begin(RESOLVED)
    path = store.save_samples(run_id, pd.DataFrame({"loss": [1.0, 2.0]}))
    path.write_bytes(content)
    assert store.load_samples(run_id) is None
    assert f"the samples of run {run_id} cannot be read: " in caplog.text


def test_a_damaged_table_cut_short(store):
    run_id = store.begin(RESOLVED)
    path = store.save_samples(run_id, pd.DataFrame({"loss": [float(i) for i in range(1_000)]}))
    path.write_bytes(path.read_bytes()[:-50])
    assert store.load_samples(run_id) is None


# --- amend ----------------------------------------------------------------------------------


def test_what_became_known_later_is_written_to_a_finished_run_alone(store):
    """Everything else of the run stays as it was, its end too."""
    run_id = store.begin(RESOLVED)
    store.amend(run_id, metrics={"tow": 0.5})
    assert store.get(run_id).metrics is None, "it has not finished"
    store.end(run_id, "finished", metrics={"tow": None}, seconds=2.0)
    before = store.get(run_id)
    store.amend(run_id, metrics={"tow": 0.5})
    assert store.get(run_id) == dataclasses.replace(before, metrics=Metrics({"tow": 0.5}))


@pytest.mark.parametrize("status", ["failed", "cancelled", "interrupted"])
def test_a_run_that_did_not_finish_is_not_amended(store, status):
    run_id = store.begin(RESOLVED)
    store.end(run_id, status)
    store.amend(run_id, metrics={"tow": 0.5})
    assert store.get(run_id).metrics is None


# --- delete ---------------------------------------------------------------------------------


def test_deleting_takes_everything_along(store):
    gone, kept = store.begin(RESOLVED), store.begin(RESOLVED)
    for run_id in (gone, kept):
        append(store, run_id, {"kind": "start"})
        store.save_samples(run_id, pd.DataFrame({"loss": [1.0]}))
        store.end(run_id, "finished")
    store.delete(gone)
    assert [run.id for run in store.list()] == [kept]
    assert store.events(gone) == [] and not store.folder(gone).exists()
    assert len(store.events(kept)) == 1 and store.folder(kept).exists()
    with pytest.raises(UnknownRun):
        store.delete(gone)


@pytest.mark.parametrize("make, status", [(Store.begin, "running"), (Store.submit, "queued")])
def test_deleting_a_run_that_has_not_ended_is_refused(store, make, status):
    run_id = make(store, RESOLVED)
    with pytest.raises(ValueError) as caught:
        store.delete(run_id)
    assert str(caught.value) == f"Run {run_id} is {status}: stop it before deleting it."
    assert store.get(run_id).status == status


# --- where it is, and when it is not --------------------------------------------------------


def test_an_unknown_run(store):
    with pytest.raises(UnknownRun) as caught:
        store.get("nosuchrun")
    assert str(caught.value) == f"There is no run 'nosuchrun' in {store.root}."


def test_the_store_is_opened_once_in_the_home_folder(store, home):
    assert open_store() is store and store.root == home
    assert (home / "runs.sqlite").read_bytes()[:15] == b"SQLite format 3"


def test_sqlite_writes_ahead(store):
    with store._transaction() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_another_database_by_its_url(home, tmp_path, monkeypatch):
    monkeypatch.setenv("UNLEARN_DATABASE_URL", f"sqlite:///{tmp_path / 'elsewhere.db'}")
    run_id = open_store().submit(RESOLVED)
    assert (tmp_path / "elsewhere.db").exists() and not (home / "runs.sqlite").exists()
    monkeypatch.delenv("UNLEARN_DATABASE_URL")
    assert open_store().list() == []
    assert Store(home, f"sqlite:///{tmp_path / 'elsewhere.db'}").get(run_id).status == "queued"


def test_runs_survive_the_process(store, home):
    run_id = store.submit(RESOLVED)
    assert Store(home).get(run_id) == store.get(run_id)


def unavailable(call, *arguments):
    with pytest.raises(StoreUnavailable) as caught:
        call(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_folder_that_cannot_be_made(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    said = unavailable(Store, tmp_path / "file" / "runs")
    assert said.startswith(f"The run store sqlite:///{tmp_path}/file/runs/runs.sqlite cannot be opened: ")
    monkeypatch.setenv("UNLEARN_HOME", str(tmp_path / "file" / "runs"))
    assert unavailable(open_store) == (
        f"UNLEARN_HOME={tmp_path}/file/runs cannot be used (Not a directory): choose a folder that can be written.")


def test_a_database_that_is_none(tmp_path):
    (tmp_path / "runs.sqlite").write_text("this is no database" * 100)
    assert unavailable(Store, tmp_path) == (
        f"The run store sqlite:///{tmp_path}/runs.sqlite does not answer: file is not a database.")


def test_a_url_that_is_none(tmp_path):
    assert unavailable(Store, tmp_path, "nonsense").startswith("The run store nonsense cannot be opened: ")


def test_a_database_whose_driver_is_not_installed(tmp_path):
    url = "postgresql+nosuchdriver://localhost/runs"
    assert unavailable(Store, tmp_path, url).startswith(f"The run store {url} cannot be opened: ")
    missing = "mssql+pymssql://localhost/runs"
    assert unavailable(Store, tmp_path, missing).startswith(f"The run store {missing} cannot be opened: ")


def test_json_is_valid_everywhere():
    text = to_json({"a": float("nan"), "b": [float("inf"), 1.5, (2, None)], 3: "∇τ"})
    assert text == '{"a": null, "b": [null, 1.5, [2, null]], "3": "∇τ"}' and json.loads(text)


def test_a_store_of_an_earlier_version_is_brought_up_to_this_one(tmp_path):
    import sqlalchemy as sa

    store = Store(tmp_path)
    run_id = store.submit(RESOLVED)
    with store._engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE runs DROP COLUMN data"))
    again = Store(tmp_path)
    assert again.get(run_id).data is None
    assert again.claim().id == run_id and again.update(run_id, data="0123456789abcdef")
    assert again.get(run_id).data == "0123456789abcdef"
