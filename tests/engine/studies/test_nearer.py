"""Which of selected runs is nearest to its retrained model, by cases made by hand."""

from __future__ import annotations

from engine.evaluation.measured import Metrics
from engine.runs.records import Run
from engine.spec import resolve
from engine.studies.nearer import Apart, beats, measure_by_measure, standings
from engine.types import Spec

BAND = {"mia_loss": [42.0, 58.0], "mia_entropy": [42.0, 58.0]}
ORIGINAL = {"retain_accuracy": 99.0, "forget_accuracy": 99.0, "test_accuracy": 72.0, "accuracy_gap": 27.0,
            "mia_loss": 70.0, "mia_entropy": 70.0}
RETRAINED = {"retain_accuracy": 99.0, "forget_accuracy": 72.0, "test_accuracy": 72.0, "accuracy_gap": 0.0,
             "mia_loss": 50.0, "mia_entropy": 50.0}


def run(name: str, retrained=RETRAINED, seed: int = 0, **spec) -> Run:
    """A run whose attack on the loss is ``loss``; all else is as retrained."""
    loss, forget = spec.pop("loss", 50.0), spec.pop("forget", 72.0)
    resolved = resolve(Spec(seed=seed, **spec))
    metrics = {**RETRAINED, "mia_loss": loss, "mia_loss_gap": abs(loss - 50), "mia_entropy_gap": 0.0,
               "forget_accuracy": forget, "null_band": BAND, "original": ORIGINAL,
               "retrained": retrained and {**retrained, "null_band": BAND}}
    return Run(name, "finished", resolved.spec, effective=resolved.effective, metrics=Metrics.from_json(metrics))


def test_a_run_stands_where_its_worst_measure_is_furthest_beyond_chance():
    near, far = standings([run("a", loss=71.0, parameters={"alpha": 0.1}), run("b", loss=62.0)])
    assert (near.places, far.places) == ((1,), (0,)), "the nearest first, by their places in the selection"
    assert (near.worst.metric, near.worst.off, near.worst.chance, near.worst.beyond) == ("mia_loss_gap", 12.0, 8.0, 4.0)
    assert Apart("mia_loss_gap", 12.0, 21.0, 8.0) in measure_by_measure(near, far)
    assert beats(near, far) and not beats(far, near)


def test_a_difference_within_chance_tells_nothing_apart():
    one, other = standings([run("a", loss=63.0, parameters={"alpha": 0.1}), run("b", loss=62.0)])
    assert {found.nearer for found in measure_by_measure(one, other)} == {0}


def test_two_measures_that_disagree_tell_nothing_apart_whatever_their_excesses():
    loss, forget = standings([run("a", loss=62.0), run("b", forget=30.0, parameters={"alpha": 0.1})])
    sides = {found.metric: found.nearer for found in measure_by_measure(loss, forget)}
    assert (sides["mia_loss_gap"], sides["forget_accuracy"]) == (1, -1)
    assert not beats(loss, forget) and not beats(forget, loss)


def kept(share, jsd):
    return {"sets": {"forget": {"count": 150, "agreement": {"unlearned_retrained": {"share": share}},
                                "jsd": {"unlearned_retrained": jsd, "attainable": 0.02}}}}


def test_what_was_asked_of_both_models_counts_and_of_one_alone_does_not():
    runs = [run("a", loss=51.0), run("b", loss=52.0, parameters={"alpha": 0.1})]
    one, other = standings(runs, {"a": kept(95.0, 0.03), "b": kept(70.0, 0.10)})
    found = {each.metric: each for each in measure_by_measure(one, other)}
    assert (found["agreement"].one, found["agreement"].other, found["agreement"].nearer) == (5.0, 30.0, -1)
    assert found["divergence"] == Apart("divergence", 0.03, 0.10, 0.02) and beats(one, other)
    one, other = standings(runs, {"a": kept(95.0, 0.03)})
    assert "agreement" not in {each.metric for each in measure_by_measure(one, other)}


def test_signs_do_not_cancel_over_seeds():
    pair = [run("a", loss=62.0), run("b", loss=38.0, seed=1), run("c", loss=51.0, parameters={"alpha": 0.1})]
    best, seeds = standings(pair)
    assert (best.places, seeds.places, seeds.seeds) == ((2,), (0, 1), (0, 1))
    assert seeds.worst.off == 12.0, "12 above in one seed and 12 below in the other are 12 away, not 0"


def test_what_did_nothing_is_not_ranked_and_comes_last():
    idle = run("a", loss=70.0, forget=99.0)
    idle = Run("a", "finished", idle.spec, effective=idle.effective, metrics=Metrics.from_json(
        {**idle.metrics.stored, **ORIGINAL}))
    found = standings([idle, run("b", loss=71.0, parameters={"alpha": 0.1})])
    assert [(one.places, one.why) for one in found] == [((1,), None), ((0,), "unchanged")]


def test_other_data_and_runs_without_a_reference_say_nothing_of_each_other():
    assert standings([run("a"), run("b", forget_fraction=0.3)]) == ()
    alone = standings([run("a"), run("b", retrained=None, parameters={"alpha": 0.1})])
    assert [one.places for one in alone] == [(0,)]
