"""Real runs and their retrained models: whichever came first, of whichever seed, profile or version."""

from __future__ import annotations

import dataclasses
import shutil
import threading
from types import SimpleNamespace

import pytest
import torch
from not_tried import not_tried, of_ensemble

from engine import registry
from engine.evaluation import probe
from engine.evaluation.measure import null_band
from engine.evaluation.metrics import against_retrained_metrics, stored_names
from engine.evaluation.verdict import verdict_of
from engine.originals.checkpoints import Checkpoints, original_key
from engine.originals.pretrain import train_original
from engine.runs import live, recording
from engine.runs.execute import execute
from engine.runs.references import complete, complete_waiting, retrained_samples, shadow_runs, shadow_samples
from engine.runs.store import Store
from engine.spec import resolve
from engine.system.device import prepare
from engine.types import Spec

CPU = torch.device("cpu")
EPOCHS, STEPS = 3, 3 * 14  # 850 samples in batches of 64
NAMES = [metric.name for metric in against_retrained_metrics()]
RMIA = [name for name in NAMES if name.startswith("rmia")]
OTHERS = [name for name in NAMES if name not in not_tried()]  # what one retrained model is enough for
ONE = not_tried("there is 1")
REASON = "It needs a model retrained on the same split: run Retraining with the same forget set, seed and profile."
QUICK = {"max_forget_epochs": 2}


@pytest.fixture(scope="module")
def originals(digits, tmp_path_factory):
    """Digits whose recipe is short, so that a retraining by it is; and a folder with the Original."""
    with pytest.MonkeyPatch.context() as patch:
        short = dataclasses.replace(registry.get("dataset", "digits"), recipe=dataclasses.replace(
            registry.get("dataset", "digits").recipe, epochs=EPOCHS))
        patch.setitem(registry.table("dataset"), "digits", short)
        patch.setattr(live, "TELL_EVERY", 0.0)
        patch.setattr(probe, "FRAMES", 2)  # a look in the middle and one at the end tell as much here
        folder = tmp_path_factory.mktemp("originals")
        key = original_key(resolve(Spec()))
        train_original(key, digits, Checkpoints(folder, shipped=None), prepare(CPU, 1))
        yield folder


def make_lab(originals, root):
    """A store, its checkpoints, and ``run``, which carries out a spec to its end."""
    shutil.copytree(originals, root / "checkpoints", ignore=shutil.ignore_patterns("partial", "readouts"))
    return lab_in(root)


def lab_in(root):
    store, checkpoints = Store(root), Checkpoints(root / "checkpoints", shipped=None)

    def run(method="nabla_tau", on_progress=lambda progress: None, cancel=None, **spec):
        parameters = {} if method == "retrain" else QUICK
        resolved = resolve(Spec(**{"method": method, "parameters": parameters} | spec))
        return execute(store.get(store.begin(resolved)), store, checkpoints, CPU, cancel, on_progress)

    return SimpleNamespace(store=store, checkpoints=checkpoints, run=run, partials=root / "checkpoints" / "partial")


@pytest.fixture
def lab(originals, tmp_path):
    return make_lab(originals, tmp_path / "lab")


@pytest.fixture
def like(tmp_path):
    """Another lab with all that one has: runs that many tests begin from are carried out once."""
    def copied(lab):
        shutil.copytree(lab.store.root, tmp_path / "like")
        return lab_in(tmp_path / "like")

    return copied


@pytest.fixture(scope="module")
def unlearned(originals, tmp_path_factory):
    """A lab with one run and no retraining; begin from a copy. And the run."""
    lab = make_lab(originals, tmp_path_factory.mktemp("unlearned") / "lab")
    return lab, lab.run()


@pytest.fixture(scope="module")
def retrained_first(originals, tmp_path_factory):
    """A lab with one retraining alone; begin from a copy. And the retraining."""
    lab = make_lab(originals, tmp_path_factory.mktemp("retrained") / "lab")
    return lab, lab.run("retrain")


@pytest.fixture(scope="module")
def history(originals, tmp_path_factory):
    """Runs in this order, as they stand at the end, and some as they stood before."""
    lab = make_lab(originals, tmp_path_factory.mktemp("history") / "lab")
    found = {"first": lab.run(), "own_epochs": lab.run("retrain", parameters={"epochs": 1})}
    found["after_own_epochs"] = lab.run()
    steps = []
    found["retrained"] = retrain(lab, 0, steps, profile="corrected")
    found["first_completed"] = lab.store.get(found["first"].id)
    found["later"] = lab.run()
    found["other_seed"], found["other_profile"] = lab.run(seed=1), lab.run(profile="paper")
    found["other_fraction"], found["other_noise"] = lab.run(forget_fraction=0.2), lab.run(options={"label_noise": 0.2})
    found["other_retrained"] = retrain(lab, 1, steps, profile="corrected")
    return SimpleNamespace(lab=lab, steps=steps, partials=list(lab.partials.iterdir()), **found)


def now(history, name):
    return history.lab.store.get(getattr(history, name).id)


# --- before and after -----------------------------------------------------------------------


@pytest.mark.long
def test_a_run_without_a_retrained_model_says_what_it_lacks(history):
    metrics = history.first.metrics
    assert {name: metrics[name] for name in NAMES} == dict.fromkeys(NAMES) and metrics["retrained"] is None
    assert metrics["missing"] == dict.fromkeys(NAMES, REASON) | of_ensemble()


def test_a_retraining_by_another_recipe_is_no_reference(history):
    assert history.after_own_epochs.metrics["missing"] == dict.fromkeys(NAMES, REASON) | of_ensemble()
    assert history.own_epochs.metrics["retrained"] is None, "neither for itself"
    completed = now(history, "own_epochs").metrics
    assert completed["retrained"]["run_id"] == history.retrained.id and completed["tow"] < 1


def test_a_run_is_completed_when_its_retraining_ends(history):
    before, after = history.first.metrics, history.first_completed.metrics
    assert after["missing"] == ONE and None not in [after[name] for name in OTHERS]
    retrained = history.retrained.metrics
    away = [abs(after[name] - retrained[name]) for name in ("forget_accuracy", "retain_accuracy", "test_accuracy")]
    assert after["tow"] == pytest.approx((1 - away[0] / 100) * (1 - away[1] / 100) * (1 - away[2] / 100))
    assert after["average_gap"] == pytest.approx((sum(away) + abs(after["mia_loss"] - retrained["mia_loss"])) / 4)
    assert 0 < after["ks_retrained"] <= 1 and after["wasserstein_retrained"] > 0 and 0 < after["rmia_auc"] < 1
    assert after["retrained"]["run_id"] == history.retrained.id
    assert {name: after["retrained"][name] for name in before if name in after["retrained"]} == {
        name: retrained[name] for name in before if name in after["retrained"]}
    assert {"forget_accuracy", "mia_loss", "mia_entropy_gap", "tpr_at_1pct_fpr"} <= set(after["retrained"])
    new = {*NAMES, *stored_names(registry.get("attack", "rmia")), "missing", "retrained"}
    assert {name: value for name, value in after.items() if name not in new} == {
        name: value for name, value in before.items() if name not in new}


def test_the_null_bands_are_of_the_runs_own_losses(history):
    """Not of the Original's, which are nearly all 0: those gave bands in which too few forgetful models lay."""
    for run in (history.first, history.retrained):
        metrics, samples = run.metrics, history.lab.store.load_samples(run.id)
        sides = [samples[samples["set"] == name] for name in ("forget", "test")]
        assert set(metrics["null_band"]) == {"mia_loss", "mia_entropy"}
        for attack in registry.live_attacks():
            values = (-side[attack.name.removeprefix("mia_")].to_numpy() for side in sides)
            assert metrics["null_band"][attack.name] == list(null_band(attack, *values, seed=0))
        assert metrics["band"] == {"permutations": 100, "of": "own losses"}


def test_the_bands_before_the_run_are_of_the_retrained_model_where_there_is_one(history):
    events = {name: history.lab.store.events(getattr(history, name).id)[0] for name in ("first", "later")}
    assert events["first"]["band"] == {"permutations": 100, "of": "the Original's losses of never-seen samples"}
    assert events["later"]["band"] == {"permutations": 100, "of": "the retrained model's losses"}
    assert events["later"]["null_band"] == history.retrained.metrics["null_band"], "399 test samples are all shown"


def test_whichever_came_first_the_numbers_are_the_same(history):
    assert history.later.metrics == history.first_completed.metrics


def test_the_retrained_model_is_at_no_distance_from_itself(history):
    """Before and after another seed's retraining is there as well."""
    for run in (history.retrained, now(history, "retrained"), history.other_retrained):
        metrics = run.metrics
        assert {name: metrics[name] for name in OTHERS} == {
            "tow": 1.0, "tow_mia": 1.0, "average_gap": 0.0, "ks_retrained": 0.0, "wasserstein_retrained": 0.0,
            "rmia": 50.0, "rmia_gap": 0.0, "rmia_auc": 0.5, "rmia_tpr_at_1pct_fpr": 0.0, "rmia_tpr_at_0_1pct_fpr": 0.0}
        assert metrics["missing"] == not_tried() and metrics["retrained"]["run_id"] == run.id
        assert verdict_of(run).kind == "reference"


@pytest.mark.parametrize("other", ["other_seed", "other_profile", "other_fraction"])
def test_another_split_has_another_reference(history, other):
    metrics = getattr(history, other).metrics
    assert metrics["retrained"] is None and metrics["missing"] == dict.fromkeys(NAMES, REASON) | of_ensemble()


def test_an_option_that_spells_out_its_default_changes_nothing(history):
    assert history.other_noise.metrics == history.later.metrics


def test_the_other_seeds_retraining_completes_its_own_runs_alone(history):
    assert now(history, "other_seed").metrics["retrained"]["run_id"] == history.other_retrained.id
    for other in ("other_profile", "other_fraction"):
        assert now(history, other).metrics == getattr(history, other).metrics
    assert now(history, "first").metrics["retrained"]["run_id"] == history.retrained.id


def test_the_other_seeds_retraining_does_not_move_the_numbers_of_finished_runs(history):
    """A later run has one more reference for RMIA, and says so; the earlier one takes it when it is asked for anew."""
    assert now(history, "first").metrics == history.first_completed.metrics == now(history, "later").metrics
    assert history.first_completed.metrics["rmia_references"] == 1
    before, after = history.first_completed.metrics, history.lab.run().metrics
    moved = {name for name in before if before[name] != after[name]}
    assert {"rmia_auc", "rmia_references"} <= moved <= set(stored_names(registry.get("attack", "rmia")))
    assert after["rmia_references"] == 2 and after["rmia_auc"] == pytest.approx(before["rmia_auc"], abs=0.1)
    assert now(history, "other_seed").metrics["rmia_references"] == 2
    run = now(history, "first")
    try:
        assert complete(history.lab.store, run, anew=True).metrics == after
    finally:
        history.lab.store.amend(run.id, metrics=before)


def test_the_live_chart_knows_the_retrained_model_that_was_there(history):
    first, later = (history.lab.store.events(getattr(history, name).id)[0] for name in ("first", "later"))
    assert first["retrained"] is None
    expected = history.retrained.metrics
    assert later["retrained"]["accuracy"]["forget"] == pytest.approx(expected["forget_accuracy"], abs=1e-3)
    assert later["retrained"]["attacks"]["mia_loss"] == expected["mia_loss"]


# --- what may go wrong ----------------------------------------------------------------------


def test_a_retraining_that_ends_while_a_run_is_being_measured(retrained_first, like, monkeypatch):
    """The run looked for it a moment too early, and the retraining did not see the run finished yet."""
    lab = like(retrained_first[0])
    with monkeypatch.context() as patch:
        for module in (live, recording):
            patch.setattr(module, "find_reference", lambda *arguments: None)
        run = lab.run()
    assert run.metrics["missing"] == ONE and run.metrics == lab.run().metrics


@pytest.mark.parametrize("damage", ["gone", "truncated"])
def test_a_retraining_whose_samples_are_lost_still_gives_its_accuracies(retrained_first, like, damage):
    lab, retrained = like(retrained_first[0]), retrained_first[1]
    path = lab.store.folder(retrained.id) / "samples.parquet"
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-200])
    run = lab.run()
    assert run.status == "finished" and run.metrics["tow"] > 0
    assert run.metrics["missing"] == dict.fromkeys(("ks_retrained", "wasserstein_retrained", *RMIA, *ONE),
                                                      "It needs the losses of every sample, which were not kept.")


def test_a_run_that_cannot_be_completed_fails_neither_itself_nor_the_retraining(unlearned, like, monkeypatch, caplog):
    def broken(*arguments):
        raise KeyError("forget_accuracy")

    lab = like(unlearned[0])
    monkeypatch.setattr("engine.evaluation.retrained.tug_of_war", broken)
    monkeypatch.setattr("engine.runs.recording.against_retrained", lambda metrics, *arguments: metrics)
    retrained = lab.run("retrain")
    assert retrained.status == "finished" and retrained.metrics["forget_accuracy"] > 0
    assert f"runs could not be completed after run {retrained.id}" in caplog.text


OLD = ("retain_accuracy", "forget_accuracy", "test_accuracy", "accuracy_gap", "mia_loss", "mia_loss_gap", "mia_entropy",
       "mia_entropy_gap", "mia_auc", "tpr_at_1pct_fpr", "over_forgotten", "notes", "original", "null_band", "verdict",
       "retrained")  # what the first version kept


def made_old(lab, run):
    """The run as a store of the first version holds it."""
    conclusions = {"retrained": None, "over_forgotten": False, "verdict": "Fine."}
    metrics = {name: run.metrics.get(name) for name in OLD} | conclusions
    metrics["original"] = {name: value for name, value in metrics["original"].items() if name in OLD}
    lab.store.amend(run.id, metrics=metrics)
    lab.store.save_samples(run.id, lab.store.load_samples(run.id).query("set != 'validation'"))
    return lab.store.get(run.id)


def test_runs_of_the_first_version_are_completed_too(unlearned, like):
    lab = like(unlearned[0])
    run = made_old(lab, unlearned[1])
    retrained = lab.run("retrain")
    metrics = lab.store.get(run.id).metrics
    assert metrics["retrained"]["run_id"] == retrained.id and metrics["tow"] > 0 and metrics["ks_retrained"] > 0
    assert metrics["missing"] == ONE | dict.fromkeys(
        RMIA, "It needs the losses of the validation set, which this run did not keep.")


def test_a_retraining_of_the_first_version_is_a_reference(retrained_first, like):
    lab = like(retrained_first[0])
    retrained = made_old(lab, retrained_first[1])
    metrics = lab.run().metrics
    assert metrics["retrained"]["run_id"] == retrained.id and metrics["tow"] > 0 and metrics["ks_retrained"] > 0
    assert metrics["missing"] == ONE | dict.fromkeys(RMIA, "No retrained model has the losses of all these samples.")
    complete_waiting(lab.store, retrained)
    assert lab.store.get(retrained.id).metrics["tow"] == 1.0


def test_completing_a_run_without_a_reference_changes_nothing(unlearned, like):
    lab, run = like(unlearned[0]), unlearned[1]
    assert complete(lab.store, run) == run == lab.store.get(run.id)


# --- profile paper: one training for all seeds ----------------------------------------------


def retrain(lab, seed, steps, **more):
    """A retraining, of the paper's profile unless told otherwise; the steps that it tells of are added to ``steps``."""
    return lab.run("retrain", on_progress=lambda told: steps.append(told["step"]) if "step" in told else None,
                   seed=seed, **{"profile": "paper"} | more)


@pytest.fixture(scope="module")
def whole(originals, tmp_path_factory):
    """Two seeds' retrainings in the paper's profile: the runs, the steps each told, and the kept weights after each."""
    lab = make_lab(originals, tmp_path_factory.mktemp("paper") / "lab")
    runs, steps, kept = [], [], []
    for seed in (0, 1):
        steps.append([])
        runs.append(retrain(lab, seed, steps[-1]))
        kept.append({path.name: path.read_bytes() for path in lab.partials.iterdir()})
    return SimpleNamespace(lab=lab, runs=runs, steps=steps, kept=kept)


def test_the_second_seed_does_not_train_again(whole):
    assert whole.steps == [list(range(1, STEPS + 1)), [STEPS]]
    assert len(whole.kept[0]) == 1 and next(iter(whole.kept[0])).startswith("retrained-")
    assert whole.kept[0] == whole.kept[1], "the same weights, untouched"


def test_the_second_seed_reports_the_trainings_whole_cost(whole):
    first, second = whole.runs
    assert (first.steps, first.samples) == (second.steps, second.samples) == (STEPS, EPOCHS * 850)
    assert first.seconds > 0 and second.seconds == pytest.approx(first.seconds, abs=0.3)
    assert second.seconds > first.seconds, "reading the weights is not free"
    assert second.status == "finished" and second.progress == {"stage": "Finished", "fraction": 1.0}


def test_the_second_seeds_events_are_whole(whole):
    events = whole.lab.store.events(whole.runs[1].id)
    assert [event["kind"] for event in events] == ["start", *["probe"] * (len(events) - 1)] and len(events) >= 2
    assert {event["step"] for event in events[1:]} == {STEPS}
    assert all(sum(event["reading"]["histogram"]["forget"]) == 150 for event in events[1:])
    final = events[-1]["reading"]["accuracy"]
    assert final["retain"] > events[0]["before"]["accuracy"]["retain"] - 30 and events[0]["retrained"] is None


def test_the_seeds_differ_in_the_test_half_alone(whole):
    one, other = (run.metrics for run in whole.runs)
    assert (one["forget_accuracy"], one["retain_accuracy"]) == (other["forget_accuracy"], other["retain_accuracy"])
    assert one["test_accuracy"] != other["test_accuracy"]
    assert [run.metrics["tow"] for run in whole.runs] == [1.0, 1.0]
    assert whole.runs[0].split != whole.runs[1].split


def test_each_seeds_runs_are_judged_by_their_own_half(whole):
    for seed, reference in enumerate(whole.runs):
        metrics = whole.lab.run(profile="paper", seed=seed).metrics
        assert metrics["missing"] == ONE and metrics["retrained"]["run_id"] == reference.id
        assert metrics["retrained"]["test_accuracy"] == reference.metrics["test_accuracy"]


def test_another_forget_set_or_recipe_is_another_training(lab, whole):
    shutil.copytree(whole.lab.partials, lab.partials)
    for more in ({"forget_fraction": 0.2}, {"original_seed": 0, "parameters": {"epochs": 2}}):
        steps = []
        retrain(lab, 1, steps, **more)
        assert steps[0] == 1 and len(steps) > 1
    assert len(list(lab.partials.iterdir())) == 3


def measured(run):
    """The metrics, without what depends on the other runs of the store: the reference's id, and attacks' references."""
    of_others = ("retrained", "missing", *(name for attack in registry.all_of("attack") if attack.needs_retrained
                                           for name in stored_names(attack)))
    return {name: value for name, value in run.metrics.items() if name not in of_others}


def test_a_training_cancelled_in_the_middle_goes_on_for_any_seed(lab, whole):
    cancel, seen, more = threading.Event(), [], []
    stopped = lab.run("retrain", profile="paper", cancel=cancel, on_progress=lambda told: (
        cancel.set() if told.get("step") == 30 else None))
    assert (stopped.status, stopped.steps) == ("cancelled", 30)
    run = retrain(lab, 1, seen)
    assert seen == list(range(29, STEPS + 1)), "2 whole epochs of 14 steps were done"
    assert measured(run) == measured(whole.runs[1]) and (run.steps, run.samples) == (STEPS, EPOCHS * 850)
    assert run.seconds > stopped.seconds * 0.5
    assert measured(retrain(lab, 0, more)) == measured(whole.runs[0]) and more == [STEPS]


def test_a_training_killed_in_the_middle_goes_on_too(lab, whole):
    class Killed(BaseException):
        """Stands for the end of the process: nothing is written any more."""

    def kill(told):
        if told.get("step") == 30:
            raise Killed

    with pytest.raises(Killed):
        lab.run("retrain", profile="paper", on_progress=kill)
    seen = []
    run = retrain(lab, 0, seen)
    assert seen[0] == 29 and measured(run) == measured(whole.runs[0])


def test_cancelled_with_the_training_done_nothing_is_lost(lab, whole):
    shutil.copytree(whole.lab.partials, lab.partials)
    cancel, seen = threading.Event(), []
    stopped = lab.run("retrain", profile="paper", seed=1, cancel=cancel, on_progress=lambda told: cancel.set())
    assert stopped.status == "cancelled"
    assert measured(retrain(lab, 1, seen)) == measured(whole.runs[1]) and seen == [STEPS]


def test_damaged_weights_are_trained_anew(lab, whole):
    shutil.copytree(whole.lab.partials, lab.partials)
    path, = lab.partials.iterdir()
    path.write_bytes(path.read_bytes()[:-1_000])
    seen = []
    run = retrain(lab, 1, seen)
    assert seen == list(range(1, STEPS + 1)) and measured(run) == measured(whole.runs[1])


def test_the_corrected_profile_retrains_for_every_seed(history):
    assert history.steps == 2 * list(range(1, STEPS + 1)) and history.partials == []


def test_another_version_of_an_attack_beside_retrained_models_is_measured_anew(retrained_first, like, monkeypatch):
    rmia = registry.get("attack", "rmia")
    lab, retrained = like(retrained_first[0]), retrained_first[1]
    run = lab.run()
    before = run.metrics
    turned = dataclasses.replace(rmia, score_samples=lambda **tables: -rmia.score_samples(**tables))
    monkeypatch.setitem(registry.table("attack"), "rmia", turned)
    monkeypatch.setitem(registry._codes, ("attack", "rmia"), lambda: "turned")
    after = complete(lab.store, run).metrics
    assert after["attack_code"] == {"rmia": "turned"} and after["retrained"]["run_id"] == retrained.id
    assert after["rmia_auc"] == pytest.approx(1 - before["rmia_auc"]) and after["tow"] == before["tow"]
    assert complete(lab.store, lab.store.get(run.id)).metrics == after


def test_without_an_own_retraining_a_recorded_one_gives_rmia_its_losses(retrained_first, monkeypatch, tmp_path):
    """The verdict's table and the attacker's seat take the same models."""
    lab, retrained = retrained_first
    recorded, table = dataclasses.replace(retrained, recorded=True), lab.store.load_samples(retrained.id)
    empty = Store(tmp_path / "other")
    monkeypatch.setattr("engine.runs.references.recorded_runs", lambda: (recorded,))
    monkeypatch.setattr("engine.runs.references.recorded_samples", lambda run_id: table)
    assert [len(one) for one in retrained_samples(empty, retrained)] == [len(table)]
    assert retrained_samples(empty, dataclasses.replace(retrained, data="other")) == []


def test_shadows_are_retrainings_of_the_same_split_one_of_each_seed(history, like):
    """Two of one seed are one model, and a retraining is no shadow of itself; with two IAM is carried out.

    Neither is a retraining by another recipe or of another split, and both are there.
    """
    lab, run, first = like(history.lab), history.first, history.retrained
    again, other = lab.run("retrain"), lab.run("retrain", unlearning_seed=1)
    of_run = shadow_runs(run, lab.store.list(status=("finished",)))
    assert {one.id for one in of_run} <= {first.id, again.id, other.id} and len(of_run) == 2
    assert [one.id for one in shadow_runs(first, lab.store.list(status=("finished",)))] == [other.id]
    assert len(shadow_samples(lab.store, run)) == 2
    metrics = lab.store.get(run.id).metrics
    assert metrics["iam_references"] == 2 and 0 < metrics["iam_auc"] < 1 and metrics["missing"] == of_ensemble()
    assert metrics["rmia_references"] == 1, "measured when the first retraining ended, and kept"
    assert lab.store.get(first.id).metrics["iam_auc"] is None, "one shadow beside itself is too few"
    strange = dataclasses.replace(other, spec_extra={"unheard": 1})
    assert shadow_runs(run, [strange]) == []
