"""Which runs the shipped ensemble says something about: its own settings alone, or nearly."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from engine import registry
from engine.evaluation.verdict import verdict_of
from engine.runs.ensembles import alike
from engine.runs.ensembles.alike import evidence_of, part_of, shadows_of
from engine.runs.ensembles.recorded import recorded_ensembles
from engine.runs.records import Run
from engine.types import Spec

SHIPPED, = recorded_ensembles()
DATA = SHIPPED.about["data"][:16]
METRICS = {"mia_loss": 50.0, "null_band": {"mia_loss": [43.0, 57.0]}, "forget_accuracy": 72.0, "test_accuracy": 72.7}


def run(data=DATA, status="finished", **spec):
    return Run("cafe", status, Spec(**{"dataset": "digits", "method": "finetune", "seed": 3} | spec), data=data)


def test_a_run_at_the_ensembles_settings_has_its_evidence():
    entry = evidence_of(run(), [SHIPPED])["per_example"]
    assert entry["name"] == "per_example" and entry["models"] == 64 and not entry["damaged"]
    assert entry["low"] < entry["area"] < entry["high"] and entry["area"] == pytest.approx(0.683, abs=0.002)
    assert entry["retrained"] == pytest.approx(0.505, abs=0.002)
    judged = dataclasses.replace(run(), metrics=METRICS, evidence={"one": entry})
    assert "still finds what Fine-tuning was to forget. Over 64 models at these settings" in verdict_of(judged).text


@pytest.mark.parametrize("method", ["nabla_tau", "scrub"])
def test_a_default_that_follows_from_the_sizes_is_the_same(method):
    """nabla-tau's alpha is 0.25 here and 0.249 there: the same choice at other sizes."""
    assert len(part_of(run(method=method), [SHIPPED]).numbers) == 64


def test_usual_settings_that_are_spelled_out_are_the_same():
    spelled = run(method="nabla_tau", parameters={"alpha": 0.25, "retain_epochs": 6})
    assert spelled.resolved().effective == run(method="nabla_tau").resolved().effective
    assert part_of(spelled, [SHIPPED]) == part_of(run(method="nabla_tau"), [SHIPPED]) is not None


def test_a_component_that_was_changed_meanwhile_is_another(monkeypatch):
    assert part_of(run(), [SHIPPED])
    digits = registry.get("dataset", "digits")
    monkeypatch.setitem(registry.table("dataset"), "digits", dataclasses.replace(
        digits, recipe=dataclasses.replace(digits.recipe, epochs=2)))
    assert part_of(run(), [SHIPPED]) is None


@pytest.mark.parametrize("other", [
    {"parameters": {"learning_rate": 0.004}}, {"profile": "paper"}, {"options": {"label_noise": 0.0}},
    {"forget_fraction": 0.3}, {"scenario": "class", "forget_class": 3, "forget_fraction": None}, {"dataset": "moons"},
    {"model": "resnet18"}, {"data": "0" * 16}, {"data": None}, {"original": "mine"},
    {"start": {"method": "finetune", "forget_fraction": 0.01}}])
def test_other_settings_have_none(other):
    assert part_of(run(**other), [SHIPPED]) is None
    assert evidence_of(run(**other), [SHIPPED]) == {} and shadows_of(run(**other), [SHIPPED]) is None


def test_a_cell_of_a_grid_is_told_apart_before_it_is_filled_in(monkeypatch):
    monkeypatch.setattr(alike, "_resolved", None)
    for other in ({"method": "nabla_tau", "parameters": {"alpha": 0.75}}, {"method": "kde"}):
        assert part_of(run(**other), [SHIPPED]) is None


def test_nearly_as_large_a_forget_set_will_do():
    assert part_of(run(forget_fraction=0.14), [SHIPPED]) and not part_of(run(forget_fraction=0.1), [SHIPPED])


def test_a_retrained_or_unfinished_run_has_none():
    assert evidence_of(run(method="retrain"), [SHIPPED]) == {} == evidence_of(run(status="running"), [SHIPPED])


def test_the_shadows_are_the_ensembles_models_with_their_samples():
    shadows = shadows_of(run(), [SHIPPED])
    assert shadows.models == 64 and len(shadows.samples) == 390 and (np.diff(shadows.samples) > 0).all()
    assert shadows.outputs.phi.shape == (64, 390)


def test_broken_models_are_no_shadows_and_do_not_count():
    """19 of gradient ascent's 64 models are destroyed; with them the area of all would be 0.507."""
    ascent = run(method="gradient_ascent")
    entry = evidence_of(ascent, [SHIPPED])["per_example"]
    assert (entry["models"], entry["damaged"]) == (45, True) and entry["area"] == pytest.approx(0.794, abs=0.002)
    assert shadows_of(ascent, [SHIPPED]).models == 45 and part_of(ascent, [SHIPPED]).outputs("original").models == 64


def test_without_an_ensemble_there_is_nothing():
    assert part_of(run(), []) is None
