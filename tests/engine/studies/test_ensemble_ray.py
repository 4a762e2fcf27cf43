"""A small ensemble on a local Ray cluster of two workers: the same files as here, also when a worker is killed."""

from __future__ import annotations

import psutil
import pytest

from engine.evaluation.ensembles.draws import ORIGINAL
from engine.runs.executors import Control
from engine.studies.ensemble import Ensemble
from engine.studies.ensemble_request import Task
from engine.studies.ensemble_work import located, missing, run_all

SMALL = Ensemble("moons", ("finetune",), models=6, candidates="all", parameters={"finetune": {"retain_epochs": 1}})


@pytest.mark.long
def test_ray_comes_to_the_local_outputs_one_worker_killed_in_the_middle(home, tmp_path, monkeypatch):
    ray = pytest.importorskip("ray", reason="Ray is not installed: requirements-ray.txt")
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    found, kept = located(SMALL)
    killed, errors = [], []
    try:
        for _, error in run_all(found, kept, missing(found, kept), "ray", Control()):
            errors.append(error)
            if not killed:
                killed = [process for process in psutil.process_iter(["cmdline"])
                          if (process.info["cmdline"] or [""])[0].startswith("ray::Worker")][:1]
                killed[0].kill()
    finally:
        ray.shutdown()
    assert len(killed) == 1 and errors == [None] * 6 and missing(found, kept) == []
    monkeypatch.setenv("UNLEARN_HOME", str(tmp_path / "here"))
    monkeypatch.setattr("engine.studies.ensemble_work.workers_for", lambda todo: 0)
    again, here = located(SMALL)
    list(run_all(again, here, [Task(2, (ORIGINAL, "retrain", "finetune"))], "local", Control()))
    for part in (ORIGINAL, "retrain", "finetune"):
        key = found.key(part)
        assert (kept.read(key, [2]).phi == here.read(key, [2]).phi).all(), part
