"""Which runs belong to a comparison: found, missing, queued once."""

from __future__ import annotations

import dataclasses

import pytest
from comparing import MODEL, finish, metrics_of
from helping import python

from engine.errors import BadSpec
from engine.runs.records import Run
from engine.spec import resolve
from engine.studies.comparison import Comparison, check, find_runs, missing, queue_missing
from engine.types import Spec

TWO = Comparison(methods=("finetune", "retrain"), seeds=(0, 1))


@pytest.fixture(autouse=True)
def nothing_recorded(monkeypatch):
    """Sets what ships; by default nothing."""
    def ship(*runs):
        monkeypatch.setattr("engine.runs.library.recorded_runs", lambda: runs)

    ship()
    return ship


class Queue:
    """What queue_missing needs of the jobs manager."""

    def __init__(self, store):
        self.store = store

    def submit(self, spec, train_original=False):
        return self.store.submit(resolve(spec), train_original)


def problems_of(comparison):
    with pytest.raises(BadSpec) as caught:
        check(comparison)
    return caught.value.problems


# --- specs ----------------------------------------------------------------------------------


def test_specs_in_the_order_in_which_they_are_best_run():
    made = Comparison(methods=("scrub", "retrain", "ssd"), seeds=(3, 1), profile="paper").specs()
    assert [(spec.method, spec.seed) for spec in made] == [
        ("retrain", 3), ("retrain", 1), ("scrub", 3), ("ssd", 3), ("scrub", 1), ("ssd", 1)]
    assert made[0] == Spec(method="retrain", seed=3, profile="paper")


def test_a_class_is_given_by_name_or_number():
    by_name, by_number = (Comparison("cifar10", "class", given, ("ssd",)).spec("ssd", 0) for given in ("dog", 5))
    assert (by_name.forget_fraction, by_name.forget_class) == (None, "dog")
    assert resolve(by_name).fingerprint == resolve(by_number).fingerprint


def test_options_and_model_reach_the_spec():
    spec = Comparison(methods=("ssd",), model="small_cnn", options={"label_noise": 0.0}).spec("ssd", 0)
    assert (spec.model, spec.options) == ("small_cnn", {"label_noise": 0.0})


# --- bad input ------------------------------------------------------------------------------


def test_a_valid_comparison_passes():
    check(TWO)
    check(Comparison("cifar10", "class", "dog", ("retrain", "scrub"), (0, 1, 2), "paper"))


def test_nothing_chosen():
    assert problems_of(Comparison(methods=(), seeds=())) == [
        "No method is chosen: a comparison needs at least one.", "No seed is chosen: a comparison needs at least one."]


def test_chosen_twice_and_unknown_together():
    assert problems_of(Comparison(methods=("ssd", "ssd", "scrab"), seeds=(0, 1, 1))) == [
        "method ssd is chosen twice: once is enough.", "seed 1 is chosen twice: once is enough.",
        "No method named 'scrab'. Did you mean 'scrub'?"]


@pytest.mark.parametrize("comparison, problem", [
    (Comparison("cifar10", "class", 12, ("ssd",)),
     "forget_class is 12, but cifar10 has the classes 0 to 9 (airplane to truck)."),
    (Comparison("cifar10", "class", "dogs", ("ssd",)), "No class of cifar10 named 'dogs'. Did you mean 'dog'?"),
    (Comparison(methods=("ssd",), seeds=(-1,)),
     "seed is -1, but must be a whole number from 0 to 2,147,483,647: the nearest valid value is 0."),
    (Comparison(forget=0.9, methods=("ssd",)),
     "forget_fraction is 0.9, but must be between 0.001 and 0.6: the nearest valid value is 0.6."),
    (Comparison("digit", methods=("ssd",)), "No dataset named 'digit'. Did you mean 'digits'?"),
])
def test_each_problem_is_said_once(comparison, problem):
    assert problems_of(comparison) == [problem]


# --- finding --------------------------------------------------------------------------------


def test_the_best_run_of_each_pair(store):
    spec = resolve(TWO.spec("finetune", 0))
    assert find_runs(TWO, store) == {}
    failed = store.begin(spec)
    store.end(failed, "failed", reason="x")
    assert {cell: run.id for cell, run in find_runs(TWO, store).items()} == {("finetune", 0): failed}
    stopped = store.begin(spec)
    store.end(stopped, "cancelled")
    queued = store.submit(spec)
    store.request_cancel(queued)
    assert find_runs(TWO, store)["finetune", 0].id == queued, "the newest of those that ended without a result"
    queued = store.submit(spec)
    assert find_runs(TWO, store)["finetune", 0].id == queued
    running = store.begin(spec)
    assert find_runs(TWO, store)["finetune", 0].id == running
    store.submit(spec)
    assert find_runs(TWO, store)["finetune", 0].id == running, "running before queued"
    first, second = (finish(store, TWO, "finetune") for _ in range(2))
    store.end(store.begin(spec), "failed")
    assert find_runs(TWO, store)["finetune", 0].id == second != first, "the newest finished one"


def test_other_settings_are_other_runs(store):
    resolved = resolve(dataclasses.replace(TWO.spec("finetune", 0), parameters={"learning_rate": 0.01}))
    store.end(store.begin(resolved), "finished", metrics=metrics_of())
    finish(store, dataclasses.replace(TWO, forget=0.3), "finetune")
    finish(store, dataclasses.replace(TWO, profile="paper"), "finetune")
    finish(store, TWO, "finetune", seed=5)
    assert find_runs(TWO, store) == {}
    same = resolve(dataclasses.replace(TWO.spec("finetune", 1), parameters={"learning_rate": "0.008"}))
    store.end(store.begin(same), "finished", metrics=metrics_of())
    assert list(find_runs(TWO, store)) == [("finetune", 1)], "the default spelled out is the default"


# --- recorded runs --------------------------------------------------------------------------


def shipped(run_id="rec", created=1.0, effective=None, **spec):
    resolved = resolve(Spec(method="finetune", **spec))
    return Run.from_row({"id": run_id, "status": "finished", "spec": dataclasses.asdict(resolved.spec),
                         "effective": effective or resolved.effective, "metrics": metrics_of(), "created": created,
                         "seconds": 1.0, "steps": 1, "samples": 1, "device": "a GPU", "reason": None}, recorded=True)


def test_recorded_runs_fill_what_is_not_finished_here(store, nothing_recorded):
    nothing_recorded(shipped("old"), shipped("new", created=2.0), shipped("other", seed=7))
    assert {cell: run.id for cell, run in find_runs(TWO, store).items()} == {("finetune", 0): "new"}
    assert find_runs(TWO, store, recorded=False) == {}
    store.begin(resolve(TWO.spec("finetune", 0)))
    assert find_runs(TWO, store)["finetune", 0].id == "new"
    own = finish(store, TWO, "finetune")
    assert find_runs(TWO, store)["finetune", 0].id == own, "one's own finished run wins"


def test_a_recorded_run_of_other_defaults_is_another_run(store, nothing_recorded):
    effective = resolve(Spec(method="finetune")).effective
    nothing_recorded(shipped(effective=effective | {"learning_rate": 0.5}))
    assert find_runs(TWO, store) == {}
    nothing_recorded(Run.from_row(shipped().to_row() | {
        "spec": {"dataset": "digits", "scenario": "random", "profile": "corrected", "x": 1}}, recorded=True))
    assert find_runs(TWO, store) == {}, "a spec of another version is left out"


# --- what is missing ------------------------------------------------------------------------


def test_missing_and_queued_once(store):
    finish(store, TWO, "finetune", 0)
    store.end(store.begin(resolve(TWO.spec("retrain", 1))), "failed")
    todo = missing(TWO, find_runs(TWO, store))
    assert [(spec.method, spec.seed) for spec in todo] == [("retrain", 0), ("retrain", 1), ("finetune", 1)]
    ids = queue_missing(TWO, Queue(store))
    queued = store.list(status=("queued",))
    assert [run.id for run in queued] == ids
    assert [(run.spec.method, run.spec.seed) for run in queued] == [
        ("retrain", 0), ("retrain", 1), ("finetune", 1)]
    assert queue_missing(TWO, Queue(store)) == [] and len(store.list()) == 5


def test_nothing_is_queued_where_something_is_wrong(store):
    with pytest.raises(BadSpec):
        queue_missing(Comparison(methods=("ssd",), seeds=(0, 0)), Queue(store))
    assert store.list() == []


def test_an_original_is_trained_where_asked(store):
    queue_missing(dataclasses.replace(TWO, seeds=(0,)), Queue(store), train_original=True)
    assert [run.train_original for run in store.list()] == [1, 1]


# --- references -----------------------------------------------------------------------------


def test_finished_runs_without_their_reference_are_completed(store, monkeypatch):
    called = []

    def complete(store, run):
        called.append(run.id)
        return dataclasses.replace(run, reason="done")

    monkeypatch.setattr("engine.runs.references.complete", complete)
    known = MODEL | {"retain_accuracy": 98.0}
    early = finish(store, TWO, "finetune", 0)
    find_runs(TWO, store)
    assert called == [], "no retraining has finished"
    finish(store, TWO, "retrain", 0, retrained=known)
    late = finish(store, TWO, "finetune", 1)
    runs = find_runs(TWO, store)
    assert called == [early] and runs["finetune", 0].reason == "done", "seed 1 is another split"
    finish(store, TWO, "finetune", 0, retrained=known)
    assert find_runs(TWO, store)["finetune", 1].id == late and called == [early]


def test_nothing_here_waits_for_torch():
    done = python("-c", "import sys, engine.studies.comparison, engine.studies.exports, engine.studies.reproduction\n"
                        "print(sorted({n.split('.')[0] for n in sys.modules} & {'torch', 'sklearn', 'pandas'}))")
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr
