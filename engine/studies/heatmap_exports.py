"""A sweep to take away: every run as CSV or JSON, one heatmap as a Markdown or LaTeX table. Pure: text out."""

from __future__ import annotations

from typing import Any

from engine.evaluation.metrics import metric_title
from engine.studies import table_frame
from engine.studies.exports import value_text
from engine.studies.heatmap import DOUBTS, Heatmap, Square
from engine.studies.sweep import FRACTION, Sweep
from engine.studies.sweep_runs import Runs
from engine.system.files import to_json as json_text
from engine.system.words import numbered

BLIND = "too few samples to tell"


def to_json(sweep: Sweep, runs: Runs) -> str:
    """A JSON array with one object a run, as ``python -m engine sweep --json`` has them under ``cells``."""
    return json_text(table_frame.records(sweep, runs))


def to_csv(sweep: Sweep, runs: Runs) -> str:
    """One row a run, every digit."""
    return table_frame.to_csv(table_frame.tidy_sweep(sweep, runs))


def to_markdown(heatmap: Heatmap) -> str:
    """A Markdown table: down the rows, across the columns; in bold what is within the chance range of the ideal."""
    table = table_frame.to_markdown(_titles(heatmap), _rows(heatmap, "**{}**"))
    return f"**{what(heatmap)}**\n\n{table}\n- {_legend(heatmap)}\n"


def to_latex(heatmap: Heatmap) -> str:
    """A booktabs table of the same, ready to paste."""
    rows = [[table_frame.escaped(down), *(cell.replace("†", r"$^\dagger$") for cell in cells)]
            for down, *cells in _rows(heatmap, r"\textbf{{{}}}", r" $\pm$ ")]
    return (f"% Needs \\usepackage{{booktabs}}.\n% {what(heatmap)}. {_legend(heatmap)}\n"
            f"{table_frame.to_latex(_titles(heatmap), rows, first='r')}")


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
    squares = [one for one in heatmap.squares.values() if one.down not in heatmap.blind]
    excluded = "; †: excluded, for the reason beside it" if any(one.doubtful for one in squares) else ""
    blind = "; rows with too few samples to tell are never bold" if heatmap.blind else ""
    return f"{values}{excluded}{blind}; bold: within the chance range of {aim}."


def _titles(heatmap: Heatmap) -> list[str]:
    across, down = heatmap.sweep.across, heatmap.sweep.down
    return [f"{down.title} / {across.title}", *(amount(across.name, x) for x in across.values)]


def _rows(heatmap: Heatmap, bold: str, between: str = " ± ") -> list[list[str]]:
    """The map as it reads; ``bold`` is a pattern around what is within the chance range."""
    across, down = heatmap.sweep.across, heatmap.sweep.down
    return [[amount(down.name, y) + (f", {BLIND}" if y in heatmap.blind else ""),
             *(_text(heatmap.squares[x, y], y in heatmap.blind, bold, between) for x in across.values)]
            for y in down.values]


def _text(square: Square, blind: bool, bold: str, between: str) -> str:
    """The value; in a row that cannot tell it is neither good nor excluded."""
    text = value_text(square.mean, square.std, between)
    if blind:
        return text
    if square.why and square.mean is not None:
        return f"{text} † {DOUBTS[square.why]}"
    return bold.format(text) if square.within else text
