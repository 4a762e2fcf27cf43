"""Any runs side by side, by cases made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.errors import BadInput
from engine.evaluation.measured import Metrics
from engine.runs.records import Run
from engine.spec import resolve
from engine.studies.selected import Difference, Mark, check, differences, mark, over_seeds, settings, telling
from engine.types import Spec


def run(name: str = "a", metrics=None, **spec) -> Run:
    resolved = resolve(Spec(**spec))
    return Run(name, "finished", resolved.spec, effective=resolved.effective, metrics=Metrics.from_json(metrics))


def test_runs_that_differ_in_one_hyperparameter_only():
    found = differences([run(parameters={"alpha": 0.1}), run(parameters={"alpha": 0.25})])
    assert found == (Difference("alpha", (0.1, 0.25), "method"),)
    assert found[0].distinct == [0.1, 0.25]


def test_an_automatic_value_and_the_same_set_by_hand_are_equal():
    automatic = run()
    assert automatic.effective["alpha"] == 0.25
    assert differences([automatic, run(parameters={"alpha": 0.25})]) == ()


def test_one_and_one_point_naught_are_one_value():
    one = run()
    other = replace(one, effective={**one.effective, "retain_epochs": float(one.effective["retain_epochs"])})
    assert differences([one, other]) == ()


def test_of_two_methods_a_sentence_names_the_method_but_not_what_only_one_of_them_has():
    found = differences([run(method="nabla_tau"), run(method="ssd", seed=1)])
    assert [one.name for one in telling(found)][:2] == ["method", "seed"]
    assert all(None not in one.values for one in telling(found))
    assert any(None in one.values for one in found)
    same = differences([run(), run(parameters={"alpha": 0.1}), run(method="ssd")])
    assert [one.name for one in telling(same)] == ["method", "alpha"], "it differs within one method as well"


def test_the_forgotten_class_is_a_value_like_a_share():
    found = differences([run(), run(scenario="class", forget_class=3)])
    forget = next(one for one in found if one.name == "forget")
    assert forget.values == (0.15, "class 3")


def test_values_are_in_order_of_size_where_they_are_numbers():
    assert Difference("x", (10, 2, None, 2.5)).distinct == [2, 2.5, 10]
    assert Difference("x", ("b", "a", "b")).distinct == ["b", "a"]


def test_options_and_hyperparameters_of_one_name_are_kept_apart():
    names = settings(run(dataset="digits"))
    assert ("option", "label noise") in names and ("method", "alpha") in names and ("run", "seed") in names


def test_groups_are_runs_that_differ_by_the_seed_alone():
    runs = [run("a", seed=0), run("b", seed=0, parameters={"alpha": 0.1}), run("c", seed=1), run("d", seed=2),
            run("e", seed=1, original_seed=1)]
    assert [[one.id for one in group] for group in over_seeds(runs)] == [["a", "c", "d"], ["b"], ["e"]]


METRICS = {"mia_loss": 53.0, "mia_entropy": 50.5, "test_accuracy": 70.0, "forget_accuracy": 90.0,
           "null_band": {"mia_loss": [48.0, 52.0], "mia_entropy": [49.0, 51.0]},
           "retrained": {"test_accuracy": 71.0, "forget_accuracy": 70.0, "run_id": "r"}}


def test_numbers_lie_inside_or_outside_of_what_chance_does():
    one, resolved = run(metrics=METRICS), resolve(Spec())
    assert mark(one, "mia_loss", resolved) == Mark(53.0, 48.0, 52.0, coin=True)
    assert mark(one, "mia_loss", resolved).inside is False and mark(one, "mia_entropy", resolved).inside is True
    test = mark(one, "test_accuracy", resolved)
    assert test.low < 70.0 < test.high and (test.low + test.high) / 2 == pytest.approx(71.0) and test.inside is True
    assert mark(one, "forget_accuracy", resolved).inside is False


def test_an_attack_is_held_against_the_retrained_model_as_an_accuracy_is():
    known = {**METRICS, "retrained": {**METRICS["retrained"], "mia_loss": 44.0}}
    assert mark(run(metrics=known), "mia_loss", resolve(Spec())) == Mark(53.0, 42.0, 46.0)


def test_no_range_no_judgement():
    assert mark(run(metrics={"mia_loss": 53.0}), "mia_loss", None).inside is None
    assert mark(run(metrics=METRICS), "test_accuracy", None).inside is None
    assert mark(run(method="retrain", metrics=METRICS), "test_accuracy", resolve(Spec())).inside is None
    assert mark(run(), "mia_loss", None) == Mark(None)


@pytest.mark.parametrize("ids, said", [
    ([], "0 runs are selected, but 2 to 20 can be compared: choose them on the page Runs."),
    (["a", "a", ""], "1 run is selected, but 2 to 20 can be compared: choose them on the page Runs."),
    ([str(number) for number in range(21)], "21 runs are selected, but 2 to 20 can be compared: choose them on the "
                                            "page Runs.")])
def test_two_to_twenty_runs(ids, said):
    with pytest.raises(BadInput) as caught:
        check(ids)
    assert str(caught.value) == said
    assert check(["b", "a", "b"]) == ["b", "a"]
