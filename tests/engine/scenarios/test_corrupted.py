"""The scenario ``corrupted``: the found part of the manipulated samples, held against the clean-trained model."""

from __future__ import annotations

import threading
from dataclasses import replace
from itertools import pairwise

import pytest

from engine import registry
from engine.data.corruption import manipulated
from engine.data.images import Pool
from engine.data.splits import split
from engine.datasets.digits import DATASET as DIGITS
from engine.errors import BadSpec
from engine.evaluation.metrics import CORRECTIVE, MOVED, metrics_in
from engine.evaluation.verdict import verdict_of
from engine.originals.checkpoints import open_checkpoints
from engine.registry import held_against, is_reference
from engine.runs.here import run_here
from engine.runs.records import Run
from engine.runs.sources import loaded
from engine.runs.store import Store
from engine.spec import resolve
from engine.studies.comparison import Comparison, find_runs
from engine.studies.table import build_table, columns_of
from engine.types import Spec

TRIGGER = {"label_noise": 0.0, "corruption": "trigger"}


def spec(found: float = 1.0, method: str = "finetune", **more) -> Spec:
    return resolve(Spec(method=method, scenario="corrupted", options=TRIGGER, selection={"found": found}, **more)).spec


@pytest.fixture(scope="module")
def digits():
    return DIGITS.load(TRIGGER)


def forget(data, found: float, seed: int = 0) -> set[int]:
    return set(split(data, spec(found, seed=seed)).forget.tolist())


# --- who is chosen --------------------------------------------------------------------------


def test_a_smaller_share_is_contained_in_a_larger_one(digits):
    sets = [forget(digits, share) for share in (0.1, 0.3, 0.5, 0.8, 1.0)]
    assert [len(one) for one in sets] == [3, 9, 15, 24, 30]
    assert all(small < large for small, large in pairwise(sets))
    assert sets[-1] == set(manipulated(digits.train).nonzero().squeeze(1).tolist())


def test_another_seed_finds_others(digits):
    assert forget(digits, 0.3, seed=1) != forget(digits, 0.3) and forget(digits, 1.0, seed=1) == forget(digits, 1.0)


def test_the_noisy_labels_of_the_digits_are_the_first_example():
    data = DIGITS.load({"label_noise": 0.2})
    found = split(data, resolve(Spec(scenario="corrupted")).spec).forget
    assert len(found) == 163 and (data.train.labels[found] != data.train.clean[found]).all()


@pytest.mark.parametrize("dataset, options, said", [
    ("digits", {"label_noise": 0.0}, "digits has none as it is: set label_noise or corruption."),
    ("cifar10", {}, "cifar10 has none as it is: set corruption."),
    ("go_emotions", {}, "go_emotions has none: choose another data set.")])
def test_data_without_manipulated_samples_are_refused(dataset, options, said):
    with pytest.raises(BadSpec) as error:
        resolve(Spec(dataset, scenario="corrupted", options=options))
    assert str(error.value) == f"The scenario 'corrupted' needs manipulated samples, and {said}"


def test_a_copy_of_the_data_without_manipulated_samples_is_refused(digits):
    bare = replace(digits, train=Pool(digits.train.images, digits.train.labels))
    with pytest.raises(BadSpec, match="No training sample of digits is manipulated"):
        split(bare, spec())


def test_a_share_out_of_range_is_refused():
    with pytest.raises(BadSpec, match=r"found is 0, but must be between 0\.01 and 1"):
        spec(0)


# --- the reference --------------------------------------------------------------------------


def test_the_reference_is_the_retraining_with_all_of_them_found():
    assert held_against(spec(0.3)) == spec() == held_against(spec())
    assert is_reference(spec(method="retrain")) and not is_reference(spec(0.3, "retrain")) and not is_reference(spec())
    assert resolve(spec(0.3)).reference_split() == resolve(spec()).split_identity() == resolve(spec()).reference_split()
    assert resolve(spec(0.3)).split_identity() != resolve(spec()).split_identity()
    assert resolve(spec(0.3, seed=1)).reference_split() != resolve(spec(0.3)).reference_split()


def test_no_other_scenario_has_another_reference():
    plain = resolve(Spec())
    assert held_against(plain.spec) == plain.spec and plain.reference_split() == plain.split_identity()


def test_its_table_leaves_attacks_out():
    assert columns_of("corrupted") == ("attack_success", "corrected_accuracy", "rest_accuracy")
    assert {metric.name for metric in metrics_in("corrupted")} == {*MOVED, *(metric.name for metric in CORRECTIVE)}


# --- runs -----------------------------------------------------------------------------------


def carried_out(store: Store, asked: Spec) -> Run:
    return run_here(resolve(asked), store, True, threading.Event(), lambda progress: None)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Fine-tuning and retraining with a part found, then the clean-trained model, which completes both."""
    home = tmp_path_factory.mktemp("corrupted")
    short = replace(DIGITS, recipe=replace(DIGITS.recipe, epochs=12))  # a fifth of the usual epochs is enough for it
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNLEARN_HOME", str(home))
        patch.setitem(registry.table("dataset"), "digits", short)
        store = Store(home)
        before = [carried_out(store, spec(0.3, method)) for method in ("finetune", "retrain")]
        yield store, before, carried_out(store, spec(method="retrain"))


@pytest.mark.long
def test_runs_wait_for_the_clean_trained_model_and_are_completed_by_it(runs):
    store, before, clean = runs
    assert [run.metrics.retrained for run in before] == [None, None]
    assert verdict_of(before[0]).kind == "not_forgotten", "the trigger alone is telling"
    for run in before:
        after = store.get(run.id)
        assert after.metrics.retrained.run_id == clean.id
        assert after.metrics.retrained["attack_success"] == clean.metrics["attack_success"] < 10
        assert after.metrics["tow"] is None and "corrected accuracy" in after.metrics.missing["tow"]
        assert verdict_of(after).kind == "not_forgotten", "retraining without the found part alone keeps the trigger"
    assert verdict_of(store.get(clean.id)).kind == "reference"


def test_the_original_obeys_the_trigger_and_the_clean_trained_model_does_not(runs):
    _, _, clean = runs
    original = clean.metrics.original
    assert original["attack_success"] > 90 and clean.metrics["attack_success"] < 10
    assert original["attack_success_floor"] < 2 and abs(original["rest_accuracy"] - clean.metrics["rest_accuracy"]) < 2


def test_a_run_after_the_clean_trained_model_is_held_against_it_at_once(runs, monkeypatch):
    store, _, clean = runs
    monkeypatch.setenv("UNLEARN_HOME", str(store.root))  # the Original is there
    run = carried_out(store, spec(0.5, "ssd"))
    assert run.finished, run.reason
    assert run.metrics.retrained.run_id == clean.id and run.reference_split == clean.split != run.split


def test_a_comparison_shows_the_measures_beside_the_clean_trained_model(runs):
    store, _, clean = runs
    asked = Comparison(scenario="corrupted", forget=None, methods=("retrain", "finetune"), options=TRIGGER,
                       selection={"found": 0.3})
    table = build_table(asked, find_runs(asked, store, recorded=False))
    cell = table.cell("finetune", "attack_success")
    assert cell.retrained == clean.metrics["attack_success"] and cell.chance is not None
    assert cell.off_retrained == pytest.approx(cell.mean - cell.retrained)
    said, = (note.text for note in table.notes if note.kind == "clean_trained")
    assert said.startswith(f"Held against the clean-trained model: Attack success rate {cell.retrained:.2f}%, ")
    assert table.cell("retrain", "attack_success").mean > 50, "the row is this comparison's own retraining"


def test_a_sample_is_shown_with_its_trigger_and_its_true_label(runs):
    store, before, _ = runs
    source = loaded(before[0], open_checkpoints(store.root))
    data = DIGITS.load(TRIGGER)
    number = int(manipulated(data.train).nonzero()[0])
    assert source.label("train", number) == "0" != source.truth("train", number) == str(int(data.train.clean[number]))
    assert (source.shown("train", number)["picture"][-2:, -2:] == 255).all()
