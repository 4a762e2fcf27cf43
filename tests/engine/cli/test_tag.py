"""``python -m engine tag``: tags and notes from the command line."""

from __future__ import annotations

import json

import pytest
from archiving import finished_run

from engine.runs.recorded import recorded_runs
from engine.runs.store import open_store


def test_tags_are_added_and_removed_and_the_note_replaced(say):
    store = open_store()
    one, other = finished_run(store), finished_run(store, seed=1)
    assert say("tag", one, other, "--add", "lecture", "good", "--note", "as shown")[0] == 0
    status, out, _ = say("tag", one, "--remove", "good", "--json")
    assert status == 0 and json.loads(out) == [{"run_id": one, "tags": ["lecture"], "note": "as shown"}]
    assert store.get(other).tags == ["lecture", "good"]
    assert say("tag", one, "--note", "")[1] == f"{one}  lecture\n"


def test_the_list_shows_them(say):
    run_id = finished_run(open_store())
    open_store().annotate(run_id, ["lecture"], "as shown")
    assert say("list", "runs")[1].rstrip().endswith("#lecture  (as shown)")
    assert json.loads(say("list", "runs", "--json")[1])[0]["note"] == "as shown"


@pytest.mark.parametrize("words, said", [
    (["{run}"], "Nothing to write"), (["{run}", "nobody", "--add", "x"], "There is no run 'nobody'"),
    (["{recorded}", "--add", "x"], "read-only"), (["{run}", "--add", "a,b"], "comma")])
def test_what_cannot_be_written_is_said_and_nothing_is_written(say, words, said):
    run_id = finished_run(open_store())
    named = [word.format(run=run_id, recorded=recorded_runs()[0].id) for word in words]
    status, _, err = say("tag", *named)
    assert status == 2 and said in err
    assert open_store().get(run_id).tags == []
