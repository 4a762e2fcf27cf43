"""Four seeds, each by its name: what each of them changes, and that nothing changes where none is named."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helping import problems_of, weights_hash

from engine.attacks._shuffles import shuffled_by
from engine.cli.main import build_parser
from engine.cli.run import _spec_of
from engine.data.splits import split
from engine.evaluation.measure import accuracy
from engine.originals.checkpoints import Checkpoints
from engine.originals.workbench import prepare_bench
from engine.registry import get
from engine.runs.compute import compute
from engine.runs.method import unlearn
from engine.runs.recorded import asked_for, recorded_runs
from engine.runs.records import Run, stored_spec
from engine.runs.references import find_reference
from engine.spec import resolve
from engine.studies.repeat import run_command
from engine.types import NAMED_SEEDS, Seeds, Spec

OF_CLASS = Spec(scenario="class", forget_class=3, forget_fraction=None, method="finetune", seed=4)
BEFORE = [  # fingerprint, identity, split and training of specs, as they were before seeds had names
    (Spec(), "c89e9546cca4", "c0e115c3b1aee39343a7a606a52af519", "781048c88b4e", "2065c209705aee826b939c30"),
    (Spec(method="retrain", seed=1), "2d6eac39e665", "8cfd6bcea9d0399b6ad12d9a57bb56bb", "6b7e54ab51ca",
     "230eab33f1dba8a6f6d70fd8"),
    (Spec(method="retrain", seed=2, profile="paper"), "d1888cd9b988", "9f467ac0ea2a90f5132779f4233b7351",
     "e5678f4e5565", "a88029df0f2c9e00bc46484a"),
    (Spec(method="ssd", original_seed=3, seed=1, forget_fraction=0.3), "ad7d85f13534",
     "8a752df199909ddd142d970903515e63", "51f950b6fb73", "1d5419319f8ce445c8086dc9"),
    (OF_CLASS, "c90d76219809", "8bffb01c251f7691400a78c6425978ff", "abd3cec9306e", "28cd3a0f4fc6cd286f8f0df1")]


@pytest.fixture
def bench(with_original):
    return prepare_bench(resolve(Spec()), Checkpoints(with_original / "checkpoints"), torch.device("cpu"))


def quick(**more):
    return resolve(Spec(method="finetune", parameters={"retain_epochs": 1}, **more))


# --- nothing changes where none is named ----------------------------------------------------


@pytest.mark.parametrize(("spec", "fingerprint", "identity", "shared", "training"), BEFORE)
def test_identities_are_those_of_before(spec, fingerprint, identity, shared, training):
    resolved = resolve(spec)
    assert resolved.fingerprint == fingerprint
    assert resolved.identity("d" * 64, "o" * 64) == identity
    assert resolved.split_identity() == shared
    assert resolved.training_identity("d" * 64) == training


def test_recorded_runs_are_found_by_their_fingerprints():
    runs = [run for run in recorded_runs() if run.fingerprint]
    resolved = [asked_for(run) for run in runs]
    assert len(runs) > 100
    assert [one.fingerprint for one in resolved if one] == [run.fingerprint for run in runs]
    assert [one.split_identity() for one in resolved if one] == [run.split for run in runs]


def test_a_seed_that_is_spelled_out_follows_like_one_that_is_not():
    spelled = resolve(Spec(seed=3, forget_seed=3, unlearning_seed="3", evaluation_seed=3.0))
    assert spelled.spec == resolve(Spec(seed=3)).spec and spelled.fingerprint == resolve(Spec(seed=3)).fingerprint
    assert spelled.spec.named_seeds == {}


def test_a_stored_spec_holds_the_named_seeds_only():
    assert not set(NAMED_SEEDS) & set(stored_spec(Spec()))
    asked = stored_spec(Spec(unlearning_seed=7))
    assert asked["unlearning_seed"] == 7
    row = {"id": "cafe", "status": "finished", "spec": asked}
    run = Run.from_row(row)
    assert run.spec == Spec(unlearning_seed=7) and run.to_row()["spec"] == asked


# --- what each of them changes --------------------------------------------------------------


def test_the_four_seeds():
    assert Spec(seed=1, original_seed=2).seeds == Seeds(training=2, forget=1, unlearning=1, evaluation=1)
    assert Spec(seed=1, forget_seed=5, unlearning_seed=6, evaluation_seed=0).seeds == Seeds(0, 5, 6, 0)
    named = [resolve(Spec(**{name: 7})).fingerprint for name in ("seed", "original_seed", *NAMED_SEEDS)]
    assert len({resolve(Spec()).fingerprint, *named}) == 6


def test_the_forget_seed_draws_the_split_and_nothing_else(bench):
    alone, whole = quick(forget_seed=5), quick(seed=5)
    for name, index in split(bench.data, whole.spec).items():
        assert torch.equal(getattr(split(bench.data, alone.spec), name), index)
    assert alone.split_identity() == whole.split_identity(), "they share their retrained model"
    assert alone.training_identity("d") != whole.training_identity("d"), "it is trained by another seed"
    assert weights_hash(unlearn(bench, alone, split(bench.data, alone.spec)).model) != weights_hash(
        unlearn(bench, whole, split(bench.data, whole.spec)).model)


def test_the_unlearning_seed_changes_the_weights_and_no_set(bench):
    parts, usual = split(bench.data, quick().spec), quick()
    other = quick(unlearning_seed=1)
    assert torch.equal(split(bench.data, other.spec).forget, parts.forget)
    assert other.split_identity() == usual.split_identity()
    made = [weights_hash(unlearn(bench, one, parts).model) for one in (usual, other, quick(evaluation_seed=1))]
    assert made[0] != made[1] and made[0] == made[2]


def test_a_retraining_begins_from_the_weights_of_its_unlearning_seed():
    retrain = {"method": "retrain", "seed": 2}
    assert resolve(Spec(**retrain)).training_seed == 2
    assert resolve(Spec(**retrain, unlearning_seed=9)).training_seed == 9
    assert resolve(Spec(**retrain, unlearning_seed=9, original_seed=4, profile="paper")).training_seed == 4


def test_the_evaluation_seed_changes_bands_and_shuffles_only(bench):
    usual, other = (compute(one, bench).columns["metrics"] for one in (quick(), quick(evaluation_seed=1)))
    assert usual["null_band"] != other["null_band"]
    assert usual["mia_loss"] != other["mia_loss"]
    assert usual["original"]["mia_loss"] != other["original"]["mia_loss"], "the Original is measured by it too"
    assert compute(quick(), bench).columns["metrics"] == usual
    same = ("retain_accuracy", "forget_accuracy", "test_accuracy", "mia_loss_auc", "tpr_at_1pct_fpr", "ks_test")
    assert {name: usual[name] for name in same} == {name: other[name] for name in same}


def test_the_attackers_shuffles_are_the_published_ones_unless_named():
    rng = np.random.default_rng(0)
    sides, attack = (rng.normal(0.5, 1, 60), rng.normal(0, 1, 90)), get("attack", "mia_loss")
    usual = accuracy(attack, *sides), accuracy(attack, *sides, quick=True)
    with shuffled_by(1):
        named = accuracy(attack, *sides), accuracy(attack, *sides, quick=True)
        with shuffled_by(None):
            assert (accuracy(attack, *sides), accuracy(attack, *sides, quick=True)) == usual
        assert (accuracy(attack, *sides), accuracy(attack, *sides, quick=True)) == named
    assert named[0] != usual[0] and named[1] != usual[1]
    assert (accuracy(attack, *sides), accuracy(attack, *sides, quick=True)) == usual


# --- bad values and ways to name them -------------------------------------------------------


def test_bad_seeds_are_named():
    spec = Spec(forget_seed=-1, unlearning_seed="x", evaluation_seed=2**31)
    assert problems_of(spec) == [
        "forget_seed is -1, but must be a whole number from 0 to 2,147,483,647: the nearest valid value is 0.",
        "unlearning_seed is 'x', but must be a number.",
        "evaluation_seed is 2147483648, but must be a whole number from 0 to 2,147,483,647: the nearest valid value is "
        "2147483647."]
    assert problems_of(Spec(profile="paper", forget_seed=1)) == [
        "forget_seed is 1, but the profile 'paper' has one forget set for all seeds: leave it out, or take the profile "
        "'corrected'."]


def test_the_command_line_names_them_and_a_run_says_how_to_repeat_it():
    spec = Spec("digits", "ssd", seed=1, original_seed=2, forget_seed=3, unlearning_seed=4, evaluation_seed=5)
    command = run_command(spec)
    assert "--forget-seed 3 --unlearning-seed 4 --evaluation-seed 5" in command
    words = command.split()[3:]
    assert resolve(_spec_of(build_parser().parse_args(words))).spec == resolve(spec).spec


def test_a_notebook_names_them(with_original):
    import engine

    lab = engine.load("digits")
    parts = lab.split(forget_seed=2)
    assert torch.equal(parts.sets.forget, lab.split(seed=2).sets.forget)
    one, other = (lab.unlearn(parts, "finetune", unlearning_seed=seed, retain_epochs=1) for seed in (0, 1))
    assert one.resolved.spec.named_seeds == {"forget_seed": 2}
    assert other.resolved.spec.named_seeds == {"forget_seed": 2, "unlearning_seed": 1}
    assert weights_hash(one.model) != weights_hash(other.model) and one.identity != other.identity
    assert lab.evaluate(one, evaluation_seed=3)["mia_loss"] != lab.evaluate(one)["mia_loss"]


def test_of_two_retrained_models_a_run_takes_the_one_with_its_seeds(store):
    data = "d" * 64

    def retrained(**more):
        run_id = store.begin(resolve(Spec(method="retrain", **more)))
        store.end(run_id, status="finished", data=data[:16], metrics={"test_accuracy": 80.0})
        return run_id

    of_one, of_other, newest = retrained(unlearning_seed=1), retrained(original_seed=1), retrained()
    assert find_reference(store, resolve(Spec(unlearning_seed=1)), data).id == of_one
    assert find_reference(store, resolve(Spec(original_seed=1)), data).id == of_other
    assert find_reference(store, resolve(Spec()), data).id == newest
    assert find_reference(store, resolve(Spec(unlearning_seed=9)), data).id == newest, "else the newest, as ever"
    assert find_reference(store, resolve(Spec(forget_seed=9)), data) is None, "another split"


@pytest.mark.parametrize("named", [{}, {"unlearning_seed": 7}])
def test_a_second_retrained_model_has_another_seed_also_where_one_is_named(monkeypatch, named):
    from types import SimpleNamespace

    from engine.studies import relearn

    seen = []
    monkeypatch.setattr(relearn, "unlearn", lambda bench, resolved, parts, on_step: seen.append(
        resolved.training_seed) or SimpleNamespace(model=None))
    mine = SimpleNamespace(bench=None, parts=None, resolved=resolve(Spec(**named)))
    for other in (0, 1):
        relearn._trained(mine, other, lambda text, fraction: None, None)
    assert seen == [named.get("unlearning_seed", 0), named.get("unlearning_seed", 0) + 1]
