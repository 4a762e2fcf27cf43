"""A comparison and a sweep as tidy data frames, and tables of texts as Markdown and LaTeX.

pandas is imported where a frame is made: the engine's other modules start faster without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from engine.studies.sweep import Sweep
from engine.studies.sweep_runs import Runs, cell_of
from engine.studies.table import Table

if TYPE_CHECKING:
    from pandas import DataFrame

LATEX = str.maketrans({"\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
                       "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"})
Rows = Sequence[Sequence[str]]


def tidy(table: Table) -> DataFrame:
    """One row per method and metric; ``seed_N`` is the value of seed N, costs are means over seeds."""
    return _frame([{"profile": table.comparison.profile} | asdict(cell)
                   | {f"seed_{seed}": cell.values.get(seed) for seed in table.comparison.seeds}
                   | table.cost.get(cell.method, {}) for cell in table.cells]).drop(columns=["seeds", "values"])


def tidy_sweep(sweep: Sweep, runs: Runs) -> DataFrame:
    """One row per run of the grid, with what all runs have in common in front."""
    return _frame(records(sweep, runs))


def records(sweep: Sweep, runs: Runs) -> list[dict[str, Any]]:
    """The same rows as dictionaries."""
    same = {"dataset": sweep.dataset, "method": sweep.method, "profile": sweep.profile}
    return [same | cell_of(sweep, cell, runs.get(cell)) for cell in sweep.cells()]


def to_csv(frame: DataFrame) -> str:
    """Every digit of a number, true or false, and nothing where there is no value."""
    text: str = frame.map(lambda value: str(value).lower() if isinstance(value, bool) else value).to_csv(
        index=False, lineterminator="\n")
    return text


def to_markdown(titles: Sequence[str], rows: Rows) -> str:
    """A Markdown table; all columns but the first are aligned to the right."""
    lines = [titles, ["---", *["---:"] * (len(titles) - 1)], *rows]
    return "".join("| " + " | ".join(text.replace("|", r"\|") for text in line) + " |\n" for line in lines)


def to_latex(titles: Sequence[str], rows: Rows, first: str = "l") -> str:
    """A booktabs tabular; titles are escaped, cells are LaTeX already. ``first`` aligns the first column."""
    style = _frame(rows, titles).style.hide(axis="index").relabel_index([escaped(title) for title in titles], axis=1)
    text: str = style.to_latex(hrules=True, column_format=first + "r" * (len(titles) - 1))
    return text


def escaped(text: str) -> str:
    """Any text as LaTeX that shows it."""
    return text.translate(LATEX)


def _frame(rows: Sequence[Any], titles: Sequence[str] | None = None) -> DataFrame:
    import pandas

    return pandas.DataFrame(rows, columns=titles)
