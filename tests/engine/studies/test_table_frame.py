"""Frames and their texts: columns and kinds of the tidy frame, escaping in Markdown and LaTeX, every digit in CSV."""

from __future__ import annotations

import pandas
import pytest
from comparing import finish

from engine.studies.comparison import Comparison, find_runs
from engine.studies.costs import COSTS
from engine.studies.sweep import FRACTION, Axis, Sweep
from engine.studies.table import build_table
from engine.studies.table_frame import escaped, tidy, tidy_sweep, to_csv, to_latex, to_markdown


def test_the_tidy_frame_of_a_comparison(store, monkeypatch):
    monkeypatch.setattr("engine.runs.library.recorded_runs", lambda: ())
    comparison = Comparison(methods=("ssd",), seeds=(0, 3))
    finish(store, comparison, "ssd", 0, test_accuracy=82.0)
    finish(store, comparison, "ssd", 3, test_accuracy=80.0)
    frame = tidy(build_table(comparison, find_runs(comparison, store), ("test_accuracy", "mia_loss_gap")))
    assert list(frame.columns) == [
        "profile", "dataset", "scenario", "forget", "method", "metric", "mean", "std", "paper_mean", "paper_std",
        "difference", "outside", "best", "retrained", "distance", "over_forgotten", "damaged", "off_retrained",
        "side", "chance", "unchanged", "forgot_nothing", "seed_0", "seed_3", "steps", "samples", "seconds",
        "seconds_ratio", "samples_ratio"]
    assert {cost.name for cost in COSTS} == set(frame.columns[-5:])
    assert frame.groupby("method", sort=False)["metric"].agg(list).to_dict() == {
        "original": ["test_accuracy", "mia_loss_gap"], "ssd": ["test_accuracy", "mia_loss_gap"]}
    row = frame[(frame.method == "ssd") & (frame.metric == "test_accuracy")].iloc[0]
    assert (row["mean"], row.seed_0, row.seed_3, row.steps, row.best) == (81.0, 82.0, 80.0, 10.0, False)
    assert frame.best.dtype == bool and frame.seed_3.dtype == float and pandas.isna(row.paper_mean)


def test_the_tidy_frame_of_a_sweep_has_a_row_a_run():
    sweep = Sweep(across=Axis("alpha", ("auto", 0.25)), down=Axis(FRACTION, (0.15,)), seeds=(0, 1))
    frame = tidy_sweep(sweep, {})
    assert frame[["dataset", "method", "alpha", FRACTION, "seed", "status"]].to_numpy().tolist() == [
        ["digits", "nabla_tau", "auto", 0.15, 0, "missing"], ["digits", "nabla_tau", 0.25, 0.15, 0, "missing"],
        ["digits", "nabla_tau", "auto", 0.15, 1, "missing"], ["digits", "nabla_tau", 0.25, 0.15, 1, "missing"]]
    assert to_csv(frame).splitlines()[1].startswith("digits,nabla_tau,corrected,auto,0.15,0,,missing,")


def test_csv_has_every_digit_true_false_and_nothing_for_none():
    frame = pandas.DataFrame({"a": [1 / 3, None], "b": [True, False], "c": [None, True], "d": [5, 6],
                              "e": ['x,"y"', ""]})
    assert to_csv(frame) == 'a,b,c,d,e\n0.3333333333333333,true,,5,"x,""y"""\n,false,true,6,\n'


def test_markdown_escapes_bars():
    assert to_markdown(["|x|", "y"], [["a|b", "1"]]) == "| \\|x\\| | y |\n| --- | ---: |\n| a\\|b | 1 |\n"


def test_latex_escapes_titles_and_takes_cells_as_they_are():
    assert to_latex(["a_b", "%", "%"], [["$x$", r"\textbf{1}", r"\&"]], first="r") == "\n".join([
        r"\begin{tabular}{rrr}", r"\toprule", r"a\_b & \% & \% \\", r"\midrule", r"$x$ & \textbf{1} & \& \\",
        r"\bottomrule", r"\end{tabular}", ""])


@pytest.mark.parametrize(("text", "latex"), [
    ("50% & more", r"50\% \& more"), ("a_b #1 {$}", r"a\_b \#1 \{\$\}"),
    (r"\~^", r"\textbackslash{}\textasciitilde{}\textasciicircum{}")])
def test_escaped_text_shows_itself(text, latex):
    assert escaped(text) == latex
