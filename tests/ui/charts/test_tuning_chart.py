"""The chart of the best score so far."""

from __future__ import annotations

from ui.charts.tuning import Line, plot_best


def test_a_step_line_a_method_and_its_numbers_in_words():
    figure = plot_best([Line("ssd", "SSD", (9.14, 8.0, 8.0)), Line("scrub", "SCRUB", (5.8,)), Line("x", "X", ())], 3)
    assert [(trace.name, list(trace.y), trace.line.shape) for trace in figure.data] == [
        ("SSD", [9.14, 8.0, 8.0], "hv"), ("SCRUB", [5.8], "hv")]
    assert figure.layout.meta["alt"] == (
        "Line chart. Best average gap in points: SSD from 9.1 to 8.0; SCRUB from 5.8 to 5.8")
    assert figure.layout.yaxis.range is None


def test_a_setting_that_broke_a_model_does_not_flatten_the_others():
    figure = plot_best([Line("ssd", "SSD", (100.0, 2.0)), Line("scrub", "SCRUB", (4.0, 2.0))], 2)
    assert figure.layout.yaxis.range == (0, 8.0)


def test_without_a_score_it_says_when_one_comes():
    assert "own setting has its score" in plot_best([], 3).layout.annotations[0].text
