"""Archives: what goes in comes out to the last digit, small, anonymous, whole or not at all."""

from __future__ import annotations

import errno
import json
import re
import socket
import time
import zipfile

import pandas as pd
import pytest
from archiving import METRICS, SETS, finished_run, members, put_together, samples_frame, state
from helping import copied

from engine.cli.main import main
from engine.errors import BadArchive, BadInput, LabError, StoreUnavailable, UnknownRun
from engine.runs import store as stores
from engine.runs.archive import transfer as archives
from engine.runs.archive.columns import anonymous
from engine.runs.archive.transfer import export_runs, import_runs, read_archive
from engine.runs.store import Store


@pytest.fixture
def other(tmp_path):
    """The store of another machine."""
    return Store(tmp_path / "elsewhere")


@pytest.fixture
def say(capfd):
    def run(*words):
        status = main(words)
        out, err = capfd.readouterr()
        return status, json.loads(out) if "--json" in words else out, err

    return run


# --- there and back -------------------------------------------------------------------------


@pytest.mark.parametrize("samples, kept", [("all", set(SETS)), ("attacked", {"forget", "validation", "test"})])
def test_there_and_back_to_the_last_digit(store, other, tmp_path, samples, kept):
    ids = [finished_run(store, seed=seed, method=method) for seed, method in ((0, "nabla_tau"), (1, "finetune"))]
    before = time.time()
    done = export_runs(tmp_path / "runs.zip", ids, store, samples)
    assert done == {"path": str(tmp_path / "runs.zip"), "bytes": (tmp_path / "runs.zip").stat().st_size, "runs": ids,
                    "with_samples": 2}
    assert import_runs(tmp_path / "runs.zip", other) == {"imported": ids, "already_there": [], "skipped": {}}
    for run_id in ids:
        mine, theirs = store.get(run_id), other.get(run_id)
        left_behind = {"number", "owner", "heartbeat", "progress", "imported", "cancel"}
        assert {name: value for name, value in theirs.to_row().items() if name not in left_behind} == {
            name: value for name, value in mine.to_row().items() if name not in left_behind}
        assert theirs.owner is theirs.heartbeat is theirs.progress is None and theirs.cancel == 0
        assert before <= theirs.imported <= time.time() and mine.imported is None
        assert theirs.metrics == METRICS and theirs.ended == mine.ended > theirs.created
        assert other.events(run_id) == store.events(run_id) and len(other.events(run_id)) == 4
        frame = store.load_samples(run_id)
        pd.testing.assert_frame_equal(other.load_samples(run_id),
                                      frame[frame["set"].isin(kept)].reset_index(drop=True))
    assert other.list(status=("finished",), fingerprint=store.get(ids[0]).fingerprint)[0].id == ids[0]


def test_class_removal_keeps_its_unseen_samples(store, other, tmp_path):
    frame = samples_frame(sets=SETS | {"unseen": 25})
    run_id = finished_run(store, frame=frame, scenario="class", forget_fraction=None, forget_class=3)
    export_runs(tmp_path / "runs.zip", [run_id], store)
    import_runs(tmp_path / "runs.zip", other)
    assert other.load_samples(run_id)["set"].value_counts().to_dict() == {
        "forget": 60, "validation": 40, "test": 40, "unseen": 25}
    assert other.get(run_id).spec.forget_class == 3


@pytest.mark.parametrize("later, version", [((), 1), (("predicted",), 1), (("predicted", "phi"), 2)])
def test_columns_that_came_later_travel_where_they_are(store, other, tmp_path, later, version):
    """An archive says the first version that can read it: older programs then ask for an update by name."""
    columns = {"predicted": pd.Series([3, 5] * 220, dtype="int16"),
               "phi": pd.Series([-1.5, 88.25] * 220, dtype="float32")}
    frame = samples_frame().assign(**{name: columns[name] for name in later})
    run_id = finished_run(store, frame=frame)
    export_runs(tmp_path / "runs.zip", [run_id], store, "all")
    assert read_archive(tmp_path / "runs.zip").manifest["version"] == version
    import_runs(tmp_path / "runs.zip", other)
    pd.testing.assert_frame_equal(other.load_samples(run_id), frame)


def test_without_samples(store, other, tmp_path):
    run_id = finished_run(store)
    assert export_runs(tmp_path / "runs.zip", [run_id], store, "none")["with_samples"] == 0
    assert sorted(members(tmp_path / "runs.zip")) == ["events.parquet", "manifest.json", "runs.json"]
    import_runs(tmp_path / "runs.zip", other)
    assert other.load_samples(run_id) is None and other.get(run_id).metrics == METRICS


def test_reading_an_archive_without_a_store(store, tmp_path):
    run_id = finished_run(store)
    export_runs(tmp_path / "runs.zip", [run_id], store)
    archive = read_archive(tmp_path / "runs.zip")
    archive.verify()
    manifest = archive.manifest
    assert (manifest["format"], manifest["version"], manifest["runs"]) == ("machine-unlearning-runs", 1, 1)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", manifest["created"])
    assert [run["id"] for run in archive.runs] == [run_id] and archive.events(run_id) == store.events(run_id)
    assert len(archive.samples(run_id)) == 140 and archive.samples("other") is None and archive.events("other") == []


def test_a_second_import_changes_nothing(store, other, tmp_path):
    ids = [finished_run(store, seed=seed) for seed in range(2)]
    export_runs(tmp_path / "one.zip", ids[:1], store)
    export_runs(tmp_path / "both.zip", ids, store)
    import_runs(tmp_path / "one.zip", other)
    before = state(other)
    assert import_runs(tmp_path / "one.zip", other) == {"imported": [], "already_there": ids[:1], "skipped": {}}
    assert state(other) == before
    assert import_runs(tmp_path / "both.zip", other) == {"imported": ids[1:], "already_there": ids[:1], "skipped": {}}
    assert import_runs(tmp_path / "both.zip", store)["already_there"] == ids


def test_a_run_completed_since_is_still_the_same_run(store, tmp_path):
    run_id = finished_run(store)
    export_runs(tmp_path / "runs.zip", [run_id], store)
    store.amend(run_id, METRICS | {"retrained": {"run_id": "x"}, "tow": 0.9, "missing": {}, "over_forgotten": True})
    assert import_runs(tmp_path / "runs.zip", store)["already_there"] == [run_id]
    store.amend(run_id, METRICS | {"mia_loss": 51.0})
    with pytest.raises(BadArchive, match=f"Run {run_id} of runs.zip is in the store already, with other content"):
        import_runs(tmp_path / "runs.zip", store)


def test_another_run_of_the_same_id_refuses_the_whole_import(store, other, tmp_path):
    ids = [finished_run(store, seed=seed) for seed in range(2)]
    export_runs(tmp_path / "runs.zip", ids, store)
    export_runs(tmp_path / "last.zip", ids[1:], store)
    import_runs(tmp_path / "last.zip", other)
    content = members(tmp_path / "runs.zip")
    records = json.loads(content["runs.json"])
    records[1]["metrics"]["test_accuracy"] = 99.0
    forged = put_together(tmp_path / "forged.zip", content | {"runs.json": json.dumps(records).encode()})
    before = state(other)
    with pytest.raises(BadArchive) as caught:
        import_runs(forged, other)
    assert str(caught.value) == (f"Run {ids[1]} of forged.zip is in the store already, with other content: nothing was "
                                 "imported. Delete it there first, or export the others alone.")
    assert state(other) == before


def test_what_has_not_ended_or_is_unknown_is_skipped_with_the_reason(store, other, tmp_path):
    ids = [finished_run(store, seed=seed) for seed in range(3)]
    export_runs(tmp_path / "runs.zip", ids, store)
    content = members(tmp_path / "runs.zip")
    records = json.loads(content["runs.json"])
    records[0]["status"] = "running"
    records[1]["spec"]["method"] = "teleport"
    path = put_together(tmp_path / "odd.zip", content | {"runs.json": json.dumps(records).encode()})
    done = import_runs(path, other)
    assert done["imported"] == ids[2:] and done["skipped"][ids[0]] == (
        "It is running: only runs that have ended are accepted.")
    assert done["skipped"][ids[1]].startswith("This version does not know it: No method named 'teleport'.")
    assert [run.id for run in other.list()] == ids[2:]


def test_an_imported_retraining_completes_the_runs_that_waited_for_it(store, other, tmp_path):
    retrained = finished_run(store, method="retrain")
    export_runs(tmp_path / "runs.zip", [retrained], store)
    waiting, elsewhere = finished_run(other, frame=samples_frame(5)), finished_run(other, seed=1)
    import_runs(tmp_path / "runs.zip", other)
    assert other.get(waiting).metrics["retrained"]["run_id"] == retrained
    assert other.get(waiting).metrics["tow"] == 1.0 and other.get(elsewhere).metrics["retrained"] is None


def test_an_imported_run_says_nothing_of_this_machines_speed(store, other, tmp_path):
    from engine.originals.checkpoints import Checkpoints
    from engine.runs.estimates import run_rate
    from engine.spec import resolve
    from engine.types import Spec

    run_id = finished_run(store)
    export_runs(tmp_path / "runs.zip", [run_id], store)
    import_runs(tmp_path / "runs.zip", other)
    resolved, nothing = resolve(Spec()), Checkpoints(tmp_path / "none")
    assert run_rate(resolved, nothing, store.list()) == pytest.approx(363.827 / 242_376, rel=1e-5)
    assert run_rate(resolved, nothing, other.list()) == run_rate(resolved, nothing, [])


# --- small and anonymous --------------------------------------------------------------------


def test_twenty_cifar_runs_stay_under_five_megabytes(store, tmp_path):
    sets = {"retain": 42_500, "forget": 7_500, "validation": 5_000, "test": 5_000}
    ids = [finished_run(store, seed=seed, frame=samples_frame(seed, sets), probes=30, dataset="cifar10")
           for seed in range(2)]
    done = export_runs(tmp_path / "runs.zip", ids, store)
    assert done["bytes"] / len(ids) < 230_000
    everything = export_runs(tmp_path / "all.zip", ids, store, "all")
    assert 2 * done["bytes"] < everything["bytes"]


def test_nothing_names_a_machine_a_person_or_a_folder(store, tmp_path, monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "annes-laptop.example.org")
    run_id = store.begin(store_spec())
    reason = (f"The disk is full: {store.root}/artifacts/x.parquet could not be written on annes-laptop. The store "
              "sqlite:////home/anne/runs.sqlite and C:\\Users\\anne\\data too, see https://example.org/a/b and/or 3/4.")
    store.end(run_id, "failed", reason=reason, notice="From /mnt/anne/cifar10: understated.")
    with store._transaction() as connection:
        connection.execute(stores.runs.update().values(tags=["from /home/anne", "good"]))
    export_runs(tmp_path / "runs.zip", [run_id], store)
    record, = read_archive(tmp_path / "runs.zip").runs
    assert record["reason"] == ("The disk is full: (a path) could not be written on (a host). The store (a path) and "
                                "(a path) too, see https://example.org/a/b and/or 3/4.")
    assert record["notice"] == "From (a path): understated." and record["tags"] == ["from (a path)", "good"]
    everything = b"".join(members(tmp_path / "runs.zip").values()) + (tmp_path / "runs.zip").read_bytes()
    for word in (b"anne", str(tmp_path).encode(), b"owner", b"heartbeat", b"pid"):
        assert word not in everything


def store_spec():
    from engine.spec import resolve
    from engine.types import Spec

    return resolve(Spec())


def test_this_host_is_not_in_the_text_of_an_archive(store, tmp_path):
    export_runs(tmp_path / "runs.zip", [finished_run(store)], store)
    words = set(re.findall(r"[\w.-]+", members(tmp_path / "runs.zip")["runs.json"].decode()))
    assert socket.gethostname() not in words


@pytest.mark.parametrize("text", [
    None, "", "Stopped. What was measured until then is kept.", "45 of 3/4 and/or test/validation at 0.5",
    "put them into a folder <dir>/cifar10 or see https://huggingface.co/datasets/cifar10.", "cpu, 2 threads"])
def test_harmless_sentences_stay_as_they_are(text, monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "box")
    assert anonymous(text) == text


# --- writing, whole or not at all -----------------------------------------------------------


def refused(call, *arguments, kind=BadInput):
    with pytest.raises(kind) as caught:
        call(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_cannot_be_exported(store, tmp_path):
    run_id, running = finished_run(store), store.begin(store_spec())
    path = tmp_path / "runs.zip"
    assert refused(export_runs, path, [], store) == "There is no run to export: choose at least one."
    assert refused(export_runs, path, [run_id, "nosuchrun"], store, kind=UnknownRun) == (
        f"There is no run 'nosuchrun' in {store.root}.")
    assert refused(export_runs, path, [running], store) == (
        f"Run {running} is running: only runs that have ended can be exported.")
    assert refused(export_runs, path, [run_id], store, "some") == (
        "samples is 'some', but must be one of attacked, all, none.")
    assert refused(export_runs, tmp_path / "runs.tar", [run_id], store) == (
        "The archive's name 'runs.tar' must end in .zip.")
    (tmp_path / "folder.zip").mkdir()
    assert refused(export_runs, tmp_path / "folder.zip", [run_id], store) == (
        f"{tmp_path}/folder.zip is a folder: name a file that ends in .zip.")
    assert refused(export_runs, tmp_path / "no" / "such" / "runs.zip", [run_id], store) == (
        f"The folder {tmp_path}/no/such does not exist, so runs.zip cannot be written there: make it first, or name a "
        "file in a folder that exists.")
    assert not (tmp_path / "no").exists()
    (tmp_path / "file").touch()
    assert refused(export_runs, tmp_path / "file" / "runs.zip", [run_id], store) == (
        f"The archive {tmp_path}/file/runs.zip could not be written (File exists): no partial file was left behind.")
    assert not path.exists()


def test_an_existing_file_is_replaced_only_by_force(store, tmp_path):
    path, run_id = tmp_path / "runs.zip", finished_run(store)
    path.write_text("precious")
    assert refused(export_runs, path, [run_id], store) == (
        f"{path} exists already: choose another name, or replace it with --force.")
    assert path.read_text() == "precious"
    assert export_runs(path, [run_id], store, force=True)["runs"] == [run_id] and zipfile.is_zipfile(path)


def test_a_full_disk_while_exporting_leaves_what_was_there(store, tmp_path, monkeypatch):
    path, run_id = tmp_path / "runs.zip", finished_run(store)
    export_runs(path, [run_id], store)
    before = path.read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(archives, "_samples_bytes", full)
    said = refused(export_runs, path, [run_id], store, "attacked", True, kind=LabError)
    assert said == (f"The archive {path} could not be written (No space left on device): "
                    "no partial file was left behind.")
    assert path.read_bytes() == before and [p.name for p in tmp_path.glob(".*")] == []


def test_a_full_disk_while_importing_leaves_the_store_as_it_was(store, other, tmp_path, monkeypatch):
    ids = [finished_run(store, seed=seed) for seed in range(2)]
    export_runs(tmp_path / "runs.zip", ids, store)
    finished_run(other, seed=7)
    before, save = state(other), other.save_samples

    def full(run_id, frame):
        if run_id == ids[1]:
            raise OSError(errno.ENOSPC, "No space left on device")
        return save(run_id, frame)

    monkeypatch.setattr(other, "save_samples", full)
    assert refused(import_runs, tmp_path / "runs.zip", other, kind=StoreUnavailable) == (
        f"The runs could not be written to {other.root} (No space left on device): nothing was imported.")
    assert state(other) == before and not other.folder(ids[0]).exists()
    monkeypatch.undo()
    assert import_runs(tmp_path / "runs.zip", other)["imported"] == ids


def test_of_two_imports_at_once_one_is_told_so(store, other, tmp_path, monkeypatch):
    ids = [finished_run(store, seed=seed) for seed in range(2)]
    export_runs(tmp_path / "runs.zip", ids, store)
    import_runs(tmp_path / "runs.zip", other)
    before = state(other)
    with monkeypatch.context() as patch:
        patch.setattr(other, "list", lambda **_: [])  # as it was before the other import ended
        assert refused(import_runs, tmp_path / "runs.zip", other, kind=StoreUnavailable) == (
            "Another import of the same runs was quicker: this one changed nothing.")
    assert state(other) == before


# --- the commands ---------------------------------------------------------------------------


def test_from_one_home_to_another(say, store, tmp_path, monkeypatch):
    ids = [finished_run(store), finished_run(store, dataset="cifar10"), finished_run(store, profile="paper"),
           finished_run(store, seed=3, status="cancelled")]
    path = str(tmp_path / "runs.zip")
    status, done, err = say("archive", "export", path, "--json")
    assert (status, done["runs"], done["with_samples"], err) == (0, ids[:3], 3, "")
    assert say("archive", "export", path, "--force", "--dataset", "cifar10", "--json")[1]["runs"] == [ids[1]]
    assert say("archive", "export", path, "--force", "--profile", "paper", "--json")[1]["runs"] == [ids[2]]
    status, text, _ = say("archive", "export", path, "--force", "--samples", "none", "--runs", ids[0], ids[3])
    assert status == 0 and re.fullmatch(rf"2 runs in {re.escape(path)} \(\d+ kB\), 0 with per-sample losses.\n", text)
    monkeypatch.setenv("UNLEARN_HOME", str(tmp_path / "elsewhere"))
    assert say("archive", "import", path, "--json") == (
        0, {"imported": [ids[0], ids[3]], "already_there": [], "skipped": {}}, "")
    assert say("archive", "import", path)[:2] == (0, "0 runs imported, 2 already there, 0 skipped.\n")
    assert [run["run_id"] for run in say("list", "runs", "--json")[1]] == [ids[0], ids[3]]
    assert say("show", ids[0], "--json")[1]["metrics"] == METRICS


def test_the_commands_refuse_in_a_sentence(say, store, tmp_path):
    path = str(tmp_path / "runs.zip")

    def problem(*words):
        status, content, err = say("archive", *words, "--json")
        assert (status, content["status"], content["run_id"]) == (2, "bad_input", None) and "Traceback" not in err
        return content["problems"][0]

    assert problem("export", path) == f"Nothing to export: no finished run is in {store.root}."
    run_id = finished_run(store)
    assert problem("export", path, "--dataset", "cifar10", "--profile", "paper") == (
        f"Nothing to export: no finished run with dataset cifar10 and profile paper is in {store.root}.")
    assert problem("export", path, "--runs", run_id, "--profile", "paper") == (
        "Nothing to export: none of the named runs has profile paper.")
    assert problem("export", path, "--runs", "one", run_id, "two") == f"There is no run 'one', 'two' in {store.root}."
    assert problem("export", path, "--dataset", "digit") == "No dataset named 'digit'. Did you mean 'digits'?"
    assert problem("export", path, "--profile", "x") == "No profile named 'x'. Valid: corrected, paper."
    assert problem("export", path, "--samples", "some").startswith("Argument --samples: invalid choice: 'some'")
    assert problem("import", path) == f"There is no file {path}."
    assert problem("import").startswith("The following arguments are required: FILE. Help: python -m engine archive")
    assert problem().startswith("The following arguments are required: export|import|excerpt.")
    (tmp_path / "runs.zip").write_text("no zip")
    assert problem("export", path) == f"{path} exists already: choose another name, or replace it with --force."
    assert problem("import", path) == (
        "runs.zip cannot be used: it is not a zip file, so it is not an archive of runs.")


def test_in_a_process_of_its_own(tmp_path):
    done = copied("-m", "engine", "archive", "import", str(tmp_path / "none.zip"), "--json")
    assert done.returncode == 2 and json.loads(done.stdout)["problems"] == [f"There is no file {tmp_path}/none.zip."]
    assert done.stderr == f"There is no file {tmp_path}/none.zip.\n"
