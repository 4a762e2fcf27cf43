"""Tables as text: exact LaTeX, Markdown and plain text of a small table; CSV and JSON with every digit of the store."""

from __future__ import annotations

import csv
import io
import json

import pytest
from comparing import finish

from engine.registry import names
from engine.studies.comparison import Comparison, find_runs
from engine.studies.exports import cells_of, latex_title, stem, to_csv, to_json, to_latex, to_markdown, to_text
from engine.studies.table import build_table

HELD = Comparison("digits", methods=("nabla_tau", "finetune"))
SMALL = Comparison("cifar10", methods=("nabla_tau", "l1_sparse"), seeds=(0, 1), profile="paper")
VALUES = {"nabla_tau": [(83.0, 1.25), (84.0, 1.75)], "l1_sparse": [(70.0, 4.0)]}


@pytest.fixture
def table(store, monkeypatch):
    """Two methods, two columns; the paper has values for one of the methods. The loss attack is over chance, at 53%."""
    monkeypatch.setattr("engine.runs.library.recorded_runs", lambda: ())
    for method, seeds in VALUES.items():
        for seed, (test, gap) in enumerate(seeds):
            finish(store, SMALL, method, seed, test_accuracy=test, mia_loss_gap=gap, seconds=1 / 3, steps=480,
                   samples=242_376)
    return build_table(SMALL, find_runs(SMALL, store), ("test_accuracy", "mia_loss_gap"))


LATEX = r"""% Needs \usepackage{booktabs} and \usepackage{xcolor}.
% cifar10, forgetting 15%, profile paper, seeds 0, 1.
% Mean and standard deviation over seeds. Bold: best; differences within the chance range are ties.
% Grey: the paper's value; * where ours differs by more than two standard deviations.
% ‡ damaged model, so never best.
% ↑ best, but the attack still does better than chance.
% No retrained model for seeds 0, 1: metrics that need one stay empty there.
% l1-sparse: the mean is over seed 0 only.
% l1-sparse damaged the model with seed 0: test accuracy 70.0% after 80.0%, so it is never best: an attack near chance is no success where the model is broken.
% The paper started from its own Original and its own copy of the data, we from ours: compare the rows of the Original first. Differences there carry over to the rows below.
\begin{tabular}{lrrrrrrr}
\toprule
Method & Test accuracy (\%) & Attack on the loss, from 50 (points) & Steps & Samples & Seconds & Samples / retraining & Seconds / retraining \\
\midrule
Original & 80.00 $\pm$ 0.00* & 12.00 $\pm$ 0.00* & - & - & - & - & - \\
 & \textcolor{gray}{\small 85.29 $\pm$ 0.21} & \textcolor{gray}{\small 4.71 $\pm$ 0.28} &  &  &  &  &  \\
$\nabla\tau$ & \textbf{83.50 $\pm$ 0.71}* & \textbf{1.50 $\pm$ 0.35}$^\uparrow$ & 480 & 242,376 & 0.3 & - & - \\
 & \textcolor{gray}{\small 85.73 $\pm$ 0.25} & \textcolor{gray}{\small 1.52 $\pm$ 0.22} &  &  &  &  &  \\
$\ell_1$-sparse$^\ddagger$ & 70.00 & 4.00 & 480 & 242,376 & 0.3 & - & - \\
\bottomrule
\end{tabular}
"""  # noqa: E501

MARKDOWN = r"""**cifar10, forgetting 15%, profile paper, seeds 0, 1**

| Method | Test accuracy (%) | Attack on the loss, from 50 (points) | Steps | Samples | Seconds | Samples / retraining | Seconds / retraining |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| Original | 80.00 ± 0.00 (85.29 ± 0.21\*) | 12.00 ± 0.00 (4.71 ± 0.28\*) | - | - | - | - | - |
| ∇τ (nabla-tau) | **83.50 ± 0.71** (85.73 ± 0.25\*) | **1.50 ± 0.35**↑ (1.52 ± 0.22) | 480 | 242,376 | 0.3 | - | - |
| l1-sparse‡ | 70.00 | 4.00 | 480 | 242,376 | 0.3 | - | - |

- Mean ± standard deviation over seeds. Bold: best; differences within the chance range are ties.
- In brackets: the paper's value, with * where it differs by more than two standard deviations.
- ‡ damaged model, so never best.
- ↑ best, but the attack still does better than chance.
- No retrained model for seeds 0, 1: metrics that need one stay empty there.
- l1-sparse: the mean is over seed 0 only.
- l1-sparse damaged the model with seed 0: test accuracy 70.0% after 80.0%, so it is never best: an attack near chance is no success where the model is broken.
- The paper started from its own Original and its own copy of the data, we from ours: compare the rows of the Original first. Differences there carry over to the rows below.
"""  # noqa: E501

TEXT = """cifar10, forgetting 15%, profile paper, seeds 0, 1

                       Test accuracy (%)    Attack on the
                                            loss, from 50
                                                 (points)
Original        ours        80.00 ± 0.00*    12.00 ± 0.00*
                paper       85.29 ± 0.21      4.71 ± 0.28
∇τ (nabla-tau)  ours        83.50 ± 0.71*^    1.50 ± 0.35 ↑
                paper       85.73 ± 0.25      1.52 ± 0.22
l1-sparse‡      ours               70.00             4.00

‡ damaged model, so never best.
↑ best, but the attack still does better than chance.
No retrained model for seeds 0, 1: metrics that need one stay empty there.
l1-sparse: the mean is over seed 0 only.
l1-sparse damaged the model with seed 0: test accuracy 70.0% after 80.0%, so it is never best: an attack near chance is no success where the model is broken.
The paper started from its own Original and its own copy of the data, we from ours: compare the rows of the Original first. Differences there carry over to the rows below.
"""  # noqa: E501


def test_latex(table):
    assert to_latex(table) == LATEX


def test_markdown(table):
    assert to_markdown(table) == MARKDOWN


def test_plain_text(table):
    assert to_text(table) == TEXT


def test_every_title_is_fit_for_latex():
    titles = {name: latex_title(name) for name in (*names("method"), "original")}
    assert titles["nabla_tau"] == r"$\nabla\tau$" and titles["original"] == "Original"
    assert titles["neggrad_plus"] == "NegGrad+" and titles["l1_sparse"] == r"$\ell_1$-sparse"
    assert all(title.isascii() and "_" not in title.replace(r"\ell_1", "") for title in titles.values())


def test_latex_without_paper_needs_no_colours(store):
    comparison = Comparison(methods=("ssd",))
    finish(store, comparison, "ssd")
    text = to_latex(build_table(comparison, find_runs(comparison, store), ("test_accuracy",)))
    assert text.startswith("% Needs \\usepackage{booktabs}.\n% digits, forgetting 15%, profile corrected, seed 0.\n")
    assert "gray" not in text and "paper" not in text
    assert r"Selective synaptic dampening (SSD) & 80.00 & 10 & 300 & 2.0 & - & - \\" in text


def test_csv_has_every_digit_of_the_store(table, store):
    rows = {(row["method"], row["metric"]): row for row in csv.DictReader(io.StringIO(to_csv(table)))}
    assert len(rows) == 6
    runs = find_runs(SMALL, store)
    for (method, seed), run in runs.items():
        for metric in table.columns:
            row = rows[method, metric]
            assert float(row[f"seed_{seed}"]) == run.metrics[metric]
            assert float(row["seconds"]) == run.seconds == 1 / 3
    row = rows["nabla_tau", "test_accuracy"]
    assert (row["dataset"], row["scenario"], row["forget"], row["profile"]) == ("cifar10", "random", "0.15", "paper")
    assert (float(row["mean"]), float(row["std"])) == (83.5, pytest.approx(0.5**0.5, abs=1e-15))
    assert (row["paper_mean"], row["paper_std"], row["outside"], row["best"]) == ("85.73", "0.25", "true", "true")
    assert float(row["difference"]) == 83.5 - 85.73
    one = rows["l1_sparse", "mia_loss_gap"]
    assert (one["std"], one["seed_0"], one["seed_1"], one["paper_mean"], one["outside"]) == ("", "4.0", "", "", "")


def test_json_is_an_array_of_cells(table):
    cells = cells_of(table)
    assert len(cells) == 6
    assert cells[2] == {"dataset": "cifar10", "scenario": "random", "forget": 0.15, "method": "nabla_tau",
                        "metric": "test_accuracy", "mean": 83.5, "std": pytest.approx(0.5**0.5), "seeds": [0, 1],
                        "paper_mean": 85.73, "paper_std": 0.25, "difference": pytest.approx(-2.23)}
    assert cells[4] == {"dataset": "cifar10", "scenario": "random", "forget": 0.15, "method": "l1_sparse",
                        "metric": "test_accuracy", "mean": 70.0, "std": None, "seeds": [0], "paper_mean": None,
                        "paper_std": None, "difference": None}


def test_the_page_exports_all_that_is_known_of_a_cell(table):
    cells, whole = cells_of(table), json.loads(to_json(table))
    assert [{name: cell[name] for name in cells[0]} for cell in whole] == cells
    assert whole[2]["values"] == {"0": 83.0, "1": 84.0} and (whole[2]["best"], whole[2]["damaged"]) == (True, False)
    assert whole[4]["damaged"] is True and whole[4]["profile"] == "paper"
    assert whole[4]["cost"] == {"steps": 480.0, "samples": 242_376.0, "seconds": 1 / 3, "seconds_ratio": None,
                                "samples_ratio": None}


def test_an_empty_table_exports_too(store):
    empty = build_table(Comparison("cifar10", "class", "dog", ("ssd",), profile="paper"), {})
    assert json.loads(to_json(empty))[0]["mean"] is None
    assert "Original & - & - & - & - & - & - & - & - & - & - \\\\\n & \\textcolor{gray}" in to_latex(empty)
    assert "% cifar10, forgetting the class dog, profile paper, seed 0." in to_latex(empty)
    assert to_csv(empty).count("\n") == 11 and "forgetting the class dog" in to_markdown(empty)


def test_exports_say_what_values_are_held_against_and_mark_what_lies_inside(store, monkeypatch):
    """56% is what retraining shows: 6 points from the ideal, whose chance range is one point."""
    monkeypatch.setattr("engine.runs.library.recorded_runs", lambda: ())
    monkeypatch.setattr("engine.studies.comparison._completed", lambda runs, store: runs)
    odd = {"mia_loss": 56.0, "mia_loss_gap": 6.0, "retain_accuracy": 90.0}
    for method, gap in (("nabla_tau", 0.5), ("finetune", 6.5)):
        finish(store, HELD, method, mia_loss=50 + gap, mia_loss_gap=gap, retrained=odd)
    table = build_table(HELD, find_runs(HELD, store), ("mia_loss_gap",))
    assert "| 6.50 ✓ |" in to_markdown(table) and r"\underline{6.50}" in to_latex(table)
    assert "- Held against the retrained model: ✓ inside its chance range (95%).\n" in to_markdown(table)
    assert "% Held against the retrained model: underlined inside its chance range (95%).\n" in to_latex(table)
    assert "| **0.50** ✓ |" in to_markdown(table, "ideal") and "6.50 ✓" not in to_markdown(table, "ideal")
    assert r"\textbf{\underline{0.50}}" in to_latex(table, "ideal")
    assert "Held against the ideal of its column, where that is fixed: ✓" in to_markdown(table, "ideal")


def test_one_seed_is_not_called_a_mean_and_a_file_is_named_by_what_is_in_it(store):
    comparison = Comparison(methods=("ssd",))
    finish(store, comparison, "ssd")
    table = build_table(comparison, find_runs(comparison, store), ("test_accuracy",))
    assert "- One seed. Bold: best;" in to_markdown(table) and "Mean ±" not in to_markdown(table)
    assert "% One seed. Bold: best;" in to_latex(table) and "Mean and" not in to_latex(table)
    assert stem(comparison) == "digits-15-corrected-seed-0"
    assert stem(Comparison("cifar10", "class", 3, seeds=(0, 1, 2), profile="paper")) == (
        "cifar10-class-3-paper-seeds-0-1-2")
