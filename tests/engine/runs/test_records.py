"""Runs as records: lossless at the store's edge, lenient with specs of another version."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from engine.errors import BadSpec
from engine.evaluation.measured import UNMEASURED, Metrics
from engine.evaluation.verdict import verdict_of
from engine.runs.records import Run, described
from engine.spec import resolve
from engine.types import Spec

ROW = {"id": "cafe", "status": "finished", "spec": asdict(resolve(Spec()).spec), "metrics": {"test_accuracy": 80.0},
       "tags": [], "created": 1.0, "train_original": 1, "cancel": 0, "effective": {"alpha": 0.25}}
ANOTHER = {"dataset": "digits", "method": "nabla_tau", "fraction_of_classes": 0.5, "parameters": {}, "options": {}}


def test_a_row_comes_back_as_it_was():
    row = Run.from_row(ROW).to_row()
    assert {name: row[name] for name in ROW} == ROW
    assert all(value is None for name, value in row.items() if name not in ROW)


def test_what_a_run_says_of_itself():
    run = Run.from_row(ROW)
    assert (run.finished, run.has_ended, run.is_reference, run.recorded) == (True, True, False, False)
    assert run.resolved() == resolve(Spec()) and run.spec.forget_fraction == 0.15
    waiting = Run("beef", "queued", Spec(method="retrain"))
    assert (waiting.finished, waiting.has_ended, waiting.is_reference) == (False, False, True)


def test_a_spec_of_another_version_is_kept_whole_and_refused_when_it_is_to_be_run():
    run = Run.from_row(ROW | {"spec": ANOTHER})
    assert run.to_row()["spec"] == ANOTHER and described(run)["spec"] == ANOTHER
    assert (run.spec.dataset, run.spec_extra) == ("digits", {"fraction_of_classes": 0.5})
    with pytest.raises(BadSpec) as caught:
        run.resolved()
    assert caught.value.problems == ["The spec of run cafe has a field 'fraction_of_classes', which this "
                                     "version does not know: start a new run instead."]


def test_a_spec_that_lacks_a_later_field_has_its_default():
    older = {name: value for name, value in ROW["spec"].items() if name != "original_seed"}
    run = Run.from_row(ROW | {"spec": older})
    assert run.resolved() == resolve(Spec()) and run.to_row()["spec"] == older


def test_values_that_no_check_expects_are_a_sentence_too():
    run = Run.from_row(ROW | {"spec": ROW["spec"] | {"parameters": 3}})
    with pytest.raises(BadSpec, match="The spec of run cafe cannot be read by this version"):
        run.resolved()


def test_a_run_of_another_version_is_listed_and_deleted(store):
    store.adopt([({**{name: ROW[name] for name in ("id", "status", "created", "metrics")}, "spec": ANOTHER,
                   "fingerprint": "f" * 12, "split": "s" * 12}, [], None, None)])
    (run,) = store.list()
    assert run.spec_extra and verdict_of(run) is not None and described(run)["spec"] == ANOTHER
    store.delete(run.id)
    assert store.list() == []


def test_metrics_are_a_mapping_with_what_is_known_beside_the_numbers():
    stored = {"mia_loss": 51.0, "tow": None, "tpr_at_1pct_fpr_interval": [0.1, 3.0], "notes": ["Mind."],
              "original": {"mia_loss": 70.0}, "retrained": {"mia_loss": 50.0, "run_id": "beef"},
              "missing": {"tow": "No reference."}, "null_band": {"mia_loss": [49.0, 51.0]},
              "band": {"permutations": 100},
              "sizes": {"forget": 150}}
    metrics = Metrics.from_json(stored)
    assert metrics.to_json() == stored == metrics and metrics["mia_loss"] == 51.0 and metrics.get("none") is None
    assert (metrics.original["mia_loss"], metrics.retrained["mia_loss"], metrics.retrained.run_id) == (70, 50, "beef")
    assert (metrics.notes, metrics.missing, metrics.sizes) == (("Mind.",), {"tow": "No reference."}, {"forget": 150})
    assert metrics.null_band["mia_loss"] == [49.0, 51.0] and metrics.band == {"permutations": 100}
    assert metrics.interval("tpr_at_1pct_fpr") == [0.1, 3.0] and metrics.interval("tow") is None


def test_nothing_measured_is_empty_everywhere():
    assert Metrics.from_json(None) is None and not UNMEASURED
    assert (UNMEASURED.original, UNMEASURED.retrained, UNMEASURED.sizes, UNMEASURED.run_id) == (None,) * 4
    assert (UNMEASURED.notes, dict(UNMEASURED.missing), dict(UNMEASURED.null_band)) == ((), {}, {})


