"""Requests in sequence on the moons: the study's models are those of runs that continue one another."""

from __future__ import annotations

import json

import numpy as np
import pytest

from engine.cli.main import main
from engine.originals.checkpoints import open_checkpoints
from engine.spec import resolve
from engine.studies.requests import Asked, Work, orders_of, requests
from engine.studies.requests_budget import lengthened
from engine.types import Sizes, Spec

MOONS = Spec(dataset="moons", forget_fraction=0.2)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return requests(Asked(MOONS, ("finetune", "retrain"), parts=2, orders=2), open_checkpoints())


@pytest.mark.long
def test_the_accuracies_are_those_of_runs_that_continue_one_another(found, home, capsys):
    """The first request is 10% of all points, and so is the second: with one seed they are the same sets."""
    said, before = [], []
    for _ in range(2):
        assert main(["run", "--dataset", "moons", "--method", "finetune", "--forget-fraction", "0.1", "--json",
                     *before]) == 0
        said.append(json.loads(capsys.readouterr().out)["metrics"]["forget_accuracy"])
        before = ["--from", "last"]
    triangle = found.methods["finetune"].course.triangle.accuracy
    assert [triangle[1][0], triangle[2][1]] == said and found.sizes == (20, 20)


def test_retraining_in_sequence_is_its_own_reference(found):
    course = found.methods["retrain"].course
    assert course.triangle.accuracy == course.triangle.accuracy_retrained
    assert course.erosion == course.erosion_test == [0.0, 0.0]
    assert [one.points for one in course.reversals] == [0.0]
    assert found.methods["retrain"].gap.forgotten == (0.0, 0.0, 0.0), "the order does not matter to it"


def test_the_original_row_is_the_same_for_all(found):
    rows = {tuple(one.course.triangle.accuracy[0]) for one in found.methods.values()}
    assert len(rows) == 1 and found.methods["finetune"].samples_in_parts > found.methods["finetune"].samples_usual


def test_at_once_has_the_budget_of_all_requests_together(found):
    tuned, retrained = found.methods["finetune"], found.methods["retrain"]
    assert tuned.at_once == {"retain_epochs": 80}, "twice the usual 40 of points"
    assert tuned.samples_at_once == pytest.approx(tuned.samples_in_parts, rel=0.1)
    assert retrained.at_once == {} and retrained.gap == retrained.usual_gap


@pytest.mark.parametrize(("method", "longer"), [
    ("nabla_tau", {"retain_epochs": 30}), ("ssd", {}), ("retrain", {}), ("gradient_ascent", {})])
def test_what_is_lengthened(method, longer):
    """Five requests of 30 of 1,000: importances cannot be lengthened, and what only sees what it forgets need not."""
    sizes = [Sizes(1_000 - 30 * done, 30, 970 - 30 * done, 398, 399, 399) for done in range(5)]
    once = resolve(Spec(method=method), Sizes(1_000, 150, 850, 398, 399, 399))
    assert lengthened(once, sizes) == longer


def test_the_requests_are_the_forget_set_cut_into_parts():
    import threading

    from engine.originals.workbench import prepare_bench
    from engine.system.device import default_device

    asked = Asked(MOONS, ("finetune",), parts=3).checked()
    bench = prepare_bench(resolve(MOONS), open_checkpoints(), default_device())
    work = Work(asked, bench, lambda text, fraction: None, threading.Event())
    together = np.concatenate([one.numpy() for one in work.requests])
    assert [len(one) for one in work.requests] == [14, 13, 13]
    assert sorted(together.tolist()) == work.whole.forget.tolist()


def test_orders():
    assert orders_of(3, 3, 0)[:2] == ((0, 1, 2), (2, 1, 0)) and len(set(orders_of(4, 9, 1))) == 9
    assert len(orders_of(2, 10, 0)) == 2, "there are no more"
    assert orders_of(5, 4, 3) == orders_of(5, 4, 3)


@pytest.mark.parametrize("words, said", [
    (["--parts", "1"], ["parts is 1, but must be from 2 to 20."]),
    (["--orders", "0", "--methods", "nabla"],
     ["orders is 0, but must be from 1 to 10.", "No method named 'nabla'. Did you mean 'nabla_tau'?"]),
    (["--forget-fraction", "0.01", "--parts", "20", "--methods", "finetune"],
     ["parts is 20, but only 2 samples are forgotten altogether: ask for fewer parts or for a larger share."]),
])
def test_what_cannot_be(home, capsys, words, said):
    assert main(["requests", "--dataset", "moons", "--json", *words]) == 2
    assert json.loads(capsys.readouterr().out)["problems"] == said


def test_its_text(home, capsys):
    assert main(["requests", "--dataset", "moons", "--parts", "2", "--methods", "finetune", "--orders", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Fine-tuning: 2 requests of 15, 15 samples. Accuracy on each (retrained):"
    assert [line.split("  ")[0] for line in lines[2:5]] == ["Original", "after request 1", "after request 2"]
    assert lines[5].startswith("Came back after later requests, beyond retraining (chance range): request 1 ")
