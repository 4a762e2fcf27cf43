"""A result's numbers by name, and what a wrong name is answered with."""

from __future__ import annotations

import pytest

from engine.errors import LabError
from engine.evaluation.measured import Metrics

STORED = {"test_accuracy": 81.2, "mia_auc": 0.53, "a_measure_of_old": 3.0, "mia_loss": None, "retrained": None,
          "missing": {"mia_loss": "Too few samples."}}
METRICS = Metrics(STORED)


@pytest.mark.parametrize(("name", "said"), [
    ("test_acuracy", "No metric named 'test_acuracy'. Did you mean 'test_accuracy'?"),
    ("a_measure_of_odl", "No metric named 'a_measure_of_odl'. Did you mean 'a_measure_of_old'?"),
    ("forget_accuracy", "The metric 'forget_accuracy' was not measured for this result: run it again in this version "
                        "to measure it."),
])
def test_a_wrong_name_is_answered_with_a_sentence(name, said):
    with pytest.raises(KeyError) as refused:
        METRICS[name]
    assert str(refused.value) == said and isinstance(refused.value, LabError)
    assert METRICS.get(name) is None and METRICS.get(name, 7) == 7 and name not in METRICS


@pytest.mark.parametrize("name", STORED)
def test_all_that_was_stored_is_read_by_its_name_former_ones_too(name):
    assert METRICS[name] == METRICS.get(name, "absent") == STORED[name] and name in METRICS
    assert dict(METRICS) == STORED == METRICS


def test_absent_names_are_looked_up_without_a_search(monkeypatch):
    """Pages ask thousands of runs for names that an older version did not measure."""
    monkeypatch.setattr("engine.evaluation.measured.unknown", lambda *rest: pytest.fail("searched"))
    assert METRICS.get("tow") is None and "tow" not in METRICS


OLD = {"mia_loss": 60.0, "retain_accuracy": 99.0, "test_accuracy": 70.0, "tow": 0.9,
       "retrained": {"mia_loss": 50.0, "retain_accuracy": 98.0, "test_accuracy": 80.0, "run_id": "cafe"}}


def test_what_came_later_follows_from_what_was_stored():
    """ToW-MIA by hand: 10, 1 and 10 points away."""
    metrics = Metrics(OLD)
    assert metrics["tow_mia"] == metrics.get("tow_mia") == pytest.approx(0.9 * 0.99 * 0.9) and "tow_mia" in metrics
    assert metrics.to_json() == OLD and "tow_mia" not in dict(metrics), "it is not stored"
    for name in ("mia_loss", "test_accuracy"):
        poor = Metrics(OLD | {name: None})
        assert poor.get("tow_mia") is None and "tow_mia" not in poor
    assert Metrics({"mia_loss": 60.0}).get("tow_mia", "absent") == "absent"
    assert Metrics(OLD | {"tow_mia": 0.5})["tow_mia"] == 0.5, "what was measured stays"


def test_recorded_runs_have_it_without_being_run_again():
    from engine.runs.recorded import recorded_runs

    against = [run for run in recorded_runs() if run.finished and run.metrics and run.metrics.retrained
               and run.metrics.get("mia_loss") is not None and run.metrics.retrained.get("mia_loss") is not None]
    assert len(against) > 50 and all(0 <= run.metrics["tow_mia"] <= 1 for run in against)
    assert all(run.metrics["tow_mia"] == 1 for run in against if run.metrics.retrained.run_id == run.id)
