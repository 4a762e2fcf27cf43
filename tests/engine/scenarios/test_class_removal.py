"""Class removal: what is split, how it is asked for, and Table 4's rules (docs/methods.md, "Class removal")."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
import torch
from helping import make_task, parameters_of, problems_of
from not_tried import not_tried

import engine
from engine import registry
from engine.cli.main import main
from engine.data.images import Pool
from engine.data.splits import split
from engine.errors import BadSpec
from engine.evaluation.measure import Readings, measure
from engine.evaluation.probe import Watcher
from engine.evaluation.readout import Readout, read_out
from engine.evaluation.verdict import verdict_of
from engine.originals import workbench as bench
from engine.originals.checkpoints import Checkpoints
from engine.registry import all_of, get
from engine.runs.execute import execute
from engine.runs.readings import read_sets
from engine.runs.store import open_store
from engine.spec import resolve
from engine.types import Sizes, Spec

CPU = torch.device("cpu")
THREE = Spec(scenario="class", forget_class=3)


def of_class(pool, number):
    return [sample for sample, label in enumerate(pool.labels.tolist()) if label == number]


# --- the split ------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", ["corrected", "paper"])
@pytest.mark.parametrize("number", [0, 3, 9])
def test_the_sets_of_a_class_by_hand(digits, number, profile):
    parts = split(digits, Spec(scenario="class", forget_class=number, profile=profile, seed=2))
    random = split(digits, Spec(profile=profile, seed=2))
    forgotten, unseen = of_class(digits.train, number), of_class(digits.heldout, number)
    assert parts.forget.tolist() == forgotten
    assert parts.retain.tolist() == [sample for sample in range(1_000) if sample not in set(forgotten)]
    assert parts.unseen.tolist() == parts.nonmembers.tolist() == unseen, "held-out samples of both halves"
    assert torch.equal(parts.validation, random.validation), "the whole half"
    assert parts.test.tolist() == [sample for sample in random.test.tolist() if sample not in set(unseen)]
    in_test = set(unseen) & set(random.test.tolist())
    assert 0 < len(in_test) < len(unseen) and len(parts.test) == 399 - len(in_test)
    assert parts.sizes == Sizes(1_000, len(forgotten), 1_000 - len(forgotten), 398, len(parts.test), len(unseen))


def test_a_seed_moves_the_halves_and_nothing_else(digits):
    one, other = (split(digits, dataclasses.replace(THREE, seed=seed)) for seed in (0, 1))
    assert torch.equal(one.forget, other.forget) and torch.equal(one.unseen, other.unseen)
    assert not torch.equal(one.test, other.test) and not torch.equal(one.validation, other.validation)


def test_sizes_are_expected_ones_until_the_data_are_there(digits):
    assert resolve(THREE).sizes == Sizes(1_000, 100, 900, 398, 360, 79)
    assert resolve(dataclasses.replace(THREE, dataset="cifar10")).sizes == Sizes(50_000, 5_000, 45_000, 5_000, 4_500,
                                                                                 1_000)
    cifar100 = resolve(Spec("cifar100", scenario="class", forget_class=99)).sizes
    assert cifar100 == Sizes(50_000, 500, 49_500, 5_000, 4_950, 100)
    two = dataclasses.replace(THREE, forget_class=2)
    loaded = resolve(two, split(digits, two).sizes)
    assert loaded.sizes.forget == len(of_class(digits.train, 2)) != 100
    assert loaded.effective["alpha"] == pytest.approx(5 / 3 * loaded.sizes.forget / 1_000), "docs/methods.md: 5/3 f"
    assert resolve(dataclasses.replace(THREE, dataset="cifar10")).effective["alpha"] == pytest.approx(1 / 6)


# --- the spec -------------------------------------------------------------------------------


@pytest.mark.parametrize("dataset, value, text", [
    ("digits", None, "forget_class is missing: the scenario 'class' needs the class to forget, a name such as '0' or a "
                     "number from 0 to 9."),
    ("cifar10", None, "forget_class is missing: the scenario 'class' needs the class to forget, a name such as "
                      "'airplane' or a number from 0 to 9."),
    ("cifar10", "dgo", "No class of cifar10 named 'dgo'. Did you mean 'dog'?"),
    ("cifar10", "Horse", "No class of cifar10 named 'Horse'. Did you mean 'horse'?"),
    ("digits", "three", "No class of digits named 'three'. Valid: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9."),
    ("digits", "", "No class of digits named ''. Valid: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9."),
    ("digits", True, "No class of digits named 'True'. Valid: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9."),
    ("digits", {3}, "No class of digits named '{3}'. Did you mean '3'?"),
    ("digits", 10, "forget_class is 10, but digits has the classes 0 to 9."),
    ("digits", "-1", "forget_class is -1, but digits has the classes 0 to 9."),
    ("cifar10", 2.5, "forget_class is 2.5, but cifar10 has the classes 0 to 9 (airplane to truck)."),
    ("cifar100", 100, "forget_class is 100, but cifar100 has the classes 0 to 99 (apple to worm)."),
    ("digits", float("nan"), "forget_class is nan, but digits has the classes 0 to 9."),
    ("digits", float("inf"), "forget_class is inf, but digits has the classes 0 to 9."),
    ("digits", "1e400", "forget_class is 1e400, but digits has the classes 0 to 9."),
])
def test_a_class_that_is_none(dataset, value, text):
    assert problems_of(Spec(dataset, scenario="class", forget_class=value)) == [text]


@pytest.mark.parametrize("value", [3, "3", 0])
def test_a_class_without_the_scenario(value):
    assert problems_of(Spec(forget_class=value)) == [
        f"forget_class is {value!r}, but the scenario 'random' forgets no class."]


def test_a_bad_class_is_told_with_everything_else():
    bad = dataclasses.replace(THREE, forget_class=11, forget_fraction=7, seed=-1, parameters={"alpha": 2})
    assert problems_of(bad) == [
        "forget_class is 11, but digits has the classes 0 to 9.",
        "seed is -1, but must be a whole number from 0 to 2,147,483,647: the nearest valid value is 0.",
        "alpha is 2, but must be between 0 and 1: the nearest valid value is 1."]


@pytest.mark.parametrize("dataset, name, number", [("cifar10", "dog", 5), ("cifar10", "airplane", 0),
                                                   ("cifar100", "worm", 99), ("digits", "3", 3)])
def test_a_name_and_its_number_are_one_class(dataset, name, number):
    asked = [Spec(dataset, scenario="class", forget_class=value)
             for value in (name, number, str(number), float(number), np.int64(number))]
    resolved = [resolve(spec) for spec in asked]
    assert {(r.spec.forget_class, type(r.spec.forget_class)) for r in resolved} == {(number, int)}
    assert len({(r.fingerprint, r.identity("d", "o"), r.split_identity(), r.training_identity("d"))
                for r in resolved}) == 1
    assert json.loads(json.dumps(dataclasses.asdict(resolved[0].spec)))["forget_class"] == number


def test_the_class_says_how_many_so_the_fraction_does_not_count():
    """Whatever it is; and what is stored can be asked for again."""
    resolved = [resolve(dataclasses.replace(THREE, forget_fraction=value)) for value in (0.15, 0.3, None, "much", 99)]
    assert [r.spec.forget_fraction for r in resolved] == [None] * 5
    assert len({r.fingerprint for r in resolved}) == 1
    assert resolve(Spec(**dataclasses.asdict(resolved[0].spec))).fingerprint == resolved[0].fingerprint


@pytest.mark.parametrize("profile", ["corrected", "paper"])
def test_every_class_is_a_run_a_split_and_a_training_of_its_own(profile):
    specs = [Spec(scenario="class", forget_class=number, profile=profile) for number in range(10)]
    resolved = [resolve(spec) for spec in [*specs, Spec(profile=profile)]]
    for of in (lambda r: r.fingerprint, lambda r: r.identity("d", "o"), lambda r: r.split_identity(),
               lambda r: r.training_identity("d")):
        assert len({of(r) for r in resolved}) == 11
    seeds = [resolve(dataclasses.replace(specs[3], method="retrain", seed=seed)) for seed in (0, 1)]
    assert seeds[0].split_identity() != seeds[1].split_identity()
    assert (seeds[0].training_identity("d") == seeds[1].training_identity("d")) == (profile == "paper")


# --- data that cannot be forgotten by class -------------------------------------------------


def relabelled(pool, labels):
    """The first samples of a pool with these labels."""
    return Pool(pool.images[:len(labels)], torch.tensor(labels))


@pytest.mark.parametrize("train, heldout, text", [
    ([0, 1, 1, 2], [0, 1, 2, 3] * 3,
     "forget_class is 3 (3), but none of the 4 training samples is of that class. Valid: 0, 1, 2."),
    ([3] * 5, [0, 1, 2, 3] * 3,
     "forget_class is 3 (3), but all 5 training samples are of that class: there would be nothing left to keep."),
    ([3, 1, 2], [3] * 7,
     "forget_class is 3 (3), but all 4 samples of the test half are of that class: there would be nothing left to "
     "test on."),
])
def test_data_without_the_class_or_without_another(digits, train, heldout, text):
    few = dataclasses.replace(digits, train=relabelled(digits.train, train),
                              heldout=relabelled(digits.heldout, heldout))
    with pytest.raises(BadSpec) as caught:
        split(few, THREE)
    assert caught.value.problems == [text]


# --- Table 4's rules ------------------------------------------------------------------------


def columns(losses, right=None):
    losses = torch.as_tensor(losses, dtype=torch.float32)
    right = len(losses) if right is None else right
    return Readout(losses, losses, torch.arange(len(losses)) < right)


def metrics_of(forget, unseen, test=None):
    """Test losses that any attack would tell from the others, all of them right but one."""
    return measure(Readings(columns([0.0] * 4, right=3), forget, test or columns([90.0] * 20, right=19), unseen))


def test_accuracy_is_that_of_the_other_classes_and_the_attack_is_on_unseen_samples_of_the_class():
    same, low = columns(torch.linspace(0, 1, 40), right=0), columns(torch.linspace(20, 21, 40))
    found = metrics_of(same, same)
    assert (found["test_accuracy"], found["forget_accuracy"], found["retain_accuracy"]) == (95.0, 0.0, 75.0)
    assert [found[name] for name in ("mia_loss_auc", "mia_entropy_auc", "ks_test", "wasserstein_test")] == (
        pytest.approx([0.5, 0.5, 0, 0]))
    assert metrics_of(same, low)["mia_loss"] == 100.0 and metrics_of(same, low)["mia_loss_auc"] == 1.0
    assert metrics_of(same, low)["wasserstein_test"] == pytest.approx(20)


def test_the_thresholds_are_set_on_unseen_samples_of_the_class():
    """100 of them: one false alarm is 1%. Below the second lowest of their losses are 3 of 10 forget samples."""
    found = metrics_of(columns(range(10)), columns([1.5, 2.5] + [50.0] * 98))
    assert found["tpr_at_1pct_fpr"] == pytest.approx(30.0) and found["tpr_at_0_1pct_fpr"] == pytest.approx(20.0)


EXPOSED = {f"{attack}tpr_at_{share}pct_fpr{what}" for attack in ("", "mia_entropy_") for share in ("1", "0_1")
           for what in ("", "_interval")}
EMPTY = EXPOSED | {"mia_loss", "mia_loss_gap", "mia_loss_auc", "mia_entropy", "mia_entropy_gap", "mia_entropy_auc",
                   "mia_auc"}


@pytest.mark.parametrize("unseen, more", [(9, set()), (1, set()), (0, {"ks_test", "wasserstein_test"})])
def test_few_unseen_samples_leave_the_attack_empty_with_a_note(unseen, more):
    found = metrics_of(columns(range(30)), columns(range(unseen)))
    assert {name for name, value in found.items() if value is None} == EMPTY | more
    assert found["notes"] == [f"Only {unseen} unseen samples: an attack needs at least 10 per side, so the attack "
                              "metrics are empty."]
    assert found["sizes"] == {"forget": 30, "test": 20, "nonmembers": unseen}


# --- live -----------------------------------------------------------------------------------


def test_the_live_chart_shows_unseen_samples_of_the_class(digits):
    parts = split(digits, THREE)
    task = make_task(digits, parts)
    train, heldout = (read_out(task.model, digits, pool) for pool in (digits.train, digits.heldout))
    original = Readings(train[parts.retain], train[parts.forget], heldout[parts.test], heldout[parts.unseen])
    event = Watcher(digits, parts, seed=0).start(task.model, 0, None).to_json()
    sizes = parts.sizes
    assert event["counts"] == {"retain": 200, "forget": sizes.forget, "test": sizes.test, "unseen": sizes.unseen}
    assert {name: sum(bins) for name, bins in event["before"]["histogram"].items()} == {
        "forget": sizes.forget, "test": sizes.unseen}
    final = measure(original)
    assert event["before"]["attacks"] == {name: final[name] for name in ("mia_loss", "mia_entropy")}
    assert event["before"]["accuracy"]["test"] == pytest.approx(final["test_accuracy"], abs=1e-3)


# --- every method ---------------------------------------------------------------------------

SMALL = {"retain_epochs": 1, "max_forget_epochs": 1, "epochs": 1, "maximise_epochs": 1}


@pytest.mark.parametrize("method", all_of("method"), ids=lambda method: method.name)
def test_every_method_removes_a_class(method, digits):
    """On the whole digits for a pass or so: it ends where its plan says and leaves a network that can be read."""
    parts = split(digits, THREE)
    known = {field.name for field in dataclasses.fields(method.parameters)}
    parameters = parameters_of(method.name, parts.sizes, **{n: v for n, v in SMALL.items() if n in known})
    task = make_task(digits, parts)
    *_, last = method.unlearn(task, parameters)
    plan = method.plan(parameters, parts.sizes)
    assert (last.step, last.samples) == (plan.steps, plan.samples)
    held = bench.Bench(digits, None, task.model.eval(), {}, CPU, 1, None)
    resolved = resolve(dataclasses.replace(THREE, method=method.name), parts.sizes)
    readings, samples = read_sets(task.model, held, parts, resolved)
    assert {name: len(index) for name, (index, _) in samples.items()} == {
        "retain": parts.sizes.retain, "forget": parts.sizes.forget, "test": parts.sizes.test,
        "validation": 398, "unseen": parts.sizes.unseen}
    found = measure(readings)
    assert 0 <= found["forget_accuracy"] <= 100 and found["mia_loss"] is not None


def test_the_paper_reads_a_retrained_model_batch_by_batch_whatever_is_left_over(digits):
    """65 samples in batches of 64: the last one joins the others; a single one is read in evaluation mode."""
    parts = split(digits, THREE)
    parts = dataclasses.replace(parts, retain=parts.retain[:65], forget=parts.forget[:1])
    task = make_task(digits, parts)
    held = bench.Bench(digits, None, task.model.eval(), {}, CPU, 1, None)
    resolved = resolve(dataclasses.replace(THREE, method="retrain", profile="paper"), parts.sizes)
    readings, _ = read_sets(task.model, held, parts, resolved)
    assert len(readings.retain) == 65 and len(readings.forget) == 1
    assert torch.equal(readings.forget.loss, read_out(task.model, digits, digits.train, parts.forget).loss)
    assert all(bool(side.loss.isfinite().all()) for side in (readings.retain, readings.test, readings.forget))


# --- whole runs -----------------------------------------------------------------------------


def test_a_class_from_the_command_line(with_original, capfd, digits):
    words = ["run", "--scenario", "class", "--forget-class", "3", "--json"]
    assert main(words) == 0
    run = json.loads(capfd.readouterr().out)
    assert (run["spec"]["forget_class"], run["spec"]["forget_fraction"]) == (3, None)
    metrics = run["metrics"]
    assert metrics["original"]["forget_accuracy"] > 99
    assert metrics["forget_accuracy"] < 60 and metrics["test_accuracy"] > 60
    assert None not in [metrics[name] for name in ("mia_loss", "mia_entropy_gap", "tpr_at_0_1pct_fpr", "ks_test")]
    kept = open_store().load_samples(run["run_id"])
    assert kept["set"].value_counts().to_dict() == {
        "retain": 1_000 - len(of_class(digits.train, 3)), "forget": len(of_class(digits.train, 3)), "validation": 398,
        "test": len(split(digits, THREE).test), "unseen": len(of_class(digits.heldout, 3))}


@pytest.mark.parametrize("words, text", [
    (["--scenario", "class"], "forget_class is missing: the scenario 'class' needs the class to forget, a name such as "
                              "'0' or a number from 0 to 9."),
    (["--scenario", "random", "--forget-class", "3"],
     "forget_class is '3', but the scenario 'random' forgets no class."),
    (["--scenario", "class", "--forget-class", "12"],
     "forget_class is 12, but digits has the classes 0 to 9."),
])
def test_bad_classes_on_the_command_line(words, text, home, capfd):
    assert main(["run", *words, "--json"]) == 2
    _, err = capfd.readouterr()
    assert text in err and "Traceback" not in err and open_store().list() == []


def test_a_class_from_a_notebook(with_original, digits):
    lab = engine.load("digits")
    parts = lab.split(forget_class="3", seed=1)
    expected = split(digits, dataclasses.replace(THREE, seed=1))
    assert all(torch.equal(getattr(parts.sets, name).cpu(), getattr(expected, name)) for name in (
        "forget", "retain", "validation", "test", "unseen"))
    assert (parts.spec.scenario, parts.spec.forget_class, parts.spec.forget_fraction) == ("class", 3, None)
    assert torch.equal(lab.split(forget_class=0).sets.forget.cpu(), split(digits, Spec(
        scenario="class", forget_class=0)).forget), "class 0 is a class"
    before = lab.evaluate(parts)
    result = lab.unlearn(parts, "finetune", max_forget_epochs=2)
    after = lab.evaluate(result)
    assert before["forget_accuracy"] > 99 and set(after) == set(before)
    with pytest.raises(BadSpec, match=r"^forget_class is 10, but digits has the classes 0 to 9\.$"):
        lab.split(forget_class=10)


@pytest.fixture
def tiny(digits, brief, monkeypatch, no_caches):
    """Digits with a held-out pool of few threes; ``carry_out(unseen, **spec)`` runs a spec on them to its end."""
    def carry_out(unseen, **spec):
        threes = of_class(digits.heldout, 3)
        left = [sample for sample in range(797) if sample not in set(threes[unseen:])]
        few = dataclasses.replace(digits, heldout=Pool(digits.heldout.images[left], digits.heldout.labels[left]))
        no_caches()
        monkeypatch.setitem(registry.table("dataset"), "digits", dataclasses.replace(
            get("dataset", "digits"), heldout_size=len(left), load=lambda options, report=None: few))
        resolved = resolve(dataclasses.replace(THREE, **{"parameters": {"max_forget_epochs": 1}} | spec))
        store, checkpoints = open_store(), Checkpoints(brief / "checkpoints")
        return execute(store.get(store.begin(resolved)), store, checkpoints, CPU)

    return carry_out


@pytest.mark.parametrize("unseen", [9, 0])
def test_a_run_with_few_unseen_samples(tiny, unseen):
    run = tiny(unseen)
    assert run.status == "finished", run.reason
    assert run.metrics["notes"][0] == (
        f"Only {unseen} unseen samples: an attack needs at least 10 per side, so the attack metrics are empty.")
    assert run.metrics["null_band"] == {"mia_loss": None, "mia_entropy": None}
    assert (run.metrics["ks_test"] is None) == (unseen == 0)


def test_a_run_without_unseen_samples_and_its_retraining(tiny):
    run, retrained = tiny(0), tiny(0, method="retrain", parameters={})
    completed = open_store().get(run.id).metrics
    assert retrained.status == "finished" and completed["retrained"]["run_id"] == retrained.id
    of_rmia = {f"rmia{what}" for what in ("", "_gap", "_auc", "_tpr_at_1pct_fpr", "_tpr_at_0_1pct_fpr")}
    assert completed["missing"] == not_tried("there is 1") | dict.fromkeys(
        of_rmia, "It needs at least 10 samples per side.") | {
        "tow_mia": "It needs the attacks on both models, of at least 10 samples per side."}
    assert completed["rmia_auc"] is None
    assert None not in [completed[name] for name in ("tow", "average_gap", "ks_retrained", "wasserstein_retrained")]
    assert retrained.metrics["forget_accuracy"] == 0.0
    assert verdict_of(dataclasses.replace(run, metrics=completed)).over_forgotten is None


def test_a_class_that_the_loaded_data_do_not_have(digits, with_original, monkeypatch, no_caches, capfd):
    threes = set(of_class(digits.train, 3))
    left = [sample for sample in range(1_000) if sample not in threes]
    none = dataclasses.replace(digits, train=Pool(digits.train.images[left], digits.train.labels[left]))
    monkeypatch.setitem(registry.table("dataset"), "digits", dataclasses.replace(
        get("dataset", "digits"), train_size=len(left), load=lambda options, report=None: none))
    assert main(["run", "--scenario", "class", "--forget-class", "3"]) == 2
    _, err = capfd.readouterr()
    assert (f"forget_class is 3 (3), but none of the {len(left)} training samples is of that class. "
            "Valid: 0, 1, 2, 4, 5, 6, 7, 8, 9.") in err
    assert "Traceback" not in err and open_store().list() == []
