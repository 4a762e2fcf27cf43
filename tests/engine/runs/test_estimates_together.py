"""What several runs take together: shared trainings once, measuring on top, nothing guessed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from helping import sidecar

from engine.originals.checkpoints import Checkpoints
from engine.runs.estimates import Together, measuring_seconds, together
from engine.runs.records import Run
from engine.spec import resolve
from engine.types import Spec

FINETUNE = resolve(Spec(method="finetune"))
RETRAINING = 60 * 850  # samples: 60 epochs over what is left of 1,000 digits


@pytest.fixture
def measured(tmp_path):
    """Digits were trained at 0.002 s a sample."""
    name = "digits-small_cnn-seed0-aa"
    (tmp_path / f"{name}.json").write_text(json.dumps(sidecar(name, 120, 60_000)))
    return Checkpoints(tmp_path, shipped=None)


def retrainings(profile, seeds=(0, 1, 2)):
    return [resolve(Spec(method="retrain", profile=profile, seed=seed)) for seed in seeds]


def finished(resolved, seconds=10.0, wall=12.0, **more):
    return Run("run", "finished", resolved.spec, seconds=seconds, samples=resolved.plan.samples, started=100.0,
               ended=100.0 + wall, **more)


def test_nothing_measured_is_not_guessed(tmp_path):
    empty = Checkpoints(tmp_path / "none", shipped=None)
    assert together([FINETUNE, *retrainings("corrected", (0,))], empty) == Together(None, None, 1, 0.0, 2)


def test_no_runs_take_no_time(measured):
    assert together([], measured) == Together(0.0, 0, 0, 0.0, 0)


def test_corrected_retrains_once_a_seed(measured):
    cost = together([FINETUNE, *retrainings("corrected")], measured)
    assert cost.seconds == pytest.approx(0.002 * (FINETUNE.plan.samples + 3 * RETRAINING))
    assert (cost.retraining, cost.trainings) == (pytest.approx(0.002 * 3 * RETRAINING), 3)


def test_paper_retrains_once_for_all_seeds_and_not_again_where_a_finished_run_kept_it(measured):
    cost = together(retrainings("paper"), measured)
    assert (cost.seconds, cost.trainings) == (pytest.approx(0.002 * RETRAINING), 1)
    known = finished(retrainings("paper")[0])
    cost = together(retrainings("paper")[1:], measured, [known])
    assert (cost.seconds, cost.retraining, cost.trainings) == (pytest.approx(2 * 2.0), 0, 0), "measuring only"
    assert together(retrainings("paper")[1:], measured, [replace(known, imported=1.0)]).trainings == 1


def test_measuring_is_the_median_beside_the_method(measured):
    runs = [finished(FINETUNE, 10.0, wall) for wall in (11.0, 12.0, 60.0)]
    assert measuring_seconds(FINETUNE, runs) == pytest.approx(2.0)
    assert measuring_seconds(FINETUNE, []) is None
    cost = together([FINETUNE], measured, runs)
    assert (cost.seconds, cost.measuring) == (pytest.approx(12.0), pytest.approx(2.0))
