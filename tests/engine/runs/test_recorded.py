"""Recorded runs: read from archives and from single files, quickly, without verifying what nobody asked for."""

from __future__ import annotations

import json
import os
import time

import pandas as pd
import pytest
from archiving import finished_run, members, put_together

from engine.evaluation.measure import null_band
from engine.evaluation.verdict import remarks
from engine.registry import get
from engine.runs import recorded
from engine.runs.archive import format as archive_file
from engine.runs.archive.transfer import export_runs
from engine.runs.recorded import find_recorded, recorded_runs, recorded_samples
from engine.runs.records import described


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "recorded"
    path.mkdir()
    return path


@pytest.fixture
def shipped(folder, store):
    """Ids: two runs in an archive, one in a file of its own."""
    ids = [finished_run(store, seed=seed) for seed in range(3)]
    export_runs(folder / "table.zip", ids[:2], store)
    content = described(store.get(ids[2])) | {"events": store.events(ids[2])}
    (folder / "a-run.json").write_text(json.dumps(content))
    return ids


def test_runs_of_archives_and_of_single_files(folder, store, shipped):
    runs = recorded_runs(folder)
    assert [run.id for run in runs] == shipped and all(run.recorded is True for run in runs)
    for run, run_id in zip(runs, shipped):
        own = store.get(run_id)
        for name in ("spec", "metrics", "device", "created", "started", "ended", "status", "seconds", "reason"):
            assert getattr(run, name) == getattr(own, name)
        assert run.progress is None
        assert described(run) == described(own) | {"recorded": True}
        assert find_recorded(run_id, folder) == (run, store.events(run_id))
    assert runs[0].fingerprint == store.get(shipped[0]).fingerprint and runs[2].fingerprint is None
    assert find_recorded("nosuchrun", folder) is None and recorded_runs(folder / "none") == ()


def test_samples_of_recorded_runs(folder, store, shipped):
    frame = store.load_samples(shipped[1])
    pd.testing.assert_frame_equal(recorded_samples(shipped[1], folder),
                                  frame[frame["set"] != "retain"].reset_index(drop=True))
    assert recorded_samples(shipped[2], folder) is None and recorded_samples("nosuchrun", folder) is None


def test_a_listing_reads_neither_events_nor_samples(folder, shipped, monkeypatch):
    read = []
    monkeypatch.setattr(archive_file.Archive, "_table", lambda self, archive, name, schema, **how: read.append(name))
    assert len(recorded_runs(folder)) == 3 and read == []


def test_read_once_and_again_when_a_file_changes(folder, store, shipped):
    first = recorded_runs(folder)
    assert all(one is other for one, other in zip(first, recorded_runs(folder)))
    export_runs(folder / "table.zip", shipped[:1], store, force=True)
    os.utime(folder / "table.zip", (time.time() + 5, time.time() + 5))
    assert [run.id for run in recorded_runs(folder)] == [shipped[0], shipped[2]]
    (folder / "a-run.json").unlink()
    assert [run.id for run in recorded_runs(folder)] == [shipped[0]]


def test_a_run_that_is_there_twice_is_listed_once_with_its_samples(folder, store, shipped):
    export_runs(folder / "z.zip", shipped, store)
    assert [run.id for run in recorded_runs(folder)] == shipped
    assert recorded_samples(shipped[2], folder) is not None


def test_damaged_files_are_logged_and_left_out(folder, shipped, caplog):
    whole = (folder / "table.zip").read_bytes()
    (folder / "cut.zip").write_bytes(whole[:1000])
    (folder / "empty.zip").touch()
    for name, content in (("half", "{"), ("list", "[]"), ("number", "3"), ("other", '{"run_id": "x"}')):
        (folder / f"{name}.json").write_text(content)
    assert [run.id for run in recorded_runs(folder)] == shipped
    logged = [record.getMessage() for record in caplog.records]
    assert len(logged) == 6 and logged[0] == (
        "recorded run cut.zip cannot be read: cut.zip cannot be used: it is cut off before its end; copy or download "
        "it again.")


def test_damaged_events_and_samples_do_not_break_the_rest(folder, shipped, caplog):
    content = members(folder / "table.zip")
    for name in ("events.parquet", f"samples/{shipped[0]}.parquet"):
        content[name] = content[name][:-1] + b" "
    put_together(folder / "table.zip", content, signed=False)
    assert [run.id for run in recorded_runs(folder)] == shipped
    run, events = find_recorded(shipped[0], folder)
    assert events == [] and run.reason == (
        "The course of this run cannot be shown. table.zip cannot be used: its member events.parquet was changed or "
        "damaged (its sha256 is not the one in manifest.json).")
    assert recorded_samples(shipped[0], folder) is None and len(recorded_samples(shipped[1], folder)) == 140
    assert len(caplog.records) == 2


def test_runs_that_this_version_does_not_know_are_left_out(folder, shipped, caplog):
    content = members(folder / "table.zip")
    runs = json.loads(content["runs.json"])
    runs[0]["spec"]["method"] = "teleport"
    put_together(folder / "table.zip", content | {"runs.json": json.dumps(runs).encode()})
    assert [run.id for run in recorded_runs(folder)] == shipped[1:]
    assert "No method named 'teleport'" in caplog.text


@pytest.mark.parametrize("error", [AttributeError, ValueError, TypeError])
def test_a_spec_that_no_check_expects_leaves_out_its_run_alone(folder, shipped, caplog, monkeypatch, error):
    usual = recorded.resolve

    def strange(spec):
        if spec.seed == 0:
            raise error("of a kind that nobody thought of")
        return usual(spec)

    monkeypatch.setattr("engine.runs.recorded.resolve", strange)
    monkeypatch.setattr("engine.runs.archive.columns.resolve", strange)
    recorded._resolved.cache_clear()
    assert [run.id for run in recorded_runs(folder)] == shipped[1:]
    assert f"{shipped[0]} of table.zip is left out: This version does not know it: {error.__name__}" in caplog.text
    recorded._resolved.cache_clear()


def test_each_spec_of_an_archive_is_resolved_once(folder, shipped, monkeypatch):
    usual, asked = recorded.resolve, []
    for place in ("engine.runs.recorded.resolve", "engine.runs.archive.columns.resolve"):
        monkeypatch.setattr(place, lambda spec, **code: asked.append(spec.seed) or usual(spec, **code))
    recorded._resolved.cache_clear()
    recorded.newest_as_now(recorded_runs(folder), dataset="digits")
    assert sorted(asked) == [0, 1, 2]


def test_what_ships_can_be_read(caplog):
    """Every file of the repository's own folder, with events, the hardware and the date."""
    files = [path for path in recorded.FOLDER.glob("*") if path.suffix in (".zip", ".json")]
    runs = recorded_runs()
    assert len(runs) >= len(files) > 0 and caplog.records == []
    for run in runs:
        assert run.device and run.started and find_recorded(run.id)[1][0]["kind"] == "start"
    assert sum(path.stat().st_size for path in files if path.suffix == ".zip") < 8_000_000


NOT_KEPT = "The entropies of this run were not kept, so its entropy attack has no chance band."
HOW = {"own losses": True, "own losses of a second run": True, "own losses, from their histogram": False}
EXPECTED = {"the retrained model's losses": True,  # what a live run begins with, before it has losses of its own
            "the Original's losses of never-seen samples": True}


def test_every_recorded_null_band_is_of_the_runs_own_losses():
    """Those of the Original's losses were too narrow. Entropies that were not kept have no band, and a note says so."""
    for run in recorded_runs():
        start = find_recorded(run.id)[1][0]
        for made in (run.metrics, start):
            assert made["band"]["permutations"] == 100
            entropies = (HOW if made is run.metrics else HOW | EXPECTED)[made["band"]["of"]]
            assert made["null_band"]["mia_loss"] is not None or run.metrics["mia_loss"] is None, run.id
            assert (made["null_band"]["mia_entropy"] is not None) is entropies or run.metrics["mia_loss"] is None
            assert (NOT_KEPT in remarks(run.metrics)) is not entropies


def test_a_recorded_null_band_is_what_the_samples_give():
    run = next(run for run in recorded_runs() if recorded_samples(run.id) is not None)
    samples = recorded_samples(run.id)
    sides = (samples.loc[samples["set"] == name, "loss"].to_numpy() for name in ("forget", "test"))
    band = null_band(get("attack", "mia_loss"), *sides, seed=run.spec.seed)
    assert run.metrics["null_band"]["mia_loss"] == pytest.approx(band)
