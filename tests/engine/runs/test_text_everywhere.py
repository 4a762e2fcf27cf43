"""What works for pictures works for texts, from the command line: class removal, sweeps, archives, samples."""

from __future__ import annotations

import dataclasses
import json

import pytest
from texts import write_go_emotions

from engine.cli.main import main
from engine.errors import BadInput
from engine.originals.checkpoints import Checkpoints
from engine.runs.archive.transfer import import_runs
from engine.runs.samples import exhibits
from engine.runs.sources import loaded
from engine.runs.store import Store, open_store
from engine.system.paths import home as home_folder

DATA = ("--dataset", "go_emotions")


@pytest.fixture
def say(home, tmp_path, monkeypatch, capsys, no_caches):
    """Runs a command on the miniature texts; returns its exit status and its JSON."""
    monkeypatch.setenv("UNLEARN_DATA_DIR", str(write_go_emotions(tmp_path / "data")))
    monkeypatch.setattr("engine.system.device.cores", lambda: 1)  # two threads on so small a net wait for one another

    def run(*words):
        status = main([*words, "--json"])
        return status, json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def with_text_original(say):
    """The first run, which trains the Original."""
    status, run = say("run", *DATA, "--forget-fraction", "0.2", "--train-original")
    assert (status, run["status"]) == (0, "finished")
    return run


def test_an_emotion_is_removed_by_table_4s_rules(say, with_text_original):
    """Anger is the odd numbers' every second text, and no odd number has a second label: 60 of the 200 that count."""
    status, run = say("run", *DATA, "--scenario", "class", "--forget-class", "anger")
    samples = open_store().load_samples(run["run_id"])
    counts = samples["set"].value_counts()
    assert status == 0 and run["spec"]["forget_class"] == 2
    assert (counts["forget"], counts["retain"]) == (60, 140)
    # 66 test texts with one label, 20 of them anger; with validation 35 held-out texts are.
    assert (counts["test"], counts["unseen"]) == (46, 35)
    assert run["metrics"]["mia_loss"] is not None


def test_a_grid_of_texts_is_filled_once(say, with_text_original):
    grid = ("sweep", *DATA, "--alphas", "0.1", "0.5", "--forget-fractions", "0.2", "--seeds", "0")
    status, first = say(*grid)
    assert status == 0 and (first["computed"], first["reused"]) == (1, 1), "0.5 is the default"
    assert [(cell["alpha"], cell["status"]) for cell in first["cells"]] == [(0.1, "finished"), (0.5, "finished")]
    assert all(cell["mia_loss"] is not None for cell in first["cells"])
    assert say(*grid)[1]["computed"] == 0


def test_an_archive_of_texts_goes_there_and_back_and_shows_its_samples(say, with_text_original, tmp_path):
    run_id = with_text_original["run_id"]
    assert say("archive", "export", str(tmp_path / "texts.zip"), "--runs", run_id)[1]["runs"] == [run_id]
    there = Store(tmp_path / "there")
    assert import_runs(tmp_path / "texts.zip", there)["imported"] == [run_id]
    run, frame = there.get(run_id), there.load_samples(run_id)
    assert run.metrics == with_text_original["metrics"]
    checkpoints = Checkpoints(home_folder() / "checkpoints")
    shown = exhibits(frame, loaded(run, checkpoints), "most", 5)
    rises = [one["loss_after"] - one["loss_before"] for one in shown]
    assert len(shown) == 5 and rises == sorted(rises, reverse=True)
    assert all(one["label"] in ("admiration", "anger", "joy", "neutral") and "it is" in one["text"] for one in shown)
    with pytest.raises(BadInput) as caught:
        loaded(dataclasses.replace(run, identity="0" * 32), checkpoints)
    assert str(caught.value) == (
        "This run began from another Original than the one on this machine, which has since been trained again, so "
        "the earlier predictions cannot be shown.")
