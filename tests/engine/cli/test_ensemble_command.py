"""``python -m engine ensemble`` and ``memorisation``: table, JSON, export, a stop, and bad input."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import pytest
from helping import start_copy, wait_for

from engine.cli.main import main
from engine.evaluation.ensembles.draws import ORIGINAL
from engine.studies.ensemble import Ensemble
from engine.studies.ensemble_store import kept_for
from engine.studies.ensemble_work import located, missing

sys.path.insert(0, str(Path(__file__).parents[1] / "studies"))
from fake_ensemble import written

from tests import warm
from tests.patience import patience

MOONS = Ensemble("moons", ("finetune",), models=24, candidates="all")
COMMAND = ["ensemble", "--dataset", "moons", "--methods", "finetune", "--candidates", "all", "--models"]


@pytest.fixture
def made(home):
    return written(MOONS, {ORIGINAL: 2.0})


def test_a_table_of_what_is_there(made, capsys):
    assert main([*COMMAND, "24"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].split() == ["N", "test", "population", "U-LiRA", "95%", "KLoM", "p95", "quality", "share"]
    assert [line.split()[0] for line in said[1:5]] == ["original", "retrain", "second_retrained", "finetune"]
    assert said[-1].startswith("0 models computed")


def test_json_has_every_number(made, capsys, tmp_path):
    assert main([*COMMAND, "24", "--json", "--export", str(tmp_path / "moons-ensemble.safetensors")]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["models"], found["a_side"], found["computed"], found["cannot_tell"]) == (24, 8, 0, False)
    row = found["rows"][0]
    assert row["method"] == ORIGINAL and row["ulira_auc"]["low"] < row["ulira_auc"]["value"] < row["ulira_auc"]["high"]
    assert found["rows"][2]["klom"]["name"] == "KLoM (4 bins, N = 8)"
    assert found["second_retrained"]["forgetting_quality"]["models"] == 8
    assert found["about"]["dataset"] == "moons" and (tmp_path / "moons-ensemble.safetensors").is_file()


def test_memorisation(made, capsys):
    assert main(["memorisation", "--dataset", "moons", "--models", "24", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["models"] == 24 and len(found["correctness"]["score"]) == len(found["probability"]["error"]) == 200
    assert main(["memorisation", "--dataset", "moons", "--models", "24"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 11


@pytest.mark.parametrize("words, said", [
    (["--models", "3"], "models is 3, but must be from 6 to 10,000"),
    (["--methods", "nabla"], "No method named 'nabla'"),
    (["--candidates", "5"], "candidates is 5, but must be from 30"),
    (["--candidates", "some"], "candidates is 'some', but must be a number or 'all'."),
    (["--executor", "slurm"], "No executor named 'slurm'"),
    (["--option", "noise"], "--option 'noise' is not of the form NAME=VALUE"),
])
def test_bad_input_is_a_sentence(home, capsys, words, said):
    assert main(["ensemble", "--dataset", "moons", *words, "--json"]) == 2
    assert said in json.loads(capsys.readouterr().out)["problems"][0]


@pytest.mark.long
def test_ctrl_c_keeps_what_is_there_and_says_how_to_continue(home, monkeypatch):
    monkeypatch.setenv(warm.WORKERS, "1")
    process = start_copy("-m", "engine", *COMMAND, "12", "--json")
    found, kept = located(Ensemble("moons", ("finetune",), models=12, candidates="all"))
    wait_for(lambda: process.poll() is not None or kept.numbers(ORIGINAL), "a model")
    process.send_signal(signal.SIGINT)
    said = json.loads(process.communicate(timeout=patience())[0])
    assert (process.returncode, said["status"], said["of"]) == (130, "cancelled", 12)
    left = missing(found, kept_for(found, kept.about["data"]))
    assert 12 - len(left) == said["models"] >= 1


def test_markdown_computes_nothing_where_only_what_is_there_is_asked_for(made, capsys):
    assert main([*COMMAND, "30", "--recorded-only", "--markdown"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Fine-tuning ") and "| Method | N | Test accuracy, % | Population attack |" in said
    assert "| Fine-tuning | 24 |" in said


def test_nothing_there_is_a_sentence(home, capsys):
    assert main([*COMMAND, "6", "--recorded-only"]) == 2
    assert "0 of at least 6 models are there" in capsys.readouterr().err
