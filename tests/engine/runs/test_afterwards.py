"""An attack that is added or changed after a run: its numbers from the samples that the run kept."""

from __future__ import annotations

import numpy as np
import pytest
from archiving import METRICS, finished_run, samples_frame

from engine import registry
from engine.evaluation.distances import auc
from engine.runs import afterwards
from engine.runs.afterwards import UNKEPT, completed, lacking
from engine.runs.recorded import recorded_runs, recorded_samples
from engine.runs.store import open_store
from engine.types import Attack

NAMES = ("late", "late_gap", "late_auc", "late_tpr_at_1pct_fpr", "late_tpr_at_0_1pct_fpr")


def attack(sign=1):
    return Attack("late", "Late attack", ("entropy",), lambda entropy: -sign * entropy, "Comes late.", "this test")


@pytest.fixture
def late():
    """Registers the attack, by default as it was first written."""
    yield lambda sign=1: registry.register(attack(sign))
    registry.table.cache_clear()


def area(frame, sign=1):
    sides = [-sign * frame.loc[frame["set"] == name, "entropy"].to_numpy() for name in ("forget", "test")]
    return auc(*sides)


def test_nothing_lacks_in_what_was_measured(store):
    run = store.get(finished_run(store))
    assert lacking(METRICS) == () and completed(run, store) is run


def test_the_numbers_of_an_added_attack_are_stored(store, late):
    run_id = finished_run(store)
    store.save_samples(run_id, samples_frame())
    before = store.get(run_id).metrics
    late()
    assert [one.name for one in lacking(before)] == ["late"]
    after = completed(store.get(run_id), store).metrics
    assert after["late_auc"] == pytest.approx(area(samples_frame())) and after["late_gap"] == abs(after["late"] - 50)
    low, high = after["null_band"]["late"]
    assert low < 50 < high and after["attack_code"] == {"late": registry.code("attack", "late")}
    assert {name: after[name] for name in before if name not in ("null_band", "missing")} == {
        name: before[name] for name in before if name not in ("null_band", "missing")}
    stored = open_store().get(run_id).metrics
    assert all(stored[name] == after[name] for name in NAMES) and lacking(stored) == ()


def test_another_version_of_an_attack_is_measured_anew(store, late):
    run_id = finished_run(store)
    store.save_samples(run_id, samples_frame())
    late()
    first = completed(store.get(run_id), store).metrics
    registry.register(Attack("late", "Late attack", ("entropy",), reverse, "Comes late.", "this test"))
    second = completed(store.get(run_id), store).metrics
    assert second["late_auc"] == pytest.approx(1 - first["late_auc"]) and second["late_auc"] != first["late_auc"]
    assert second["attack_code"] == {"late": registry.code("attack", "late")} != first["attack_code"]


def reverse(entropy):
    return entropy


def test_without_a_table_the_reason_is_said_and_nothing_is_stored(store, late):
    run_id = finished_run(store)
    (store.folder(run_id) / "samples.parquet").unlink(missing_ok=True)
    before = store.get(run_id).metrics
    late()
    after = completed(store.get(run_id), store).metrics
    assert [after[name] for name in NAMES] == [None] * 5 and {after["missing"][name] for name in NAMES} == {UNKEPT}
    assert store.get(run_id).metrics == before


def test_a_recorded_run_keeps_its_file_and_is_remembered(store, late, monkeypatch):
    run = next(run for run in recorded_runs() if run.spec.scenario == "random" and run.status == "finished"
               and recorded_samples(run.id) is not None)
    late()
    after = completed(run, store).metrics
    assert after["late_auc"] == pytest.approx(area(recorded_samples(run.id)))
    assert "late" not in run.metrics
    monkeypatch.setattr(afterwards, "recorded_samples", lambda run_id: pytest.fail("read twice"))
    assert completed(run, store).metrics == after


def test_what_an_older_version_did_not_measure_leaves_the_rest(store):
    run_id = finished_run(store)
    store.save_samples(run_id, samples_frame())
    run = store.get(run_id)
    after = completed(run, store, whole=True).metrics
    assert after["mia_entropy"] == METRICS["mia_entropy"] and after["null_band"] == run.metrics["null_band"]
    assert after["mia_entropy_tpr_at_1pct_fpr"] is not None and np.isfinite(after["mia_entropy_auc"])
