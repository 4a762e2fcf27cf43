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
