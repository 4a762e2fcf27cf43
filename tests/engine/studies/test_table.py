"""Tables against numbers worked out by hand: means, deviations, distances, ties, the paper, the cost."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

import pytest
from comparing import ORIGINAL, finish, metrics_of

from engine.evaluation.distances import clopper_pearson
from engine.evaluation.metrics import by_name, of_attacks
from engine.evaluation.noise import noise_floor
from engine.spec import resolve
from engine.studies.comparison import Comparison, find_runs
from engine.studies.notes import Note
from engine.studies.table import build_table, columns_of

DIGITS = Comparison(methods=("nabla_tau", "finetune", "ssd", "retrain"), seeds=(0, 1))


@pytest.fixture
def table_of(store, monkeypatch):
    monkeypatch.setattr("engine.runs.library.recorded_runs", lambda: ())
    # The numbers are the tests' own.
    monkeypatch.setattr("engine.studies.comparison._completed", lambda runs, store: runs)
    return lambda comparison, *columns: build_table(comparison, find_runs(comparison, store), columns or None)


def fill(store, comparison, **by_method):
    """``nabla_tau=[{...}, {...}]``: metrics of seed 0, 1, ..."""
    for method, seeds in by_method.items():
        for seed, changes in enumerate(seeds):
            finish(store, comparison, method, seed, **changes)


# --- cells ----------------------------------------------------------------------------------


def test_rows_and_the_papers_columns(store, table_of):
    table = table_of(DIGITS)
    assert table.columns == columns_of("random") and set(columns_of("class")) <= set(by_name())
    assert table.methods == ("original", "retrain", "nabla_tau", "finetune", "ssd")
    assert [(cell.method, cell.metric) for cell in table.cells] == [
        (method, metric) for method in table.methods for metric in columns_of("random")]
    assert {(cell.mean, cell.std, cell.seeds, cell.best, cell.distance) for cell in table.cells} == {
        (None, None, (), False, None)}
    assert table.missing == DIGITS.grid() and len(table.missing) == 8
    assert (table.cost["ssd"]["seconds"], table.noise["test_accuracy"], table.notes) == (None, None, [])


def test_mean_and_standard_deviation_over_seeds(store, table_of):
    fill(store, DIGITS, finetune=[{"mia_loss_gap": 1.0}, {"mia_loss_gap": 4.0}], ssd=[{"mia_loss_gap": 2.5}])
    table = table_of(DIGITS)
    cell = table.cell("finetune", "mia_loss_gap")
    assert (cell.mean, cell.seeds, cell.values) == (2.5, (0, 1), {0: 1.0, 1: 4.0})
    assert cell.std == pytest.approx(sqrt(2 * 1.5**2))
    assert (cell.dataset, cell.scenario, cell.forget, cell.distance) == ("digits", "random", 0.15, 2.5)
    one = table.cell("ssd", "mia_loss_gap")
    assert (one.mean, one.std, one.seeds) == (2.5, None, (0,))
    assert table.notes[1].text == "Selective synaptic dampening (SSD): the mean is over seed 0 only."
    assert table.missing == [("retrain", 0), ("retrain", 1), ("nabla_tau", 0), ("nabla_tau", 1), ("ssd", 1)]


def test_the_original_comes_from_any_run_of_a_seed(store, table_of):
    fill(store, DIGITS, ssd=[{"original": ORIGINAL | {"test_accuracy": 70.0}}])
    finish(store, DIGITS, "finetune", 1, original=ORIGINAL | {"test_accuracy": 74.0})
    cell = table_of(DIGITS).cell("original", "test_accuracy")
    assert (cell.mean, cell.values, cell.best) == (72.0, {0: 70.0, 1: 74.0}, False)


def test_a_metric_that_a_run_does_not_have_is_left_out(store, table_of):
    fill(store, DIGITS, ssd=[{"mia_loss_gap": None}, {"mia_loss_gap": 3.0}], finetune=[{"mia_loss_gap": None}])
    table = table_of(DIGITS, "mia_loss_gap", "tow")
    assert table.cell("ssd", "mia_loss_gap").values == {1: 3.0}
    assert table.cell("finetune", "mia_loss_gap").mean is None and table.cell("ssd", "tow").mean is None


# --- distances ------------------------------------------------------------------------------


def test_distances_by_declared_ideals(store, table_of):
    fill(store, DIGITS, retrain=[{"retain_accuracy": 90.0}, {"retain_accuracy": 92.0}],
         ssd=[{"retain_accuracy": 95.0, "test_accuracy": 77.0, "mia_loss": 47.5, "tow": 0.9}])
    table = table_of(DIGITS, "retain_accuracy", "test_accuracy", "mia_loss", "tow")
    retain = table.cell("ssd", "retain_accuracy")
    assert (retain.retrained, retain.distance) == (90.0, 5.0), "the retrained model of the same seeds"
    assert table.cell("ssd", "test_accuracy").distance == 23.0, "of 100 percent"
    assert table.cell("ssd", "mia_loss").distance == 2.5
    assert table.cell("ssd", "tow").distance == pytest.approx(0.1)
    assert (table.cell("retrain", "retain_accuracy").mean, table.cell("retrain", "retain_accuracy").distance) == (91, 0)


def test_the_retrained_model_that_a_run_refers_to_serves_too(store, table_of):
    fill(store, DIGITS, ssd=[{"retain_accuracy": 95.0, "retrained": {"retain_accuracy": 91.0, "run_id": "x"}}])
    cell = table_of(DIGITS).cell("ssd", "retain_accuracy")
    assert (cell.retrained, cell.distance) == (91.0, 4.0)


def test_without_a_retrained_model_nobody_is_best_at_matching_it(store, table_of):
    fill(store, DIGITS, ssd=[{}])
    table = table_of(DIGITS)
    assert not table.cell("ssd", "retain_accuracy").best and table.cell("ssd", "test_accuracy").best
    assert table.notes[0].text == "No retrained model for seeds 0, 1: metrics that need one stay empty there."


# --- best and ties --------------------------------------------------------------------------


def best_in(table, metric):
    return {cell.method for cell in table.cells if cell.metric == metric and cell.best}


def test_ties_within_half_the_null_band_share_best(store, table_of):
    """The band of the loss attack is 49 to 51: half of it is 1 point."""
    fill(store, DIGITS, nabla_tau=[{"mia_loss_gap": 1.0}, {"mia_loss_gap": 2.0}],
         finetune=[{"mia_loss_gap": 2.75}, {"mia_loss_gap": 2.25}], ssd=[{"mia_loss_gap": 2.5}, {"mia_loss_gap": 2.75}],
         retrain=[{"mia_loss_gap": 0.0}, {"mia_loss_gap": 0.0}])
    table = table_of(DIGITS, "mia_loss_gap")
    assert table.noise == {"mia_loss_gap": 1.0}
    assert best_in(table, "mia_loss_gap") == {"nabla_tau", "finetune"}, "1.5 and 2.5; 2.625 is too far"


def test_the_largest_test_accuracy_is_best_within_binomial_noise(store, table_of):
    """399 test images; the noise is that of the best method, 1.96 standard errors at 80% and at 84%, averaged.

    Two right and two wrong ones are added: 80% of 399 are 319.2, so p' = 321.2 / 403.
    """
    fill(store, DIGITS, nabla_tau=[{"test_accuracy": 80.0}, {"test_accuracy": 84.0}],
         finetune=[{"test_accuracy": 79.0}, {"test_accuracy": 80.0}], ssd=[{"test_accuracy": 78.0}] * 2,
         retrain=[{"test_accuracy": 99.0}] * 2)
    table = table_of(DIGITS, "test_accuracy")
    assert table.noise["test_accuracy"] == pytest.approx(
        98 * (sqrt(321.2 * 81.8 / 403**3) + sqrt(337.16 * 65.84 / 403**3)))
    assert table.noise["test_accuracy"] == pytest.approx(3.7683, abs=1e-4)
    assert best_in(table, "test_accuracy") == {"nabla_tau", "finetune"}


def test_noise_of_the_gap_and_of_areas(store, table_of):
    """150 to forget, 399 to test: the root of the sum of both squares."""
    fill(store, DIGITS, ssd=[{"forget_accuracy": 84.0, "test_accuracy": 80.0}])
    table = table_of(DIGITS, "accuracy_gap", "forget_accuracy", "mia_loss_auc", "rmia_auc", "ks_test")
    forget, test = 196 * sqrt(128 * 26 / 154**3), 196 * sqrt(321.2 * 81.8 / 403**3)
    assert table.noise["accuracy_gap"] == pytest.approx(sqrt(forget**2 + test**2))
    assert table.noise["mia_loss_auc"] == pytest.approx(1.96 * sqrt(550 / (12 * 150 * 399)))
    assert (table.noise["ks_test"], table.noise["forget_accuracy"]) == (None, None), "nobody has a value"
    assert table.noise["rmia_auc"] is None


# One of 150 forget samples exposed, and two: Clopper and Pearson's intervals.
EXPOSED = [{"tpr_at_1pct_fpr": 100 * k / 150,
            "tpr_at_1pct_fpr_interval": [100 * end for end in clopper_pearson(k, 150)]} for k in (1, 2)]
RETRAINED = {"retain_accuracy": 100.0, "forget_accuracy": 80.0, "test_accuracy": 75.0, "mia_loss": 50.0}
NOW = {"retain_accuracy": 98.0, "forget_accuracy": 84.0, "test_accuracy": 72.0, "mia_loss": 53.0,
       "null_band": {"mia_loss": [44.0, 56.0]}, "retrained": RETRAINED}


def of_accuracy(percent, n):
    share = (percent / 100 * n + 2) / (n + 4)
    return 196 * sqrt(share * (1 - share) / (n + 4))


def test_one_sample_does_not_decide_who_is_best(store, table_of):
    """0.67% and 1.33% of 150 are one and two samples; the interval of one is 0.02 to 3.66%."""
    fill(store, DIGITS, ssd=[EXPOSED[0]] * 2, finetune=[EXPOSED[1]] * 2)
    table = table_of(DIGITS, "tpr_at_1pct_fpr")
    assert noise_floor("tpr_at_1pct_fpr", EXPOSED[:1], resolve(DIGITS.spec("ssd", 0))) == pytest.approx(
        (3.6588 - 0.0169) / 2, abs=1e-3)
    assert best_in(table, "tpr_at_1pct_fpr") == {"ssd", "finetune"}


def test_a_measure_without_a_noise_floor_has_no_best(store, table_of):
    fill(store, DIGITS, ssd=[{"wasserstein_test": 0.1}], finetune=[{"wasserstein_test": 0.2}])
    table = table_of(DIGITS, "wasserstein_test", "test_accuracy")
    assert best_in(table, "wasserstein_test") == set() and best_in(table, "test_accuracy") == {"ssd", "finetune"}
    assert ("No chance range is known for Distance to unseen losses (Wasserstein): no method is marked as best there."
            ) in [note.text for note in table.notes]


@pytest.mark.parametrize("metric, floor", [
    ("ks_test", 1.358 * sqrt(549 / (150 * 399))), ("ks_retrained", 1.358 * sqrt(300 / 150**2)),
    ("rmia_auc", 1.96 * sqrt(550 / (12 * 150 * 399))), ("wasserstein_retrained", None)])
def test_floors_by_the_sizes_alone(metric, floor):
    assert noise_floor(metric, [{}], resolve(DIGITS.spec("ssd", 0))) == (floor and pytest.approx(floor))


def test_floors_against_the_retrained_model_are_propagated():
    """850 to retain, 150 to forget, 399 to test; factors of ToW .98, .96 and .97; a band of 6 points for the attack."""
    resolved = resolve(DIGITS.spec("ssd", 0))
    moved = [sqrt(of_accuracy(NOW[name], n)**2 + of_accuracy(RETRAINED[name], n)**2)
             for name, n in (("retain_accuracy", 850), ("forget_accuracy", 150), ("test_accuracy", 399))]
    tow = sqrt(sum((away / 100 * others)**2 for away, others in zip(moved, (0.96 * 0.97, 0.98 * 0.97, 0.98 * 0.96))))
    assert noise_floor("tow", [NOW], resolved) == pytest.approx(tow)
    gap = sqrt(sum(away**2 for away in moved) + 2 * 6**2) / 4
    assert noise_floor("average_gap", [NOW], resolved) == pytest.approx(gap)
    assert noise_floor("average_gap", [NOW | {"mia_loss": None}], resolved) == pytest.approx(
        sqrt(sum(away**2 for away in moved)) / 3)
    assert noise_floor("tow", [NOW | {"retrained": None}], resolved) is None


@pytest.mark.parametrize("emotion, forget, unseen", [("grief", 39, 8), ("neutral", 12_823, 3_198)])
def test_a_class_has_as_many_unseen_samples_as_it_has(emotion, forget, unseen):
    """The sizes of GoEmotions' classes are far apart."""
    resolved = resolve(Comparison("go_emotions", "class", emotion, ("ssd",)).spec("ssd", 0))
    assert (resolved.sizes.forget, resolved.sizes.nonmembers) == (forget, unseen)
    assert noise_floor("mia_loss_auc", [{}], resolved) == pytest.approx(
        1.96 * sqrt((forget + unseen + 1) / (12 * forget * unseen)))


def test_the_noise_of_retain_accuracy_counts_the_samples_that_it_is_read_on(store, table_of):
    """All of D for the paper's Table 1 alone: CIFAR-10, a random subset."""
    for dataset, profile, n in (("digits", "paper", 800), ("digits", "corrected", 800), ("cifar10", "paper", 50_000),
                                ("cifar10", "corrected", 40_000)):
        comparison = Comparison(dataset, forget=0.2, methods=("ssd",), profile=profile)
        finish(store, comparison, "ssd", retain_accuracy=90.0, retrained={"retain_accuracy": 88.0})
        assert table_of(comparison).noise["retain_accuracy"] == pytest.approx(
            196 * sqrt((0.9 * n + 2) * (0.1 * n + 2) / (n + 4)**3))


def test_an_over_forgotten_method_is_never_best_in_attack_columns(store, table_of):
    fill(store, DIGITS, nabla_tau=[{"mia_loss_gap": 3.0, "test_accuracy": 75.0}] * 2,
         finetune=[{"mia_loss_gap": 0.1}, {"mia_loss_gap": 0.1, "mia_loss_auc": 0.4}])
    table = table_of(DIGITS)
    assert best_in(table, "mia_loss_gap") == {"nabla_tau"}, "nor does it set the mark"
    assert best_in(table, "test_accuracy") == {"finetune"}, "accuracies are what they are"
    assert table.cell("finetune", "mia_loss_gap").over_forgotten
    assert Note("over_forgotten", "Fine-tuning is over-forgotten with seed 1: never best in an attack's column.",
                "finetune", (1,)) in table.notes
    assert {"mia_loss", "mia_entropy_gap", "mia_loss_auc", "tpr_at_1pct_fpr", "rmia_auc", "ks_test"} <= of_attacks()
    assert not {"test_accuracy", "accuracy_gap", "tow"} & of_attacks()


def test_a_damaged_model_is_never_best_and_is_told_in_the_notes(store, table_of):
    """Its attack is at 50.0, its forget and test accuracies are alike: because it knows nothing."""
    fill(store, DIGITS, nabla_tau=[{"mia_loss_gap": 3.0, "accuracy_gap": 5.0}] * 2, gradient_ascent=[
        {"mia_loss_gap": 0.0, "accuracy_gap": 0.0, "test_accuracy": accuracy} for accuracy in (79.0, 8.6)])
    comparison = Comparison(DIGITS.dataset, DIGITS.scenario, DIGITS.forget, ("nabla_tau", "gradient_ascent"),
                            DIGITS.seeds, DIGITS.profile)
    table = table_of(comparison)
    assert all(best_in(table, metric) == {"nabla_tau"} for metric in ("mia_loss_gap", "accuracy_gap"))
    assert (table.marks("gradient_ascent"), table.marks("nabla_tau"), table.marks("original")) == ("‡", "", "")
    assert Note("damaged", "Gradient ascent damaged the model with seed 1: test accuracy 8.6% after 80.0%, so it is "
                "never best: an attack near chance is no success where the model is broken.", "gradient_ascent",
                (1,)) in table.notes


def test_class_removal_where_zero_is_right(store, table_of):
    comparison = Comparison("cifar10", "class", "dog", ("retrain", "scrub", "finetune"))
    finish(store, comparison, "retrain", forget_accuracy=0.0)
    finish(store, comparison, "scrub", forget_accuracy=89.0)
    finish(store, comparison, "finetune", forget_accuracy=0.0)
    table = table_of(comparison)
    assert best_in(table, "forget_accuracy") == {"finetune"} and table.noise["forget_accuracy"] == pytest.approx(
        196 * sqrt(2 * 5002 / 5004**3)), "0% is not certain to the last digit"
    cell = table.cell("scrub", "forget_accuracy")
    assert (cell.forget, cell.retrained, cell.distance, cell.paper_mean) == (5, 0.0, 89.0, 89.46)


# --- the paper ------------------------------------------------------------------------------


def published(store, table_of, *values, comparison=None):
    comparison = comparison or Comparison("cifar10", methods=("nabla_tau",), seeds=tuple(range(len(values))),
                                          profile="paper")
    fill(store, comparison, nabla_tau=[{"test_accuracy": value} for value in values])
    return table_of(comparison).cell("nabla_tau", "test_accuracy")


def test_the_papers_value_beside_ours(store, table_of):
    """The paper: 85.73 +- 0.25. Ours: 83.5 +- sqrt(.5); two deviations together are 2 sqrt(.5 + .0625) = 1.5."""
    cell = published(store, table_of, 83.0, 84.0)
    assert (cell.paper_mean, cell.paper_std, cell.outside) == (85.73, 0.25, True)
    assert cell.difference == pytest.approx(-2.23)


def test_within_two_deviations(store, table_of):
    cell = published(store, table_of, 84.0, 85.0)
    assert cell.difference == pytest.approx(-1.23) and cell.outside is False


@pytest.mark.parametrize("ours, outside", [(85.25, False), (86.22, False), (85.2, True), (86.3, True)])
def test_with_one_seed_only_the_papers_deviation_counts(store, table_of, ours, outside):
    cell = published(store, table_of, ours)
    assert (cell.std, cell.outside) == (None, outside)


def test_no_paper_value_without_the_papers_setting(store, table_of):
    cell = published(store, table_of, 80.0, comparison=Comparison("cifar10", forget=0.2, methods=("nabla_tau",)))
    assert (cell.mean, cell.paper_mean, cell.difference, cell.outside) == (80.0, None, None, None)
    other = Comparison("cifar10", methods=("salun",))
    assert table_of(other).cell("salun", "test_accuracy").paper_mean is None
    assert table_of(other).cell("original", "test_accuracy").paper_mean == 85.29


def test_another_profile_than_the_papers_is_said(store, table_of):
    comparison = Comparison("cifar10", methods=("nabla_tau",))
    published(store, table_of, 80.0, comparison=comparison)
    assert table_of(comparison).notes[-1] == Note(
        "paper_profile", "The paper's values follow the profile 'paper', ours 'corrected'.")


def test_every_note_has_a_kind_and_names_its_runs(store, table_of):
    comparison = Comparison("cifar10", methods=("ssd", "salun"), seeds=(0, 1))
    finish(store, comparison, "ssd", 0, mia_loss_auc=0.2)
    finish(store, comparison, "ssd", 1, test_accuracy=60.0, mia_loss_auc=0.2)
    finish(store, comparison, "salun", 1)
    assert [(note.kind, note.method, note.seeds) for note in table_of(comparison).notes] == [
        ("missing_retrained", None, (0, 1)), ("over_forgotten", "ssd", (0,)), ("damaged", "ssd", (1,)),
        ("partial_mean", "salun", (1,)), ("paper_original", None, ()), ("paper_profile", None, ())]


def test_what_is_to_be_known_of_runs_is_said_once(store):
    comparison = Comparison(methods=("ssd", "finetune"), seeds=(0, 1))
    fill(store, comparison, ssd=[{}, {}], finetune=[{}, {}], scrub=[{}])
    runs = {cell: replace(run, notice=None if cell == ("finetune", 1) else "Read in another way.")
            for cell, run in find_runs(comparison, store).items()}
    notes = [note.text for note in build_table(comparison, runs).notes if note.kind == "notice"]
    assert notes == ["Fine-tuning, Selective synaptic dampening (SSD): Read in another way."]


# --- cost -----------------------------------------------------------------------------------


def test_cost_and_its_ratio_to_retraining(store, table_of):
    for seed, seconds in enumerate((7.0, 9.0)):
        finish(store, DIGITS, "retrain", seed, seconds=seconds, steps=100, samples=3000)
        finish(store, DIGITS, "ssd", seed, seconds=2.0 * seed, steps=20 + seed, samples=600)
    cost = table_of(DIGITS).cost
    assert cost["ssd"] == {"steps": 20.5, "samples": 600, "seconds": 1.0, "seconds_ratio": 0.125, "samples_ratio": 0.2}
    assert (cost["retrain"]["seconds"], cost["retrain"]["seconds_ratio"]) == (8.0, 1.0)
    assert set(cost) == set(DIGITS.methods)


def test_no_ratio_without_a_retrained_run(store, table_of):
    finish(store, DIGITS, "ssd")
    assert table_of(DIGITS).cost["ssd"] == {"steps": 10, "samples": 300, "seconds": 2.0, "seconds_ratio": None,
                                           "samples_ratio": None}


def test_seconds_of_two_devices_are_not_compared(store, table_of):
    finish(store, DIGITS, "retrain", device="NVIDIA H200", seconds=1.0, samples=3000)
    finish(store, DIGITS, "ssd", seconds=50.0)
    table = table_of(DIGITS)
    assert (table.cost["ssd"]["seconds_ratio"], table.cost["ssd"]["samples_ratio"]) == (None, 0.1)
    assert table.notes[-1] == Note("devices", "The runs were made on 2 devices (NVIDIA H200; cpu, 1 thread): seconds "
                                   "compare within one device only.")


def test_runs_that_have_not_finished_are_missing(store, table_of):
    from engine.spec import resolve

    run_id = store.begin(resolve(DIGITS.spec("ssd", 0)))
    store.end(run_id, "failed", reason="Diverged.")
    table = table_of(DIGITS)
    assert ("ssd", 0) in table.missing and table.cell("ssd", "test_accuracy").mean is None


def test_an_unknown_row_or_column_is_a_key_error(store, table_of):
    with pytest.raises(KeyError):
        table_of(DIGITS).cell("salun", "test_accuracy")


def test_metrics_of_made_up_runs_are_metrics():
    assert {"retain_accuracy", "mia_loss_gap"} <= set(metrics_of()) & set(by_name())
