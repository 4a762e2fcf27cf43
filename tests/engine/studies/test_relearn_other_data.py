"""Relearning on texts, with one label and with several, and on points: it works, or says in a sentence why not."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from texts import write_go_emotions

from engine.originals.checkpoints import open_checkpoints
from engine.runs.here import run_here
from engine.spec import resolve
from engine.studies.relearn import known, relearn
from engine.studies.relearn_kept import filled
from engine.studies.relearn_numbers import Settings
from engine.types import Model, Spec

SHORT = Settings(forgotten=(0, 2), seeds=(0,), rates=(2e-3,), steps=(0, 1, 5), second=False)
WHO = {"unlearned", "retrained", "original"}


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    return write_go_emotions(tmp_path_factory.mktemp("texts"))


def finished(store, spec: Spec):
    run = run_here(resolve(spec), store, True, threading.Event(), lambda progress: None)
    assert run.finished, run.reason
    return run


@pytest.mark.long
@pytest.mark.parametrize("labels", ["single", "several"])
def test_texts(texts, labels, store, no_caches, monkeypatch):
    monkeypatch.setenv("UNLEARN_DATA_DIR", str(texts))
    usual = Model.recipe_for
    monkeypatch.setattr(Model, "recipe_for", lambda model, dataset: replace(usual(model, dataset), epochs=1))
    run = finished(store, Spec("go_emotions", "finetune", forget_fraction=0.2, options={"labels": labels}))
    found = relearn(run, store, open_checkpoints(), SHORT)
    assert {(point.who, point.forgotten, point.step) for point in found.points} == {
        (who, count, step) for who in WHO for count in (0, 2) for step in (0, 1, 5)}
    assert all(0 <= point.forget_accuracy <= 100 and point.phi == point.phi for point in found.points)
    assert found.said().endswith(".") and known(run, store, filled(run, SHORT)) == found


def test_points(store, no_caches):
    run = finished(store, Spec("moons", "finetune", forget_fraction=0.2))
    found = relearn(run, store, open_checkpoints(), SHORT)
    assert {point.who for point in found.points} == WHO
    again = relearn(run, store, open_checkpoints(), SHORT)
    assert again == found and not found.refreshed, "a perceptron has no batch norm"
