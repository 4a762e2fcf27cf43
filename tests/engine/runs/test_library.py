"""Own and recorded runs behind one door."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from archiving import finished_run

from engine.errors import UnknownRun
from engine.runs import library, recorded
from engine.runs.records import Run, described
from engine.spec import resolve
from engine.types import Spec

SPEC = resolve(Spec())


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """An empty folder of recorded runs that the library reads."""
    folder = tmp_path / "recorded"
    folder.mkdir()
    for name in ("recorded_runs", "find_recorded", "recorded_samples"):
        read = getattr(recorded, name)
        monkeypatch.setattr(f"engine.runs.library.{name}", lambda *run_id, read=read: read(*run_id, folder))
    return folder


@pytest.fixture
def shipped(shelf, store):
    """A recorded run, which is no longer in the store; its id."""
    run_id = finished_run(store)
    content = described(store.get(run_id)) | {"events": store.events(run_id)}
    (shelf / "one.json").write_text(json.dumps(content))
    store.delete(run_id)
    return run_id


def test_one_door_for_both_kinds(store, shipped):
    own = finished_run(store, seed=1)
    there, mine = library.get(shipped, store), library.get(own, store)
    assert (there.run.recorded, len(there.events), there.samples()) == (True, 4, None)
    assert (mine.run, mine.events, len(mine.samples())) == (store.get(own), store.events(own), 440)
    assert [run.id for run in library.all_runs(store)] == [own, shipped]
    assert [run.id for run in library.all_runs(store, recorded=False)] == [own]
    with pytest.raises(UnknownRun):
        library.get("nosuchrun", store)


def test_only_the_events_that_are_new(store, shipped):
    own = store.get(finished_run(store, seed=1))
    for run in (own, library.get(shipped, store).run):
        assert [event["seq"] for event in library.events_after(run, store, 1)] == [2, 3]


def test_a_recorded_run_stands_behind_ones_own_finished_one_and_before_all_others(store, shipped):
    wanted = {"cell": SPEC.fingerprint, "the same": SPEC.fingerprint, "none": "0" * 12}
    store.begin(SPEC)
    assert {cell: run.id for cell, run in library.best(wanted, store).items()} == {
        "cell": shipped, "the same": shipped}
    assert library.best(wanted, store, recorded=False)["cell"].status == "running"
    assert library.best(wanted, store, dataset="cifar10")["cell"].status == "running", "it is on other data"
    own = finished_run(store)
    assert library.best(wanted, store)["cell"].id == own


@pytest.mark.parametrize("worse, better", [("failed", "queued"), ("queued", "running"), ("running", "finished")])
def test_the_rank_of_ones_own(store, shelf, worse, better):
    def add(status):
        run_id = store.submit(SPEC) if status == "queued" else store.begin(SPEC)
        if status in ("failed", "finished"):
            store.end(run_id, status)
        return run_id

    best, _ = add(better), add(worse)
    assert library.best({0: SPEC.fingerprint}, store)[0].id == best


def test_missing_is_what_is_neither_there_nor_on_its_way():
    run = Run("cafe", "finished", SPEC.spec)
    states = ("finished", "running", "queued", "failed", "cancelled", "interrupted")
    runs = {status: replace(run, status=status) for status in states}
    assert library.missing([*states, "absent"], runs) == ["failed", "cancelled", "interrupted", "absent"]
