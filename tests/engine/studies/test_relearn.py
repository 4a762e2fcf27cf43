"""Relearning by hand: the Original itself, the retrained model itself, a model whose knowledge is only hidden."""

from __future__ import annotations

import copy
import dataclasses
import json
import threading

import pytest
import torch
from torch import nn

from engine.cli.main import main
from engine.data.splits import split
from engine.errors import BadInput, Cancelled, UnknownRun
from engine.evaluation.relearning import Outcome
from engine.evaluation.roc import Roc, Sides
from engine.evaluation.verdict import judge
from engine.originals.checkpoints import open_checkpoints
from engine.runs.here import run_here
from engine.runs.packing import packed
from engine.spec import resolve
from engine.studies import relearn as relearning
from engine.studies.relearn import Bed, carried_out, filled, known, prepare, relearn
from engine.studies.relearn_asked import kept
from engine.studies.relearn_numbers import Point, Relearned, Settings
from engine.studies.relearn_training import constant, ground_of
from engine.training.networks import initialise
from engine.types import Spec

SHORT = Settings(forgotten=(0,), seeds=(0,), rates=(2e-3,), steps=(0, 1, 20, 50), second=False)
QUICK = Spec(method="finetune", forget_fraction=0.15, parameters={"max_forget_epochs": 1})  # conftest.py has its run


@pytest.fixture(scope="module")
def models(bench, brief_retrained):
    """The ground of seed 0, the Original and a model retrained on the split, which a third of the recipe trains."""
    resolved = resolve(Spec(method="retrain", parameters={"epochs": 20}))
    parts = split(bench.data, resolved.spec)
    return ground_of(bench.data, parts, 0, 32, resolved.recipe), bench.network, brief_retrained


def of(models, unlearned, settings=SHORT):
    ground, original, retrained = models
    return carried_out("cafe", Bed(ground, {"unlearned": unlearned, "retrained": retrained, "original": original}),
                       settings)


# --- hand cases -----------------------------------------------------------------------------


@pytest.mark.long
def test_the_original_itself_has_recovered_before_it_begins(models):
    found = of(models, models[1])
    numbers = found.numbers(2e-3, 0)
    assert numbers.recovery[0] == 1 and numbers.half == 0
    assert [one for one in numbers.recovery if one not in (None, 1.0)] == [], "the same steps on the same batches"
    assert found.said() == ("It was not gone: more than half of the Original's advantage is there before any "
                            "relearning.")


def test_the_retrained_model_itself_recovers_nothing_identically(models):
    numbers = of(models, models[2]).numbers(2e-3, 0)
    assert [one for one in numbers.recovery if one is not None and one != 0] == []
    assert numbers.recovery[0] == 0 and (numbers.aurc, numbers.half) == (0, None)


def test_a_model_that_only_hides_passes_the_attack_and_is_caught(models):
    """The Original with only its last layer drawn anew: its features have not forgotten anything."""
    hiding = copy.deepcopy(models[1])
    initialise(hiding[-1], torch.Generator().manual_seed(0))
    found = of(models, hiding)
    numbers = found.numbers(2e-3, 0)
    start = next(point for point in found.points if point.who == "unlearned")
    low, high = Roc(Sides(torch.zeros(120).numpy(), torch.zeros(399).numpy())).auc_chance_range
    assert start.forget_accuracy < 25 and low < start.auc < high, "forgotten, as far as the attack can tell"
    assert numbers.back == 20 and numbers.aurc < 0, "the area alone would call it over-forgotten"
    assert found.comes_back and found.said().startswith("It was covered up, not removed: the accuracy on the forgotten "
                                                        f"rises from {start.forget_accuracy:.0f}% to ")
    theirs = found.curve("retrained", 2e-3, 0)
    assert abs(theirs[2] - theirs[0]) < 10 < 50 < found.curve("unlearned", 2e-3, 0)[2] - start.forget_accuracy


def test_a_constant_model_is_seen(models):
    ground, original, retrained = models
    broken = copy.deepcopy(original)
    nn.init.zeros_(broken[-1].weight)
    assert constant(ground, broken) and not constant(ground, original) and not constant(ground, retrained)


def test_the_fifth_that_may_be_shown_is_never_measured(models):
    ground = models[0]
    assert (len(ground.pool), len(ground.held_back)) == (30, 120)
    assert set(ground.pool.tolist()) | set(ground.held_back.tolist()) == set(ground.parts.forget.tolist())
    again = ground_of(ground.data, ground.parts, 0, 32, ground.recipe)
    other = ground_of(ground.data, ground.parts, 1, 32, ground.recipe)
    assert torch.equal(again.pool, ground.pool) and not torch.equal(other.pool, ground.pool)


@pytest.mark.long
def test_shown_samples_are_learnt_from_and_the_models_stay_as_they_are(models):
    before = copy.deepcopy(models[1].state_dict())
    found = of(models, models[2], dataclasses.replace(SHORT, forgotten=(0, 30)))
    assert found.curve("unlearned", 2e-3, 0)[0] == found.curve("unlearned", 2e-3, 30)[0], "the same part is measured"
    assert found.curve("unlearned", 2e-3, 0)[1:] != found.curve("unlearned", 2e-3, 30)[1:]
    gain = found.numbers(2e-3, 30).gain
    assert gain == pytest.approx((found.curve("unlearned", 2e-3, 30)[-1] - found.curve("unlearned", 2e-3, 0)[-1]) / 30)
    assert all(torch.equal(value, before[name]) for name, value in models[1].state_dict().items())


def test_a_rate_that_breaks_a_model_is_left_out_and_says_so(models):
    found = of(models, models[2], dataclasses.replace(SHORT, rates=(2e-3, 1e30), steps=(0, 2, 5)))
    assert found.rates == (2e-3,) and {point.rate for point in found.points} == {2e-3}
    assert list(found.left_out) == ["1e+30"]
    assert found.left_out["1e+30"].startswith("At the rate 1e+30 the unlearned model broke: ")


def test_batch_norm_alone_is_read_too(models):
    assert set(of(models, models[2], dataclasses.replace(SHORT, steps=(0, 1))).refreshed) == {
        "unlearned", "retrained", "original"}


# --- numbers, without a model ---------------------------------------------------------------


def drawn(held_back=100, second=None, **curves):
    """Curves by hand at rate 1, k 0, seed 0, read at steps 0, 1 and 2."""
    settings = Settings(forgotten=(0,), seeds=(0,), rates=(1.0,), steps=(0, 1, 2), second=second is not None)
    curves |= {"second": second} if second else {}
    points = tuple(Point(who, 1.0, 0, 0, step, value, 0.0, 0.5, 80.0)
                   for who, values in curves.items() for step, value in enumerate(values))
    return Relearned("cafe", settings, points, held_back, 25)


def test_recovery_area_and_half_by_hand():
    found = drawn(unlearned=(60, 75, 95), retrained=(60, 60, 60), original=(100, 100, 100))
    numbers = found.numbers(1.0, 0)
    assert numbers.recovery == (0, 0.375, 0.875) and numbers.half == 2
    assert numbers.aurc == pytest.approx(50 / 3) and numbers.back is None
    assert found.comes_back and found.said() == (
        "It was hidden, not removed: 2 steps on retain data alone bring more than half of the Original's advantage "
        "back, which the retrained model does not gain.")


def test_what_was_below_the_retrained_model_and_no_longer_is_was_covered_up():
    found = drawn(unlearned=(10, 20, 55), retrained=(60, 60, 60), original=(100, 100, 100))
    assert found.numbers(1.0, 0).back == 2 and found.comes_back
    assert found.said() == ("It was covered up, not removed: the accuracy on the forgotten rises from 10% to 55% in "
                            "2 steps on retain data alone, to where the retrained model stays.")
    assert drawn(unlearned=(10, 20, 30), retrained=(60, 60, 60), original=(100, 100, 100)).comes_back is False


def test_an_advantage_within_two_standard_errors_is_undefined():
    """Of 100 samples 90 and 85: sqrt(9 + 12.75) = 4.66 points, twice that is more than 5. Of 1,000 it is not."""
    curves = {"unlearned": (85, 90, 90), "retrained": (85, 85, 85), "original": (90, 90, 90)}
    found = drawn(**curves)
    assert found.numbers(1.0, 0).recovery == (None, None, None) and found.comes_back is None
    assert found.said() == ("Cannot tell here: the Original and the retrained model lie 5.0 points apart on the 100 "
                            "samples held back, less than two standard errors (9.3).")
    assert drawn(held_back=1_000, **curves).numbers(1.0, 0).recovery == (0, 1, 1)


def test_a_second_retrained_model_that_recovers_too_spoils_the_answer():
    found = drawn(unlearned=(60, 75, 95), retrained=(60, 60, 60), original=(100, 100, 100), second=(60, 70, 90))
    assert found.numbers(1.0, 0).second_half == 2 and found.numbers(1.0, 0).attainable == pytest.approx(40 / 3)
    assert found.said().startswith("Cannot tell here: a second retrained model")


def test_coming_back_less_than_half_is_not_coming_back():
    found = drawn(unlearned=(60, 65, 70), retrained=(60, 60, 60), original=(100, 100, 100))
    assert found.said().startswith("It does not come back: 2 steps on retain data alone recover less than half")


CLIMBS = (68.3, 80.8)
STEADY = {"retrained": (72, 71.9), "second": (72, 72.5), "original": (99, 94)}


def in_orders(spread, **curves):
    """Curves by hand in three orders of the batches, which lie so many points apart at the end."""
    settings = Settings(forgotten=(0,), seeds=(0, 1, 2), rates=(1.0,), steps=(0, 200))
    points = tuple(Point(who, 1.0, 0, seed, step, value + (seed - 1) * spread * (step > 0), 0.0, 0.5, 80.0)
                   for who, values in curves.items() for seed in settings.seeds
                   for step, value in zip(settings.steps, values, strict=True))
    return Relearned("cafe", settings, points, 120, 30)


def test_what_climbs_above_the_retrained_models_partly_comes_back():
    found = in_orders(2, unlearned=CLIMBS, **STEADY)
    assert found.comes_back and found.said() == (
        "It partly comes back: after 200 steps on retain data alone the model has 40% of the Original's advantage over "
        "the retrained model (retrained with another seed: 3%).")
    assert found.outcome().title() == ("Partly comes back after 200 steps on retain data, more than in a retrained "
                                       "model")
    assert Outcome.from_json(found.outcome().to_json()) == found.outcome()
    stays = in_orders(0, unlearned=(82, 80.8), **{**STEADY, "original": (99, 98)})
    assert stays.said().startswith("It is partly still there: after 200 steps")


def test_orders_that_overlap_the_retrained_models_and_a_point_more_are_chance():
    """Of 120 samples 80.8 and 72.5: a standard error is 5.4 points, two are more than the 8.3 between them."""
    assert in_orders(6, unlearned=CLIMBS, **STEADY).comes_back is False
    assert in_orders(0, unlearned=(68.3, 77.0), **STEADY).comes_back is False


def test_what_partly_comes_back_is_no_verdict_of_forgotten():
    item = in_orders(2, unlearned=CLIMBS, **STEADY).outcome().evidence()
    numbers = {"mia_loss": 50.0, "null_band": {"mia_loss": [43.0, 57.0]}, "forget_accuracy": 68.3,
               "test_accuracy": 72.7, "original": {"test_accuracy": 73.0}}
    found = judge(numbers, "random", None, more=[item])
    assert found.kind == "not_forgotten" and found.title.startswith("Partly comes back after 200 steps")
    assert "Relearning: it partly comes back" in found.text


def test_the_worst_rate_is_one_at_which_the_original_keeps_its_advantage():
    told = drawn(unlearned=(60, 65, 70), retrained=(60, 60, 60), original=(100, 100, 100))
    after = {"unlearned": 70, "retrained": 10, "original": 12}
    wrecked = [dataclasses.replace(point, rate=10.0, forget_accuracy=after[point.who]) for point in told.points]
    both = dataclasses.replace(told, points=(*told.points, *wrecked),
                               settings=dataclasses.replace(told.settings, rates=(1.0, 10.0)))
    assert both.numbers(10.0, 0).aurc == 60 > both.numbers(1.0, 0).aurc and both.worst().rate == 1.0


def test_what_was_found_comes_back_from_json():
    found = drawn(unlearned=(60, 75, 95), retrained=(60, 60, 60), original=(100, 100, 100))
    assert Relearned.from_json(json.loads(json.dumps(found.to_json()))) == found


# --- a run ----------------------------------------------------------------------------------


@pytest.fixture
def quick_retraining(monkeypatch, models):
    """No test waits for a retraining: the module's model takes its place."""
    monkeypatch.setattr(relearning, "_trained", lambda mine, other, report, cancel: models[2])


TINY = dataclasses.replace(SHORT, steps=(0, 1, 2))


def test_a_run_is_relearned_once_and_what_was_found_goes_with_it(run, store, quick_retraining):
    seen: list[Point] = []
    found = relearn(run, store, open_checkpoints(), TINY, on_point=seen.append)
    assert len(seen) == 9 and found.points == tuple(seen) and found.held_back == 120
    assert found.notices == ("No retrained model of this split was there: one was trained for this and is not kept. "
                             "Run Retraining with the same forget set and seed.",)
    assert relearn(run, store, open_checkpoints(), TINY, on_point=seen.append) == found and len(seen) == 9
    assert known(run, store, dataclasses.replace(TINY, seeds=(1,))) is None, "kept by its settings"
    store.delete(run.id)
    assert not store.folder(run.id).exists()


def test_an_older_versions_answer_is_put_right_when_its_curves_are_read(run, store, quick_retraining):
    relearn(run, store, open_checkpoints(), TINY)
    (key, right), = store.get(run.id).evidence.items()
    older = {"name": "relearning", **Outcome("second").to_json()}
    store.add_evidence(run.id, key, older)
    assert store.get(run.id).evidence[key] == older != right
    assert list(kept(store.get(run.id), store)) == [0]
    assert store.get(run.id).evidence[key] == right


def test_a_damaged_finding_is_computed_again(run, store, quick_retraining, caplog):
    found = relearn(run, store, open_checkpoints(), TINY)
    (path,) = store.folder(run.id).glob("relearning-*.json")
    for spoilt in ("{", '{"points": 3}'):
        path.write_text(spoilt)
        caplog.clear()
        assert relearn(run, store, open_checkpoints(), TINY) == found and "computed again" in caplog.text


def test_it_can_be_stopped_and_keeps_nothing_half(run, store, quick_retraining):
    cancel = threading.Event()
    with pytest.raises(Cancelled):
        relearn(run, store, open_checkpoints(), TINY, on_point=lambda point: cancel.set(), cancel=cancel)
    assert not list(store.folder(run.id).glob("relearning-*"))


def test_a_constant_run_is_refused(run, store, models, quick_retraining):
    broken = copy.deepcopy(models[1])
    nn.init.zeros_(broken[-1].weight)
    store.save_weights(run.id, packed(broken, run.identity))
    with pytest.raises(BadInput, match=f"The model of run {run.id} gives every sample the same answer: it is broken"):
        relearn(run, store, open_checkpoints(), TINY)


def test_a_retrained_model_is_the_measure_and_is_not_relearned(run, store):
    retrained = dataclasses.replace(run, spec=Spec(method="retrain"))
    with pytest.raises(BadInput, match="is a retrained model, against which others are relearned"):
        filled(retrained, Settings())


def test_an_unfinished_run_has_nothing_to_relearn(store):
    run = store.get(store.begin(resolve(QUICK)))
    with pytest.raises(BadInput, match=f"Run {run.id} is running: only a finished run has a model to relearn."):
        filled(run, Settings())


@pytest.mark.parametrize("changes, said", [
    ({"forgotten": (0, 0)}, "forgotten is 0, 0: name at least one value, none twice."),
    ({"seeds": ()}, "seeds is empty: name at least one value, none twice."),
    ({"forgotten": (-1,)}, "forgotten and seeds must be whole numbers from 0."),
    ({"rates": (0.0,)}, "rates is 0.0, but must be numbers above 0."),
    ({"rates": (float("nan"),)}, "rates is nan, but must be numbers above 0."),
    ({"steps": (1, 2)}, "steps is 1, 2, but must rise from 0."),
    ({"steps": (0, 5, 2)}, "steps is 0, 5, 2, but must rise from 0."),
])
def test_settings_that_make_no_sense_are_named(run, changes, said):
    with pytest.raises(BadInput, match=f"^{said}$"):
        filled(run, Settings(**changes))


def test_more_than_may_be_shown_is_refused(run, store, quick_retraining):
    with pytest.raises(BadInput, match="forgotten is 31, but only 30 of the 150 forgotten samples, a fifth of them"):
        prepare(run, store, open_checkpoints(), Settings(forgotten=(31,)))


@pytest.mark.parametrize("fraction, forgotten", [(0.15, (0, 10)), (0.02, (0, 4)), (0.002, (0,))])
def test_few_forgotten_samples_are_shown_by_default_and_no_more_than_may_be(run, fraction, forgotten):
    smaller = dataclasses.replace(run, spec=dataclasses.replace(QUICK, forget_fraction=fraction))
    assert relearning.default_settings(smaller).forgotten == forgotten


def test_rates_are_the_published_one_a_tenth_and_ten_times(run):
    assert filled(run, Settings()).rates == pytest.approx((2e-4, 2e-3, 2e-2))


def test_a_class_says_what_differs(with_original, store, quick_retraining):
    spec = dataclasses.replace(QUICK, scenario="class", forget_fraction=None, forget_class=3)
    run = run_here(resolve(spec), store, False, threading.Event(), lambda progress: None)
    found = relearn(run, store, open_checkpoints(), TINY)
    assert any(notice.startswith("A whole class was forgotten") for notice in found.notices)


@pytest.mark.long
def test_the_command_prints_one_json_object(run, quick_retraining, capsys):
    words = ["relearn", run.id, "--forgotten", "0", "--seeds", "0", "--rates", "0.002", "--no-second"]
    assert main([*words, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["run_id"] == run.id and len(said["points"]) == 27 and said["numbers"][0]["rate"] == 0.002
    assert main(words) == 0
    text = capsys.readouterr().out
    assert text.startswith(said["said"]) and "Unlearned  " in text and "Retrained, another seed" not in text


@pytest.mark.parametrize("words, said", [
    (["nothing"], "There is no run 'nothing'"),
    (["nothing", "--seeds", "x"], "--seeds is 'x', but must be a whole number."),
    (["nothing", "--rates", "fast"], "--rates is 'fast', but must be a number."),
])
def test_the_command_refuses_in_a_sentence(store, capsys, words, said):
    assert main(["relearn", *words]) == 2
    assert said in capsys.readouterr().err
    assert issubclass(UnknownRun, BadInput)
