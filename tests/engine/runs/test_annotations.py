"""Tags and notes: written, searched for, sent with archives; and rows that cannot be read."""

from __future__ import annotations

import json
import zipfile

import pytest
import sqlalchemy as sa
from archiving import finished_run, members, put_together

from engine.errors import BadArchive, BadInput, UnknownRun
from engine.runs.archive.transfer import export_runs, import_runs
from engine.runs.schema import runs
from engine.runs.store import Store


@pytest.fixture
def other(tmp_path):
    return Store(tmp_path / "other")


def test_tags_and_note_are_written_whatever_the_status(store):
    run_id = finished_run(store)
    store.annotate(run_id, ["lecture", " lecture", "for  Monday"], " the good one ")
    run = store.get(run_id)
    assert (run.tags, run.note) == (["lecture", "for Monday"], "the good one")
    store.annotate(run_id, [], "")
    assert (store.get(run_id).tags, store.get(run_id).note) == ([], None)


def test_what_cannot_be_written_is_a_sentence_and_changes_nothing(store):
    run_id = finished_run(store)
    for tags, note, said in [(["x" * 41], "", "41 characters"), (["a,b"], "", "comma"), ([], "n" * 2001, "2,001"),
                             ([str(i) for i in range(21)], "", "21 tags")]:
        with pytest.raises(BadInput, match=said):
            store.annotate(run_id, tags, note)
    assert store.get(run_id).tags == [] and store.get(run_id).note is None
    with pytest.raises(UnknownRun):
        store.annotate("nobody", [], "")


def test_a_store_of_an_earlier_version_gets_the_column(tmp_path):
    store = Store(tmp_path / "old")
    run_id = finished_run(store)
    with store._engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE runs DROP COLUMN note"))
    again = Store(tmp_path / "old")
    assert again.get(run_id).note is None
    again.annotate(run_id, [], "kept")
    assert again.get(run_id).note == "kept"


def test_an_archive_brings_the_note_and_one_without_is_read_as_before(store, other, tmp_path):
    with_note, without = finished_run(store), finished_run(store, seed=1)
    store.annotate(with_note, ["t"], "for the paper, see /home/me/x")
    export_runs(tmp_path / "a.zip", [with_note, without], store)
    stored = json.loads(members(tmp_path / "a.zip")["runs.json"])
    assert stored[0]["note"] == "for the paper, see (a path)" and "note" not in stored[1]
    import_runs(tmp_path / "a.zip", other)
    assert other.get(with_note).note == "for the paper, see (a path)" and other.get(without).note is None
    store.annotate(with_note, [], "changed since")  # still the same run
    assert import_runs(tmp_path / "a.zip", store)["already_there"] == [with_note, without]


def test_a_note_of_another_kind_is_refused(store, other, tmp_path):
    export_runs(tmp_path / "a.zip", [finished_run(store)], store)
    content = members(tmp_path / "a.zip")
    record = json.loads(content["runs.json"])
    record[0]["note"] = {"no": "text"}
    content["runs.json"] = json.dumps(record).encode()
    bad = put_together(tmp_path / "bad.zip", content)
    assert zipfile.is_zipfile(bad)
    with pytest.raises(BadArchive, match="column 'note' of run 1 is"):
        import_runs(bad, other)


@pytest.mark.parametrize("column, value, said", [
    ("spec", "[1]", "spec is [1], but must be a specification of a run"), ("spec", "{not json", "JSONDecodeError"),
    ("metrics", "[1, 2]", "metrics is [1, 2], but must be an object or null"), ("tags", "7", "tags is 7, but must be")])
def test_a_damaged_row_costs_itself_and_can_be_deleted(store, column, value, said):
    good, bad = finished_run(store), finished_run(store, seed=1)
    with store._engine.begin() as connection:
        damage = sa.text(f"UPDATE runs SET {column} = :value WHERE id = :id")
        connection.execute(damage, {"value": value, "id": bad})
    assert [run.id for run in store.list()] == [good]
    found = store.unreadable()
    assert [one.id for one in found] == [bad] and said in found[0].reason and found[0].reason.endswith("Delete it.")
    store.delete(bad)
    assert store.unreadable() == []
    with store._engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(runs)).scalar() == 1
