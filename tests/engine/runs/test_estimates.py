"""How long something will take, in words, and from what it was measured."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from helping import sidecar

from engine.originals.checkpoints import Checkpoints
from engine.runs.estimates import Span, duration, in_words, run_seconds, run_span, training_seconds, training_span
from engine.runs.records import Run
from engine.spec import resolve
from engine.types import Spec


@pytest.mark.parametrize("seconds, text", [
    (None, "an unknown time (nothing was measured yet)"), (0.0, "under 1 s"), (0.99, "under 1 s"), (1.0, "about 1 s"),
    (4.4, "about 4 s"), (89.4, "about 89 s"), (90, "about 2 min"), (360, "about 6 min"), (5_399, "about 90 min"),
    (5_400, "about 1.5 h"), (36_000, "about 10.0 h")])
def test_durations_in_words(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize("low, high, text", [
    (0.2, 0.9, "under 1 s"), (0.2, 2.1, "1 to 3 s"), (3.9, 6.2, "3 to 7 s"), (4.0, 4.0, "about 4 s"),
    (40, 100, "40 s to 2 min"), (95, 400, "1 to 7 min"), (3_000, 9_000, "50 min to 2.5 h"),
    (7_000, 9_100, "1.9 to 2.6 h")])
def test_spans_in_words(low, high, text):
    assert str(Span(low, high)) == text


@pytest.fixture
def measured(tmp_path):
    """Sidecars: digits trained at 0.002 s a sample, cifar10 at 0.05."""
    for name, seconds, samples in (("digits-small_cnn-seed0-aa", 120, 60_000),
                                   ("cifar10-resnet18-seed0-bb", 2_500, 50_000)):
        (tmp_path / f"{name}.json").write_text(json.dumps(sidecar(name, seconds, samples)))
    return Checkpoints(tmp_path, shipped=None)


def test_nothing_measured_is_not_guessed(tmp_path):
    empty = Checkpoints(tmp_path / "none", shipped=None)
    assert run_seconds(resolve(Spec()), empty) is None and training_seconds(resolve(Spec()), empty) is None


def test_a_run_by_the_rate_of_a_training(measured):
    assert run_seconds(resolve(Spec()), measured) == pytest.approx(4_932 * 0.002)
    assert training_seconds(resolve(Spec()), measured) == pytest.approx(60 * 1_000 * 0.002)


def test_another_data_set_lends_its_rate_to_the_same_model(measured):
    assert training_seconds(resolve(Spec(dataset="cifar100")), measured) == pytest.approx(50 * 50_000 * 0.05)


def test_a_model_whose_original_does_not_ship_takes_a_recorded_retrainings_rate(tmp_path):
    (tmp_path / "recorded").mkdir()
    spec = {"dataset": "go_emotions", "model": "minilm"}
    for name, method, seconds in (("a", "finetune", 7), ("b", "retrain", 30)):
        run = {"run_id": name, "status": "finished", "spec": spec | {"method": method}, "seconds": seconds,
               "samples": 1_000, "events": []}
        (tmp_path / f"recorded/{name}.json").write_text(json.dumps(run))
    shipped = Checkpoints(tmp_path / "none", shipped=tmp_path)
    asked = resolve(Spec(dataset="go_emotions", model="minilm", profile="paper"))
    assert training_seconds(asked, shipped) == pytest.approx(5 * 43_410 * 0.03)
    assert training_seconds(resolve(Spec(dataset="go_emotions", model="roberta_base")), shipped) is None


def test_finished_runs_know_better(measured):
    spec = Spec(method="nabla_tau", dataset="digits", model="small_cnn")
    newest_first = [Run("a", "finished", replace(spec, method="retrain"), seconds=99, samples=1),
                    Run("b", "finished", spec, seconds=10, samples=10_000),
                    Run("c", "finished", spec, seconds=77, samples=1)]
    assert run_seconds(resolve(Spec()), measured, newest_first) == pytest.approx(4_932 * 0.001)


def timed(name, seconds, beside, **changes):
    return Run(name, "finished", Spec(model="small_cnn"), seconds=seconds, samples=1_000, started=100.0,
               ended=100.0 + seconds + beside, **changes)


def test_a_span_is_the_spread_of_the_runs_alike(measured):
    """0.5 to 1 ms a sample and 2 to 4 s beside; what another machine measured counts for nothing."""
    runs = [timed("a", 1.0, 2.0), timed("b", 0.5, 4.0), timed("c", 90.0, 90.0, imported=True)]
    found = run_span(resolve(Spec()), measured, runs)
    assert (found.low, found.high) == (pytest.approx(4_932 * 0.0005 + 2), pytest.approx(4_932 * 0.001 + 4))


def test_what_was_measured_once_or_elsewhere_is_half_to_twice(measured, tmp_path):
    found = run_span(resolve(Spec()), measured, [timed("a", 1.0, 2.0)])
    assert (found.low, found.high) == (pytest.approx(6.932 / 2), pytest.approx(6.932 * 2))
    found = training_span(resolve(Spec()), measured)
    assert (found.low, found.high) == (pytest.approx(60.0), pytest.approx(240.0))
    empty = Checkpoints(tmp_path / "none", shipped=None)
    assert in_words(run_span(resolve(Spec()), empty, [])) == "an unknown time (nothing was measured yet)"


@pytest.mark.parametrize("content", [
    "{", "[]", "{}", '{"seconds": 1, "samples": 0}', '{"seconds": null, "samples": 3}'])
def test_a_damaged_sidecar_is_passed_over(tmp_path, content):
    (tmp_path / "digits-small_cnn-seed0-aa.json").write_text(content)
    assert run_seconds(resolve(Spec()), Checkpoints(tmp_path, shipped=None)) is None
