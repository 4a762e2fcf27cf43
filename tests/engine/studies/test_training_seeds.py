"""A comparison over several Originals: its runs, its variation, what is missing, and the command."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from comparing import finish

from engine.cli.main import main
from engine.errors import BadSpec
from engine.spec import resolve
from engine.studies import training_seeds
from engine.studies.comparison import Comparison, check
from engine.studies.comparison import find_runs as of_one
from engine.studies.variance import ONE_TRAINING
from engine.types import Spec

GRID = Comparison(methods=("retrain", "ssd"), seeds=(0, 1), training_seeds=(0, 1, 2))
HAND = [[50, 52], [54, 56], [58, 60]]


@pytest.fixture(autouse=True)
def nothing_recorded(monkeypatch):
    monkeypatch.setattr("engine.runs.library.recorded_runs", lambda: ())


@pytest.fixture
def finished(store):
    """The hand case as test accuracies of SSD; retraining is always 2 above."""
    for one, values in zip(GRID.of_each_original(), HAND):
        for seed, value in zip(GRID.seeds, values):
            finish(store, one, "ssd", seed, test_accuracy=float(value))
            finish(store, one, "retrain", seed, test_accuracy=float(value) + 2)
    return store


def test_the_first_original_is_that_of_seed_0_as_ever():
    plain = Comparison(methods=("ssd",), seeds=(0, 1))
    assert [resolve(spec).fingerprint for spec in plain.specs()] == [
        resolve(Spec(method="ssd", model="small_cnn", seed=seed)).fingerprint for seed in (0, 1)]
    assert GRID.specs()[0] == Comparison(methods=("retrain",), seeds=(0,)).specs()[0]


def test_every_original_has_unlearning_seeds_of_its_own_and_the_same_forget_sets():
    specs = [spec for one in GRID.of_each_original() for spec in one.specs() if spec.method == "ssd"]
    assert [spec.seeds.training for spec in specs] == [0, 0, 1, 1, 2, 2]
    assert [spec.seeds.unlearning for spec in specs] == [0, 1, 1000, 1001, 2000, 2001]
    assert [spec.seeds.forget for spec in specs] == [0, 1] * 3
    assert len({resolve(spec).split_identity() for spec in specs}) == 2


def test_one_forget_set_may_be_held_for_all_seeds():
    held = replace(GRID, forget_seed=5)
    specs = [spec for one in held.of_each_original() for spec in one.specs()]
    assert {spec.seeds.forget for spec in specs} == {5} and len({resolve(one).split_identity() for one in specs}) == 1
    assert {spec.seeds.unlearning for spec in specs} == {0, 1, 1000, 1001, 2000, 2001}
    assert "All runs forget the set of seed 5." in training_seeds.over(held)
    assert "contains that of the forget set" in training_seeds.over(GRID)
    with pytest.raises(BadSpec, match="forget_seed is -1"):
        check(replace(GRID, forget_seed=-1))


def test_the_rows_are_the_hand_case_and_pairs_with_retraining(finished):
    runs = training_seeds.find_runs(GRID, finished)
    found = {row.method: row for row in training_seeds.rows(GRID, runs, ["test_accuracy"])}
    ssd = found["ssd"]
    assert (ssd.found.between, ssd.found.within, ssd.found.training, ssd.found.unlearning) == (32.0, 2.0, 3, 2)
    assert ssd.from_retrained.mean == -2.0 and ssd.from_retrained.half == 0.0
    assert found["original"].found.mean == 80.0 and found["original"].from_retrained is None
    assert training_seeds.missing(GRID, runs) == []
    assert "training SD 3.87 (88%), unlearning SD 1.41 (12%)" in training_seeds.text(GRID, list(found.values()))
    assert ssd.to_json()["found"]["of_training"]["share"] == pytest.approx(15 / 17)


def test_a_run_that_is_missing_or_failed_is_counted_not_dropped(finished):
    gone = of_one(GRID.of_each_original()[1], finished)["ssd", 0]
    finished.delete(gone.id)
    runs = training_seeds.find_runs(GRID, finished)
    row = next(row for row in training_seeds.rows(GRID, runs, ["test_accuracy"]) if row.method == "ssd")
    assert row.found is None and row.reason.startswith("5 of 6 runs have this value")
    assert training_seeds.missing(GRID, runs) == [GRID.of_each_original()[1].spec("ssd", 0)]


def test_queueing_trains_originals_too(store):
    class Jobs:
        def __init__(self):
            self.store, self.asked = store, []

        def submit(self, spec, train_original):
            self.asked.append((spec.original_seed, spec.seed, spec.method, train_original))
            return str(len(self.asked))

    jobs = Jobs()
    assert len(training_seeds.queue_missing(GRID, jobs)) == 12
    assert {one[0] for one in jobs.asked} == {0, 1, 2} and all(one[3] for one in jobs.asked)


def test_one_original_says_for_what_it_holds():
    assert training_seeds.only_one(Comparison(methods=("ssd",))) == ONE_TRAINING
    assert training_seeds.only_one(GRID) is None


@pytest.mark.parametrize(("seeds", "said"), [
    ((), "No training seed is chosen: a comparison needs at least one."),
    ((1, 1), "training seed 1 is chosen twice: once is enough."),
    (("x",), "training_seed is 'x', but must be a number."),
    ((3_000_000,), "training_seed is 3000000, but must be a whole number from 0 to 2,147,482: the nearest valid value "
                   "is 2147482."),
])
def test_bad_training_seeds(seeds, said):
    with pytest.raises(BadSpec) as caught:
        check(Comparison(methods=("ssd",), training_seeds=seeds))
    assert caught.value.problems == [said]


def test_the_command_says_over_what_it_is(finished, capfd):
    words = ["compare", "--methods", "retrain", "ssd", "--seeds", "0", "1", "--recorded-only"]
    assert main([*words, "--training-seeds", "0", "1", "2"]) == 0
    out = capfd.readouterr().out
    assert "SSD" in out and "55.00 ± 9.94 (95%, over 3 training seeds with 2 unlearning seeds each)" in out
    assert main([*words, "--training-seeds", "0,1,2", "--json"]) == 0
    cells = {(cell["method"], cell["metric"]): cell for cell in json.loads(capfd.readouterr().out)}
    assert cells["ssd", "test_accuracy"]["mean"] == 51.0, "the table is that of the first Original"
    assert cells["ssd", "test_accuracy"]["over_training_seeds"]["found"]["mean"] == 55.0
    assert main(words) == 0 and ONE_TRAINING in capfd.readouterr().out
    assert main([*words, "--training-seeds", "0", "1", "--csv"]) == 0
    assert "The csv table is of the Original of seed 0" in capfd.readouterr().err
