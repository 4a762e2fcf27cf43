"""A heatmap by hand: means, chance ranges, states, the best of a row, the rule; and what is exported of it."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest

from engine.evaluation.measured import Metrics
from engine.runs.records import Run
from engine.studies import heatmap_exports as exports
from engine.studies.heatmap import build, rule
from engine.studies.sweep import FRACTION, Axis, Sweep
from engine.types import Spec

GRID = Sweep(across=Axis("alpha", (0.05, 0.25, 0.5)), down=Axis(FRACTION, (0.15, 0.3)), seeds=(0, 1))


def run(gap: float, accuracy: float = 70.0, status: str = "finished", reason: str | None = None) -> Run:
    metrics = {"mia_loss_gap": gap, "test_accuracy": accuracy, "null_band": {"mia_loss": [48.0, 52.0]}}
    return Run(f"run-{gap}", status, Spec(), reason=reason, seconds=1.5,
               metrics=Metrics(metrics) if status == "finished" else None)


RUNS = {(0.05, 0.15, 0): run(8.0), (0.05, 0.15, 1): run(4.0), (0.25, 0.15, 0): run(1.0), (0.25, 0.15, 1): run(2.0),
        (0.5, 0.15, 0): run(3.0), (0.5, 0.15, 1): run(0, status="failed", reason="It broke."),
        (0.25, 0.3, 0): run(0, status="running")}


def test_squares_hold_mean_spread_seeds_noise_and_state():
    squares = build(GRID, RUNS, "mia_loss_gap").squares
    first = squares[0.05, 0.15]
    assert (first.values, first.mean, first.noise, first.within) == ({0: 8.0, 1: 4.0}, 6.0, 2.0, False)
    assert first.std == pytest.approx(8**0.5)
    assert (squares[0.25, 0.15].mean, squares[0.25, 0.15].within) == (1.5, True)
    assert {place: one.state for place, one in squares.items()} == {
        (0.05, 0.15): "finished", (0.25, 0.15): "finished", (0.5, 0.15): "failed", (0.05, 0.3): "waiting",
        (0.25, 0.3): "running", (0.5, 0.3): "waiting"}
    assert squares[0.5, 0.15].states == {0: ("finished", None), 1: ("failed", "It broke.")}
    assert (squares[0.5, 0.3].mean, squares[0.5, 0.3].std, squares[0.5, 0.3].within) == (None, None, False)


def test_the_best_of_a_row_all_that_are_as_good_and_the_rule():
    heatmap = build(GRID, RUNS, "mia_loss_gap")
    (row,) = heatmap.rows()
    assert (row.down, row.best, row.mean, row.as_good) == (0.15, 0.25, 1.5, (0.25,)), "3 lies beyond chance, 1.5 inside"
    assert (row.rule, row.at_rule, row.at_rule_mean, row.holds) == (pytest.approx(0.25), 0.25, 1.5, True)


def test_where_nothing_lies_inside_chance_as_good_is_what_chance_cannot_tell_from_the_best():
    grid = replace(GRID, seeds=(0,))
    runs = {(0.05, 0.15, 0): run(8.0), (0.25, 0.15, 0): run(3.0), (0.5, 0.15, 0): run(4.5)}
    (row,) = build(grid, runs, "mia_loss_gap").rows()
    assert (row.best, row.as_good) == (0.25, (0.25, 0.5))


def test_a_far_value_is_not_as_good_only_because_chance_is_large():
    runs = {(0.05, 0.15, 0): forgotten(11.5, 25.0, (44.8, 55.2)), (0.25, 0.15, 0): forgotten(5.58, 25.0, (43.8, 56.2))}
    (row,) = build(replace(GRID, seeds=(0,)), runs, "mia_loss_gap").rows()
    assert (row.best, row.as_good) == (0.25, (0.25,))


def test_a_table_to_paste_says_which_squares_are_excluded_and_why_and_bolds_no_row_that_cannot_tell():
    broken = replace(run(0.5, 40.0), metrics=Metrics({**run(0.5, 40.0).metrics, "original": {"test_accuracy": 70.0}}))
    blind = {(x, 0.3, 0): forgotten(3.0, 20.0, (38.0, 62.0)) for x in GRID.across.values}
    runs = {(0.05, 0.15, 0): broken, (0.25, 0.15, 0): run(1.0)} | blind
    heatmap = build(replace(GRID, seeds=(0,)), runs, "mia_loss_gap")
    assert heatmap.squares[0.05, 0.15].why == "damaged"
    markdown = exports.to_markdown(heatmap)
    assert "| 15% | 0.50 † damaged | **1.00** | - |" in markdown
    assert "| 30%, too few samples to tell | 3.00 | 3.00 | 3.00 |" in markdown
    assert "†: excluded, for the reason beside it" in markdown
    assert r"0.50 $^\dagger$ damaged" in exports.to_latex(heatmap)


def test_a_rule_outside_the_grid_is_neither_kept_nor_broken():
    narrow = Sweep(across=Axis("alpha", (0.3, 0.5)), down=Axis(FRACTION, (0.15,)))
    runs = {(0.3, 0.15, 0): run(1.0), (0.5, 0.15, 0): run(2.0)}
    (row,) = build(narrow, runs, "mia_loss_gap").rows()
    assert (row.best, row.at_rule, row.holds) == (0.3, 0.3, None)


def test_auto_is_a_column_of_its_own_and_says_nothing_of_the_rule():
    mixed = Sweep(across=Axis("alpha", ("auto", 0.05, 0.5)), down=Axis(FRACTION, (0.15,)))
    runs = {("auto", 0.15, 0): run(1.0), (0.05, 0.15, 0): run(8.0), (0.5, 0.15, 0): run(2.0)}
    (row,) = build(mixed, runs, "mia_loss_gap").rows()
    assert (row.best, row.as_good, row.at_rule, row.holds) == ("auto", ("auto", 0.5), 0.05, False)
    alone = Sweep(across=Axis("alpha", ("auto",)), down=Axis(FRACTION, (0.15,)))
    (row,) = build(alone, {("auto", 0.15, 0): run(1.0)}, "mia_loss_gap").rows()
    assert (row.at_rule, row.holds) == (None, None)


def test_where_high_is_good_the_best_is_the_highest_and_noise_counts_from_it():
    grid = Sweep(across=Axis("alpha", (0.05, 0.25)), down=Axis(FRACTION, (0.15,)))
    runs = {(0.05, 0.15, 0): run(1.0, accuracy=60.0), (0.25, 0.15, 0): run(1.0, accuracy=75.0)}
    heatmap = build(grid, runs, "test_accuracy")
    assert heatmap.high_is_good and heatmap.rows()[0].best == 0.25
    assert [heatmap.squares[x, 0.15].within for x in (0.05, 0.25)] == [False, True]


def test_the_rule_is_the_methods_own_choice_row_by_row():
    assert rule(GRID) == {0.15: pytest.approx(0.25), 0.3: pytest.approx(0.5)}
    assert rule(Sweep(method="scrub", across=Axis("learning_rate", (0.1,)), down=GRID.down)) == {}
    assert rule(Sweep(across=GRID.across, down=Axis("learning_rate", (0.1, 0.2)), forget_fraction=0.3)) == {
        0.1: pytest.approx(0.5), 0.2: pytest.approx(0.5)}


def test_exports_hold_every_run_and_every_digit():
    rows = list(csv.DictReader(io.StringIO(exports.to_csv(GRID, RUNS))))
    assert len(rows) == GRID.size
    assert (rows[0]["alpha"], rows[0]["forget_fraction"], rows[0]["seed"], rows[0]["mia_loss_gap"]) == (
        "0.05", "0.15", "0", "8.0")
    told = json.loads(exports.to_json(GRID, RUNS))
    assert [one["status"] for one in told] == ["finished"] * 3 + ["missing", "running", "missing"] + [
        "finished", "finished", "failed"] + ["missing"] * 3
    assert told[8]["reason"] == "It broke." and told[8]["mia_loss_gap"] is None


def test_tables_to_paste():
    heatmap = build(GRID, RUNS, "mia_loss_gap")
    markdown = exports.to_markdown(heatmap)
    assert "| forget fraction / alpha | 0.05 | 0.25 | 0.5 |" in markdown
    assert "| 15% | 6.00 ± 2.83 | **1.50 ± 0.71** | 3.00 |" in markdown
    assert "| 30% | - | - | - |" in markdown
    assert markdown.endswith("- Mean ± standard deviation over seeds; bold: within the chance range of the ideal.\n")
    one = build(Sweep(across=GRID.across, down=GRID.down), RUNS, "test_accuracy")
    assert exports.to_markdown(one).endswith("- One seed; bold: within the chance range of the map's best.\n")
    latex = exports.to_latex(heatmap)
    assert r"15\% & 6.00 $\pm$ 2.83 & \textbf{1.50 $\pm$ 0.71} & 3.00 \\" in latex
    assert latex.count(r"\toprule") == latex.count(r"\bottomrule") == 1


def test_a_square_below_chance_or_of_a_damaged_model_is_never_best():
    """Nearest to 50 at the left, but one lies at 46% with chance from 48%, the other has lost its accuracy."""
    below, damaged, sound = run(1.0), run(0.5, 40.0), run(3.0)
    runs = {(0.05, 0.15, 0): below, (0.25, 0.15, 0): damaged, (0.5, 0.15, 0): sound}
    extra = {0.05: {"mia_loss": 46.0}, 0.25: {"original": {"test_accuracy": 70.0}}, 0.5: {"mia_loss": 53.0}}
    runs = {place: replace(one, metrics=Metrics({**one.metrics, **extra[place[0]]})) for place, one in runs.items()}
    heatmap = build(replace(GRID, seeds=(0,)), runs, "mia_loss_gap")
    assert [heatmap.squares[x, 0.15].doubtful for x in (0.05, 0.25, 0.5)] == [True, True, False]
    assert [heatmap.squares[x, 0.15].within for x in (0.05, 0.25, 0.5)] == [False, False, False]
    (row,) = heatmap.rows()
    assert (row.best, row.as_good) == (0.5, (0.5,))


def forgotten(gap: float, original: float, band: tuple[float, float]) -> Run:
    metrics = {"mia_loss_gap": gap, "null_band": {"mia_loss": list(band)}, "original": {"mia_loss_gap": original}}
    return Run(f"run-{gap}", "finished", Spec(), metrics=Metrics(metrics))


def blind_rows(gaps: tuple[float, ...], original: float, half: float) -> frozenset:
    grid = Sweep(across=Axis("alpha", (0.05, 0.25)), down=Axis(FRACTION, (0.15,)))
    runs = {(x, 0.15, 0): forgotten(gap, original, (50 - half, 50 + half)) for x, gap in zip((0.05, 0.25), gaps)}
    return build(grid, runs, "mia_loss_gap").blind


def test_the_excess_is_what_lies_beyond_the_noise_floor():
    squares = build(GRID, RUNS, "mia_loss_gap").squares
    assert [squares[x, 0.15].excess for x in (0.05, 0.25, 0.5)] == [4.0, 0.0, 1.0]
    assert squares[0.5, 0.3].excess is None


@pytest.mark.parametrize(("gaps", "original", "half", "blind"), [
    ((3.0, 5.0), 20.0, 12.0, True), ((3.0, 5.0), 20.0, 9.0, False), ((3.0, 13.0), 20.0, 12.0, False)],
    ids=["half of the forgetting would go unseen", "it would be seen", "one square is worse than chance"])
def test_a_row_cannot_tell_where_chance_hides_half_of_the_forgetting(gaps, original, half, blind):
    assert (0.15 in blind_rows(gaps, original, half)) is blind


def test_in_a_row_that_cannot_tell_the_rule_neither_holds_nor_fails():
    grid = Sweep(across=Axis("alpha", (0.05, 0.25, 0.5)), down=Axis(FRACTION, (0.15,)))
    runs = {(x, 0.15, 0): forgotten(3.0, 20.0, (38.0, 62.0)) for x in (0.05, 0.25, 0.5)}
    (row,) = build(grid, runs, "mia_loss_gap").rows()
    assert (row.blind, row.holds) == (True, None)
