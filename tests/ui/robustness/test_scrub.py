"""What the sliders run through: every cell's numbers and its verdict, without a browser."""

from __future__ import annotations

from dataclasses import replace

from engine.evaluation.measured import Metrics
from engine.runs.records import Run
from engine.studies.heatmap import build
from engine.studies.sweep import FRACTION, Axis, Sweep
from engine.types import Spec
from ui.robustness.map import said
from ui.robustness.rows import answer
from ui.robustness.scrub import payload

GRID = Sweep(across=Axis("alpha", (0.05, 0.25)), down=Axis(FRACTION, (0.02, 0.3)), seeds=(0, 1))
TITLES = ("Alpha", "Forget fraction")


def run(gap: float, half: float = 2.0) -> Run:
    metrics = {"mia_loss": 50 + gap, "mia_loss_gap": gap, "forget_accuracy": 70.0 + gap, "test_accuracy": 70.0,
               "null_band": {"mia_loss": [50 - half, 50 + half]}, "original": {"mia_loss_gap": 20.0}}
    return Run(f"run-{gap}", "finished", Spec(), metrics=Metrics(metrics))


RUNS = {(0.05, 0.3, 0): run(7.0), (0.05, 0.3, 1): run(8.0), (0.25, 0.3, 0): run(1.0),
        (0.05, 0.02, 0): run(9.0, 12.0), (0.25, 0.02, 0): run(5.0, 12.0)}


def cells():
    return payload(build(GRID, RUNS, "mia_loss_gap"), RUNS, TITLES, None)


def test_both_axes_and_a_place_to_begin():
    data = cells()
    assert data["across"] == {"title": "Alpha", "labels": ["0.05", "0.25"]}
    assert data["down"] == {"title": "Forget fraction", "labels": ["2%", "30%"]}
    assert data["at"] == [1, 1]
    assert payload(build(GRID, RUNS, "mia_loss_gap"), RUNS, TITLES, (0, 1))["at"] == [0, 1]


def test_a_cell_has_its_means_its_chance_range_and_a_verdict():
    outside, inside = cells()["cells"][1]
    assert (outside["name"], outside["verdict"], outside["kind"]) == (
        "alpha 0.05, forget fraction 30%", "5.5 points beyond the chance range", "poor")
    assert (inside["verdict"], inside["kind"]) == ("inside the chance range", "good")
    attack = outside["numbers"][-1]
    assert (attack["title"], attack["value"], attack["text"], attack["band"]) == (
        "On the map: Attack on the loss, from 50", 7.5, "7.50 points", [0.0, 2.0])
    assert attack["note"] == "chance range ±2.0"
    assert [one["title"] for one in outside["numbers"]][:3] == ["Forget accuracy", "Test accuracy", "Retain accuracy"]
    assert outside["numbers"][2]["text"] == "–", "not measured"


def test_distances_from_50_do_not_cancel_over_seeds():
    low = replace(run(7.0), metrics=Metrics({**run(7.0).metrics, "mia_loss": 43.0}))
    runs = {(0.05, 0.3, 0): run(7.0), (0.05, 0.3, 1): low}
    cell = payload(build(GRID, runs, "accuracy_gap"), runs, TITLES, None)["cells"][1][0]
    attack = next(one for one in cell["numbers"] if one["title"] == "Loss attack, from 50")
    assert (attack["value"], attack["text"], attack["band"]) == (7.0, "7.0 points", [0.0, 2.0]), "43% and 57%, not 50%"
    assert attack["note"] == "chance range ±2.0, accuracy 43.0 to 57.0%"
    cell = payload(build(GRID, runs, "mia_loss_gap"), runs, TITLES, None)["cells"][1][0]
    shown = [one for one in cell["numbers"] if "from 50" in one["title"] and one["value"] is not None]
    assert [(one["title"], one["text"]) for one in shown] == [
        ("On the map: Attack on the loss, from 50", "7.00 points")]
    assert cell["verdict"] == "below chance: it never counts", "one of the two seeds, by the rule of the sides"


def test_hovering_says_on_which_side_of_50_and_which_accuracy_is_higher():
    runs = {(0.05, 0.3, 0): run(7.0), (0.25, 0.3, 0): replace(run(7.0), metrics=Metrics(
        {**run(7.0).metrics, "mia_loss": 43.0, "forget_accuracy": 63.0, "accuracy_gap": 7.0}))}
    runs[0.05, 0.3, 0] = replace(run(7.0), metrics=Metrics({**run(7.0).metrics, "accuracy_gap": 7.0}))
    assert [text.split("<br>")[2] for text in said(build(GRID, runs, "mia_loss_gap"))[1]] == [
        "seed 0: 7.0 points, above 50%", "seed 0: 7.0 points, below 50%"]
    assert [text.split("<br>")[2] for text in said(build(GRID, runs, "accuracy_gap"))[1]] == [
        "seed 0: 7.0 points, forget accuracy above test accuracy",
        "seed 0: 7.0 points, forget accuracy below test accuracy"]


def test_a_row_that_cannot_tell_says_so_and_is_not_good():
    for cell in cells()["cells"][0]:
        assert (cell["verdict"], cell["kind"]) == (
            "too few samples to tell: chance hides every difference in this row", "unknown")


def test_a_cell_without_runs_says_so():
    data = payload(build(GRID, {}, "mia_loss_gap"), {}, TITLES, None)
    assert (data["cells"][0][0]["verdict"], data["cells"][0][0]["kind"]) == ("not measured yet", "unknown")


def test_the_answer_counts_the_rows_that_can_tell():
    assert answer(build(GRID, RUNS, "mia_loss_gap")) == (
        "At least half of the values of alpha lie within the chance range of the ideal in 1 of 1 row that can tell; "
        "1 row cannot: too few samples are forgotten.")
    assert answer(build(GRID, {}, "mia_loss_gap")) == ""
