"""What the sliders run through: every cell's numbers and its verdict, without a browser."""

from __future__ import annotations

from dataclasses import replace

from engine.evaluation.measured import Metrics
from engine.runs.records import Run
from engine.studies.heatmap import build
from engine.studies.sweep import FRACTION, Axis, Sweep
from engine.types import Spec
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
    attack = next(one for one in outside["numbers"] if one["title"] == "Loss attack")
    assert (attack["value"], attack["text"], attack["band"]) == (57.5, "57.5%", [48.0, 52.0])
    assert attack["note"] == "chance range 48.0 to 52.0%"
    assert [one["title"] for one in outside["numbers"]][:3] == ["Forget accuracy", "Test accuracy", "Retain accuracy"]
    assert outside["numbers"][2]["text"] == "–", "not measured"


def test_the_maps_own_number_is_there_beside_the_attacks_with_signs():
    low = replace(run(7.0), metrics=Metrics({**run(7.0).metrics, "mia_loss": 43.0}))
    runs = {(0.05, 0.3, 0): run(7.0), (0.05, 0.3, 1): low}
    cell = payload(build(GRID, runs, "mia_loss_gap"), runs, TITLES, None)["cells"][1][0]
    attack, shown = (next(one for one in cell["numbers"] if one["title"].startswith(title))
                     for title in ("Loss attack", "On the map: "))
    assert attack["text"] == "50.0%", "43% and 57%"
    assert (shown["value"], shown["text"], shown["band"]) == (7.0, "7.00 points", [0.0, 2.0])
    assert cell["verdict"] == "below chance: it never counts", "one of the two seeds, by the rule of the sides"


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
