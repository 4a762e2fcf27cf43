"""``python -m engine delete``: runs go for good, all that were named or none."""

from __future__ import annotations

import json

import sqlalchemy as sa
from archiving import finished_run

from engine.runs.recorded import recorded_runs
from engine.runs.store import open_store
from engine.spec import resolve
from engine.types import Spec


def test_runs_are_deleted_with_their_files(say):
    store = open_store()
    one, other, kept = (finished_run(store, seed=seed) for seed in range(3))
    assert say("delete", one) == (0, f"1 run deleted: {one}.\n", "")
    assert json.loads(say("delete", other, other, "--json")[1]) == {"status": "finished", "deleted": [other]}
    assert [run.id for run in store.list()] == [kept] and not store.folder(one).exists()


def test_all_or_none(say):
    store = open_store()
    mine, waiting = finished_run(store), store.submit(resolve(Spec()))
    shipped = recorded_runs()[0].id
    status, out, err = say("delete", mine, waiting, shipped, "nobody", "--json")
    assert status == 2 and json.loads(out)["status"] == "bad_input"
    assert err.splitlines() == [f"Run {waiting} is queued: stop it before deleting it.",
                                f"Run {shipped} is a recorded one, which ships with the app and stays.",
                                f"There is no run 'nobody' in {store.root}.", "Nothing was deleted."]
    assert {run.id for run in store.list()} == {mine, waiting}


def test_a_damaged_row_is_deleted_too(say):
    store = open_store()
    damaged = finished_run(store)
    with store._engine.begin() as connection:
        connection.execute(sa.text("UPDATE runs SET metrics = '[', status = 'running'"))
    assert say("delete", damaged)[0] == 0 and store.unreadable() == []
