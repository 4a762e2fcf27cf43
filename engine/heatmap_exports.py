"""A sweep to take away: every run as CSV or JSON, one heatmap as a Markdown or LaTeX table. Pure: text out."""

from __future__ import annotations

import csv
import io
from typing import Any

from engine.exports import LATEX, metric_title, value_text
from engine.heatmaps import Heatmap, Square
from engine.store import to_json as json_text
from engine.sweep_runs import Runs, cell_of
from engine.sweeps import FRACTION, Sweep
from engine.words import numbered


def to_json(sweep: Sweep, runs: Runs) -> str:
    """A JSON array with one object a run, as ``python -m engine sweep --json`` has them under ``cells``."""
    return json_text(cells(sweep, runs))


def to_csv(sweep: Sweep, runs: Runs) -> str:
    """One row a run, every digit."""
    rows = cells(sweep, runs)
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def cells(sweep: Sweep, runs: Runs) -> list[dict[str, Any]]:
    """Every run of the grid as a record, with what it has in common with the others in front."""
    same = {"dataset": sweep.dataset, "method": sweep.method, "profile": sweep.profile}
    return [same | cell_of(sweep, cell, runs.get(cell)) for cell in sweep.cells()]


def to_markdown(heatmap: Heatmap) -> str:
    """A Markdown table: down the rows, across the columns; in bold what is within the noise floor of the ideal."""
    head = [_corner(heatmap), *(amount(heatmap.sweep.across.name, x) for x in heatmap.sweep.across.values)]
    lines = [f"**{what(heatmap)}**", "", _row(head), _row(["---", *["---:"] * (len(head) - 1)])]
    lines += [_row([amount(heatmap.sweep.down.name, y),
                    *(_bold(heatmap.squares[x, y], "**{}**") for x in heatmap.sweep.across.values)])
              for y in heatmap.sweep.down.values]
    return "\n".join([*lines, "", f"- {_legend(heatmap)}"]) + "\n"


def to_latex(heatmap: Heatmap) -> str:
    """A booktabs table of the same, ready to paste."""
    across, down = heatmap.sweep.across, heatmap.sweep.down
    lines = [r"% Needs \usepackage{booktabs}.", f"% {what(heatmap)}. {_legend(heatmap)}",
             rf"\begin{{tabular}}{{r{'r' * len(across.values)}}}", r"\toprule",
             _latex([_corner(heatmap), *(amount(across.name, x) for x in across.values)]), r"\midrule"]
    lines += [" & ".join([amount(down.name, y).translate(LATEX),
                          *(_bold(heatmap.squares[x, y], r"\textbf{{{}}}", r" $\pm$ ") for x in across.values)])
              + r" \\" for y in down.values]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"]) + "\n"


def what(heatmap: Heatmap) -> str:
    """One line: metric, method, data set, profile and seeds."""
    sweep = heatmap.sweep
    seeds = numbered("seed", sweep.seeds)
    held = "".join(f", {name} {value}" for name, value in sweep.parameters.items())
    return f"{metric_title(heatmap.metric)}, {sweep.method} on {sweep.dataset}, profile {sweep.profile}{held}, {seeds}"


def amount(name: str, value: Any) -> str:
    """A value of an axis: fractions in percent, numbers without idle digits."""
    if name == FRACTION:
        return f"{100 * value:.4g}%"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _legend(heatmap: Heatmap) -> str:
    values = "Mean ± standard deviation over seeds" if len(heatmap.sweep.seeds) > 1 else "One seed"
    aim = "the map's best" if heatmap.high_is_good else "the ideal"
    return f"{values}; bold: within the noise floor of {aim}."


def _corner(heatmap: Heatmap) -> str:
    return f"{heatmap.sweep.down.title} / {heatmap.sweep.across.title}"


def _bold(square: Square, mark: str, between: str = " ± ") -> str:
    text = value_text(square.mean, square.std, between)
    return mark.format(text) if square.within else text


def _row(texts: list[str]) -> str:
    return "| " + " | ".join(text.replace("|", r"\|") for text in texts) + " |"


def _latex(texts: list[str]) -> str:
    return " & ".join(text.translate(LATEX) for text in texts) + r" \\"
