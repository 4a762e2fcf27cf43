"""Read-only mode: one gate that the store, the home folder's files, trainings and commands go through."""

from __future__ import annotations

import pytest

from engine.cli.main import main
from engine.errors import ReadOnly
from engine.originals.checkpoints import Checkpoints, original_key
from engine.originals.pretrain import train_original
from engine.own import uploads
from engine.runs.queue import Jobs
from engine.runs.store import Store, open_store
from engine.spec import resolve
from engine.studies.background import Questions
from engine.studies.ensemble import Ensemble
from engine.studies.ensemble_job import Ensembles
from engine.studies.sweep import PRESETS
from engine.studies.sweep_job import Sweeps
from engine.system.files import write_json
from engine.system.read_only import NAME, read_only
from engine.types import Spec

SAID = "This lab only shows results (UNLEARN_READ_ONLY is set): nothing can be started, changed or deleted here."


@pytest.fixture
def shown(store, monkeypatch) -> Store:
    """A store with one ended run, in a process that from then on only shows."""
    run_id = store.begin(resolve(Spec()))
    store.end(run_id, "failed", reason="It was too dark.")
    monkeypatch.setenv(NAME, "1")
    return store


@pytest.mark.parametrize(("value", "on"), [("1", True), ("true", True), ("yes", True), ("0", False), ("", False),
                                           ("No", False)])
def test_the_variable_turns_it_on(monkeypatch, value, on):
    monkeypatch.setenv(NAME, value)
    assert read_only() is on


def test_the_store_writes_nothing_and_reads_everything(shown):
    run = shown.list()[0]
    writes = [lambda: shown.submit(resolve(Spec(seed=1))), lambda: shown.begin(resolve(Spec(seed=1))),
              lambda: shown.begin_all([resolve(Spec(seed=1))]), lambda: shown.delete(run.id),
              lambda: shown.annotate(run.id, ["mine"], ""), lambda: shown.request_cancel(run.id),
              lambda: shown.extend(run.id, [(0, {})]), lambda: shown.update(run.id, steps=1), lambda: shown.claim(),
              lambda: shown.end(run.id, "cancelled"), lambda: shown.adopt([({"id": "cafe"}, [], None, None)]),
              lambda: shown.settle([(run.id, {"status": "cancelled"}, [])]), lambda: shown.save_samples(run.id, b"x")]
    for write in writes:
        with pytest.raises(ReadOnly) as refused:
            write()
        assert str(refused.value).startswith(SAID)
    shown.amend(run.id, {})  # conveniences of reading: left out without a word
    shown.add_evidence(run.id, "x", {})
    assert shown.list() == [run] and shown.mark_interrupted() == [] and not shown.folder(run.id).exists()


def test_a_run_that_another_process_carries_out_is_left_alone(store, monkeypatch):
    run_id = store.begin(resolve(Spec()))
    store.update(run_id, owner={"machine": "elsewhere", "pid": 1, "started": 0.0})
    monkeypatch.setenv(NAME, "1")
    jobs = Jobs(store)
    jobs.start()
    assert jobs._workers == [] and store.get(run_id).status == "running"


def test_nothing_that_computes_begins(shown, home, digits):
    key = original_key(resolve(Spec(seed=9)))
    begins = [lambda: Jobs(shown).submit(Spec()), lambda: Questions().ask("likeness", "cafe", lambda question: None),
              lambda: Sweeps(shown).launch(PRESETS["small"]),
              lambda: Ensembles().launch(Ensemble("moons", ("finetune",), 6)),
              lambda: train_original(key, digits, Checkpoints(home / "checkpoints"), 1),
              lambda: uploads.keep_file("a.csv", b"text,label\nx,y\n")]
    for begin in begins:
        with pytest.raises(ReadOnly):
            begin()
    assert not (home / "checkpoints").exists() and not (home / "uploads").exists()


def test_files_in_the_home_folder_are_not_written_and_others_are(shown, home, tmp_path):
    with pytest.raises(ReadOnly):
        write_json(home / "new" / "x.json", {})
    assert not (home / "new").exists()
    write_json(tmp_path / "elsewhere.json", {})  # such as an export
    assert (tmp_path / "elsewhere.json").is_file()


@pytest.mark.parametrize("words", [
    ["run"], ["pretrain"], ["sweep"], ["compare", "--methods", "finetune"], ["ensemble"], ["tag", "last", "--add", "x"],
    ["archive", "import", "x.zip"], ["relearn", "last"], ["add-dataset", "x", "y"], ["remove-dataset", "x"]])
def test_commands_that_write_are_refused_before_they_begin(monkeypatch, capsys, words):
    monkeypatch.setenv(NAME, "1")
    assert main(words) == 2
    assert capsys.readouterr().err.startswith(SAID)


def test_commands_that_read_work_as_ever(shown, capsys, tmp_path):
    run_id = shown.list()[0].id
    for words in (["list", "runs"], ["show", run_id], ["compare", "--methods", "finetune", "--recorded-only"],
                  ["archive", "export", str(tmp_path / "a.zip"), "--runs", run_id]):
        assert main(words) == 0, capsys.readouterr().err
    assert open_store().list() == shown.list()
