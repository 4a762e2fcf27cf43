"""What Robustness says of its rows, on every map that ships: the sentences, the rows and the map must agree."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from engine.runs.library import recorded_runs
from engine.runs.store import Store
from engine.studies.heatmap import build, measures
from engine.studies.sweep import FRACTION, Axis, Sweep
from engine.studies.sweep_runs import find_runs, grids
from tests.engine.studies.test_heatmap import forgotten
from ui.robustness import map as shown
from ui.robustness import rows as said


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Every recorded grid with its runs."""
    store = Store(tmp_path_factory.mktemp("maps") / "lab.db")
    found = [(sweep, find_runs(sweep, store)) for sweep in grids(recorded_runs())[0]]
    assert sorted((sweep.dataset, len(runs)) for sweep, runs in found) == [("cifar10", 9), ("digits", 432)]
    return found


@pytest.mark.parametrize("measure", measures())
def test_the_sentence_on_the_rule_counts_what_the_rows_say(recorded, measure):
    for sweep, runs in recorded:
        heatmap = build(sweep, runs, measure)
        rows = heatmap.rows()
        told = Counter(said.row_of(heatmap, row)["rule holds"] for row in rows)
        sentence = said.verdict(heatmap, rows)
        holds, judged = map(int, re.search(r"\*\*(\d+) of the (\d+)\*\* rows", sentence).groups())
        assert holds == told["yes"] and judged == told["yes"] + told["no"] + told["no, it is excluded (†)"]
        cannot = re.search(r"(\d+) rows? cannot", sentence)
        assert (int(cannot[1]) if cannot else 0) == told["cannot tell"] == len(heatmap.blind)
        outside = re.search(r"in (\d+) its value is outside the grid", sentence)
        assert (int(outside[1]) if outside else 0) == told["outside the grid"]
        assert sum(told.values()) == len(rows) == len(sweep.down.values)


@pytest.mark.parametrize("measure", measures())
def test_the_star_is_never_on_an_excluded_cell_and_nothing_that_counts_beats_it(recorded, measure):
    for sweep, runs in recorded:
        heatmap = build(sweep, runs, measure)
        marks = shown.marks(heatmap, None)
        assert not set(marks.best) & set(marks.doubtful) and not {row for _, row in marks.best} & set(marks.blind)
        assert len(marks.best) == len(sweep.down.values) - len(marks.blind)
        for column, row in marks.best:
            line = [heatmap.squares[x, sweep.down.values[row]] for x in sweep.across.values]
            sound = [one.mean for one in line if not one.doubtful]
            assert line[column].mean == (max if heatmap.high_is_good else min)(sound)
            if not heatmap.high_is_good and any(one.within for one in line):
                assert line[column].within, "a green square wins against any other"


@pytest.mark.parametrize("measure", measures())
def test_the_answer_counts_the_green_squares_of_the_rows_that_can_tell(recorded, measure):
    for sweep, runs in recorded:
        heatmap = build(sweep, runs, measure)
        greens = Counter(one.down for one in heatmap.squares.values() if one.within)
        wide = sum(2 * greens[y] >= len(sweep.across.values) for y in sweep.down.values if y not in heatmap.blind)
        able = len(sweep.down.values) - len(heatmap.blind)
        assert f"in {wide} of {able} rows" in said.answer(heatmap)
        assert ("cannot" in said.answer(heatmap)) is bool(heatmap.blind)


def test_the_shipped_map_in_words(recorded):
    sweep, runs = next((sweep, runs) for sweep, runs in recorded if sweep.dataset == "digits")
    heatmap = build(sweep, runs, "mia_entropy_gap")
    assert said.verdict(heatmap, heatmap.rows()) == (
        "The method's own alpha (5/3 of the forget fraction) is as good as the best of its row, within the chance "
        "range, in **3 of the 4** rows where this can be judged; 4 rows cannot: too few samples are forgotten; in 4 "
        "its value is outside the grid.")
    legend = shown.subtitle(heatmap)
    assert "grey †: over-forgotten, damaged or below chance, so it never counts, however low its number" in legend
    assert re.search(r"\(here (\d+ [a-z -]+(, )?)+\)", legend), "how many for each reason"
    assert "of each seed's distance: so are colours and verdicts" in legend
    assert "hatched: too few samples to tell" in legend and "empty" not in legend, "only what occurs"


def test_nothing_is_best_in_a_row_that_cannot_tell():
    grid = Sweep(across=Axis("alpha", (0.05, 0.25, 0.5)), down=Axis(FRACTION, (0.15, 0.3)), seeds=(0,))
    runs = {(x, 0.15, 0): forgotten(3.0, 20.0, (38.0, 62.0)) for x in (0.05, 0.25, 0.5)}
    heatmap = build(grid, runs, "mia_loss_gap")
    (row,) = heatmap.rows()
    told = said.row_of(heatmap, row)
    assert (told["best"], told["points"], told["rule holds"]) == ("cannot tell", "–", "cannot tell")
    assert said.verdict(heatmap, [row]) == "" == said.answer(heatmap)
    assert "empty: not run yet" in shown.subtitle(heatmap), "the other row has not been run"
    assert "thin frame" not in shown.subtitle(heatmap)


def test_a_square_with_seeds_to_run_is_not_called_empty():
    grid = Sweep(across=Axis("alpha", (0.05, 0.25)), down=Axis(FRACTION, (0.15,)), seeds=(0, 1))
    heatmap = build(grid, {(x, 0.15, 0): forgotten(3.0, 20.0, (48.0, 52.0)) for x in (0.05, 0.25)}, "mia_loss_gap")
    assert "thin frame: seeds still to run" in shown.subtitle(heatmap) and "empty" not in shown.subtitle(heatmap)
