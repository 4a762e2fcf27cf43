"""A problem is a sentence that knows its field."""

from __future__ import annotations

import dataclasses
import json

import pytest

from engine.errors import BadSpec, Problem
from engine.spec import resolve
from engine.studies import comparison
from engine.studies import sweep as sweeps
from engine.studies.comparison import Comparison
from engine.studies.sweep import FRACTION, Axis, Sweep
from engine.system.files import to_json
from engine.types import Spec


def test_a_problem_is_its_sentence():
    problem = Problem.about("seed", "is 'x', but must be a number.")
    assert problem == "seed is 'x', but must be a number." and problem.field == "seed"
    assert json.loads(to_json([problem])) == ["seed is 'x', but must be a number."]
    assert list(dict.fromkeys([problem, str(problem)])) == [problem], "the same sentence is shown once"
    with pytest.raises(AttributeError):
        problem.field = "other"


def test_a_field_can_go_by_another_name():
    problem = Problem.about("original_seed", "is -1, but original_seed is no seed.")
    renamed = problem.called("--seed")
    assert (renamed, renamed.field) == ("--seed is -1, but original_seed is no seed.", "original_seed")
    assert Problem.about("parameters.alpha", "is 2.") == "alpha is 2."
    whole = Problem("method", "No method named 'x'.")
    assert whole.called("--method") is whole


def test_plain_sentences_become_problems_without_a_field():
    error = BadSpec(["No seeds.", Problem("model", "No model.")])
    assert [(one, one.field) for one in error.problems] == [("No seeds.", None), ("No model.", "model")]
    assert str(error) == "No seeds.\nNo model."


GOOD = Spec()


@pytest.mark.parametrize(("change", "fields"), [
    ({"dataset": "digit"}, ["dataset"]),
    ({"method": "nabla"}, ["method"]),
    ({"profile": "x", "scenario": "y"}, ["profile", "scenario"]),
    ({"model": "resnet18"}, ["model"]),
    ({"forget_fraction": 0.9}, ["forget_fraction"]),
    ({"forget_fraction": "15%"}, ["forget_fraction"]),
    ({"seed": "x", "original_seed": -1}, ["seed", "original_seed"]),
    ({"scenario": "class"}, ["forget_class"]),
    ({"scenario": "class", "forget_class": 10}, ["forget_class"]),
    ({"scenario": "class", "forget_class": "zebra"}, ["forget_class"]),
    ({"forget_class": 3}, ["forget_class"]),
    ({"options": {"label_noise": 0.5, "noise": 1}}, ["options.noise", "options.label_noise"]),
    ({"parameters": {"alpha": 2, "alfa": 1, "batch_size": float("nan"), "batch_norm": "trane", "alpha_decay": "?"}},
     ["parameters.alpha", "parameters.alfa", "parameters.batch_size", "parameters.batch_norm",
      "parameters.alpha_decay"]),
    ({"dataset": "go_emotions", "method": "scrub", "profile": "paper"}, ["method"]),
])
def test_every_problem_of_a_spec_names_its_field(change, fields):
    with pytest.raises(BadSpec) as refused:
        resolve(dataclasses.replace(GOOD, **change))
    assert [problem.field for problem in refused.value.problems] == fields


def test_problems_of_a_grid_and_of_a_comparison_name_their_fields():
    grid = Sweep(across=Axis("alpha", (0.1, 0.1, 2)), down=Axis(FRACTION, ()), seeds=(1, 1))
    for wrong, fields in ((lambda: sweeps.check(grid), ["parameters.alpha", "forget_fraction", "seed",
                                                        "parameters.alpha"]),
                          (lambda: comparison.check(Comparison(seeds=(3, 3))), ["method", "seed"])):
        with pytest.raises(BadSpec) as refused:
            wrong()
        assert [problem.field for problem in refused.value.problems] == fields
