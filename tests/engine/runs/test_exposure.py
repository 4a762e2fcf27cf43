"""The exposure of a run: its own table, the retrained model's, and which runs have one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine.errors import BadInput
from engine.evaluation.roc import Roc
from engine.registry import get
from engine.runs import exposure
from engine.runs.recorded import recorded_runs
from engine.spec import resolve
from engine.types import Spec

LOSS = get("attack", "mia_loss")


def table(members: np.ndarray, others: np.ndarray) -> pd.DataFrame:
    losses = np.concatenate([members, others])
    names = ["forget"] * len(members) + ["test"] * len(others)
    return pd.DataFrame({"set": names, "sample": range(len(losses)), "loss": losses, "entropy": losses / 2,
                         "correct": losses < 1})


def finished(store, frame=None, **spec) -> str:
    run_id = store.begin(resolve(Spec(**spec)))
    store.end(run_id, "finished", data="d" * 16)
    if frame is not None:
        store.save_samples(run_id, frame)
    return run_id


def test_two_samples_of_one_distribution_lie_in_the_chance_range(store, monkeypatch):
    """A null simulator through the real path: 95 of 100 areas inside, give or take."""
    monkeypatch.setattr("engine.runs.library.recorded_runs", lambda: ())  # none of them is alike
    rng, inside = np.random.default_rng(5), 0
    for _ in range(100):
        run_id = finished(store, table(rng.lognormal(0, 2, 60), rng.lognormal(0, 2, 90)))
        found = Roc(exposure.sides(exposure.gather(store.get(run_id), store), "now", LOSS))
        low, high = found.auc_chance_range
        inside += low <= found.auc <= high
        store.delete(run_id)
    assert 88 <= inside <= 100


def test_scores_are_those_of_the_attack(store):
    run_id = finished(store, table(np.array([0.0, 1.0]), np.array([2.0])))
    found = exposure.gather(store.get(run_id), store)
    sides = exposure.sides(found, "now", LOSS)
    assert (sides.members.tolist(), sides.nonmembers.tolist()) == ([0, -1], [-2])
    entropy = exposure.sides(found, "now", get("attack", "mia_entropy"))
    assert entropy.members.tolist() == [0, -0.5]
    assert [attack.name for attack in exposure.possible(found, "now")] == ["mia_loss", "mia_entropy"]
    assert found.missing["retrained"].startswith(f"{exposure.NO_RETRAINED} There is one for ")


def test_the_retrained_model_of_the_same_split_is_a_view(store):
    reference = finished(store, table(np.array([3.0]), np.array([2.0])), method="retrain")
    finished(store, table(np.array([9.0]), np.array([2.0])), method="retrain", seed=1)
    run_id = finished(store, table(np.array([0.0]), np.array([2.0])))
    found = exposure.gather(store.get(run_id), store)
    assert found.views["retrained"].run_id == reference
    assert exposure.sides(found, "retrained", LOSS).members.tolist() == [-3]
    assert "retrained" not in exposure.gather(store.get(reference), store).views


def test_a_run_without_a_table_says_why(store):
    own = finished(store)
    with pytest.raises(BadInput, match="no table of its samples"):
        exposure.gather(store.get(own), store)
    bare = next(run for run in recorded_runs() if run.spec.dataset == "digits" and run.spec.seed == 0)
    with pytest.raises(BadInput, match="ships without a table"):
        exposure.gather(bare, store)
    waiting = store.submit(resolve(Spec()))
    with pytest.raises(BadInput, match="is queued: only a finished run"):
        exposure.gather(store.get(waiting), store)


def test_runs_with_a_table_come_newest_first_and_recorded_ones_last(store):
    finished(store)
    first = finished(store, table(np.array([0.0]), np.array([2.0])))
    second = finished(store, table(np.array([0.0]), np.array([2.0])), method="retrain")
    found = exposure.exposed_runs(store)
    assert [run.id for run in found[:2]] == [second, first]
    assert len(found) > 2 and all(run.recorded for run in found[2:])
    assert exposure.default_run(found).id == first, "a retraining is not the usual one"
    usual = exposure.default_run(found[2:])
    assert (usual.spec.method, usual.spec.forget_fraction, usual.spec.seed) == ("nabla_tau", 0.3, 0)


def test_a_recorded_run_has_its_retrained_model_and_three_attacks(store):
    run = exposure.default_run(exposure.exposed_runs(store))
    found = exposure.gather(run, store)
    assert set(found.views) == {"now", "retrained"}
    area = Roc(exposure.sides(found, "now", LOSS)).auc
    assert area == pytest.approx(run.metrics["mia_loss_auc"] if "mia_loss_auc" in run.metrics
                                 else run.metrics["mia_auc"], abs=1e-6)
