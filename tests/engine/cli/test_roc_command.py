"""``python -m engine roc``."""

from __future__ import annotations

import json

import pytest

from engine.cli.main import main
from engine.runs.exposure import default_run, exposed_runs
from engine.runs.recorded import recorded_runs


@pytest.fixture
def run(store):
    return default_run(exposed_runs(store))


def test_the_curve_of_a_recorded_run(run, capsys):
    assert main(["roc", run.id, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["run_id"], found["attack"], found["view"]) == (run.id, "mia_loss", "now")
    assert found["auc"] == pytest.approx(run.metrics["mia_auc"], abs=1e-6)
    for rates in (found["roc"]["fpr"], found["roc"]["tpr"]):
        assert rates[0] == 0 and rates[-1] == 1 and rates == sorted(rates)
    assert set(found["strategies"]) == {"best", "few"}
    assert 0 < found["strategies"]["best"]["on_other_half"]["accuracy"] < 1


def test_the_text_names_the_area_and_both_strategies(run, capsys):
    assert main(["roc", run.id, "--view", "retrained"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("area 0.") and lines[2].startswith("best accuracy, on the other half: caught ")
    assert lines[3].startswith("at most 1% false alarms, on the other half: ")


def test_a_run_without_a_table_is_bad_input(capsys, home):
    bare = next(run for run in recorded_runs() if run.spec.dataset == "digits" and run.spec.seed == 0)
    assert main(["roc", bare.id, "--json"]) == 2
    assert "ships without a table" in capsys.readouterr().out
