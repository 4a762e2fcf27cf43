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


# --- several unlearning seeds on each forget set --------------------------------------------

THREE = Comparison(methods=("retrain", "ssd"), seeds=(0, 1), training_seeds=(0, 1), unlearning_seeds=2)
NESTED = [[[50, 52], [54, 56]], [[58, 62], [60, 64]]]  # by training seed, forget seed, unlearning seed


@pytest.fixture
def nested(store):
    for one in THREE.of_each_seed():
        for at, seed in enumerate(THREE.seeds):
            value = float(NESTED[one.training_seeds[0]][at][one.repeat])
            finish(store, one, "ssd", seed, test_accuracy=value)
            finish(store, one, "retrain", seed, test_accuracy=value + 2)
    return store


def test_unlearning_seeds_are_nested_in_forget_seeds():
    specs = [spec for one in THREE.of_each_seed() for spec in one.specs() if spec.method == "ssd"]
    assert [(spec.seeds.training, spec.seeds.forget, spec.seeds.unlearning) for spec in specs] == [
        (0, 0, 0), (0, 1, 1), (0, 0, 100_000_000), (0, 1, 100_000_001),
        (1, 0, 1000), (1, 1, 1001), (1, 0, 100_001_000), (1, 1, 100_001_001)]
    assert THREE.specs() == replace(THREE, unlearning_seeds=1).specs(), "the first are those of ever"


def test_what_forget_sets_and_what_unlearning_contribute_is_told_apart(nested):
    """Means 51 and 55, 60 and 62 of forget sets; 53 and 61 of Originals.

    MSB = 4 * 32 = 128, MSW = 2 * (8 + 2) / 2 = 10, MSE = (2 + 2 + 8 + 8) / 4 = 5: variances (128 - 10) / 4 = 29.5,
    (10 - 5) / 2 = 2.5 and 5.
    """
    runs = training_seeds.find_runs(THREE, nested)
    row = next(one for one in training_seeds.rows(THREE, runs, ["test_accuracy"]) if one.method == "ssd")
    assert [one.variance for one in row.found.components] == [29.5, 2.5, 5.0]
    assert (row.found.training, row.found.unlearning, row.found.evaluation) == (2, 2, 2)
    assert training_seeds.shares(row.found) == "training SD 5.43 (80%), forget SD 1.58 (7%), unlearning SD 2.24 (14%)"
    assert row.found.over == "2 training seeds with 2 forget seeds each, 2 unlearning seeds for each of those"
    assert row.found.half == pytest.approx(12.706 * 4, rel=1e-4), "t with one degree times root (128 / 8)"
    assert row.from_retrained.mean == -2.0 and row.from_retrained.half == 0.0
    assert training_seeds.missing(THREE, runs) == [] and row.to_json()["found"]["levels"] == (
        "training", "forget", "unlearning")
    text = training_seeds.text(THREE, [row])
    assert text.startswith("Over training seeds (I = 2 training seeds, J = 2 forget seeds, K = 2 unlearning seeds)")
    assert "contains that of the forget set" not in text


def test_a_missing_unlearning_seed_is_counted(nested):
    gone = of_one(THREE.of_each_seed()[3], nested)["ssd", 1]
    nested.delete(gone.id)
    runs = training_seeds.find_runs(THREE, nested)
    row = next(one for one in training_seeds.rows(THREE, runs, ["test_accuracy"]) if one.method == "ssd")
    assert row.found is None and row.reason.startswith("7 of 8 runs have this value")
    assert [spec.seeds.unlearning for spec in training_seeds.missing(THREE, runs)] == [100_001_001]


def test_one_original_with_several_unlearning_seeds_still_tells_the_inner_two_apart(nested):
    alone = replace(THREE, training_seeds=(0,))
    assert training_seeds.only_one(alone) is None
    runs = training_seeds.find_runs(alone, nested)
    found = next(one for one in training_seeds.rows(alone, runs, ["test_accuracy"]) if one.method == "ssd").found
    assert found.of_training is None and found.interval is None and ONE_TRAINING in found.notes
    assert [one.variance for one in found.components[1:]] == [(16 - 2) / 2, 2.0]


@pytest.mark.parametrize(("changes", "said"), [
    ({"unlearning_seeds": 0}, "unlearning_seeds is 0, but must be a whole number from 1 to 10: the nearest valid value "
                              "is 1."),
    ({"forget_seed": 5}, "unlearning_seeds is 2, but with forget_seed 5 all runs have one forget set: the seeds are "
                         "then its unlearning seeds, so name more of those.")])
def test_bad_unlearning_seeds(changes, said):
    with pytest.raises(BadSpec) as caught:
        check(replace(THREE, **changes))
    assert caught.value.problems == [said]


def test_the_command_takes_unlearning_seeds(nested, capfd):
    words = ["compare", "--methods", "retrain", "ssd", "--seeds", "0", "1", "--recorded-only"]
    assert main([*words, "--training-seeds", "0", "1", "--unlearning-seeds", "2"]) == 0
    assert "training SD 5.43 (80%), forget SD 1.58 (7%), unlearning SD 2.24 (14%)" in capfd.readouterr().out
    assert main([*words, "--training-seeds", "0", "1", "--unlearning-seeds", "2", "--json"]) == 0
    cells = json.loads(capfd.readouterr().out)
    found = next(one for one in cells if one["method"] == "ssd" and one["metric"] == "test_accuracy")
    assert found["over_training_seeds"]["found"]["evaluation"] == 2
