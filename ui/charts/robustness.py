"""The heatmap of a sweep: the excess over chance as colour, values, states, the best of each row and the rule. Pure.

Squares sit on whole numbers, column by row from the top, so that values need not be evenly spaced; labels name them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import plotly.graph_objects as go

from ui.charts import blank_figure

GOOD, MIDDLE, POOR = "#1b9e8f", "#f2e6c9", "#d97706"
PAPER = [[0.0, "#fff7ec"], [0.35, "#fdbb84"], [0.7, "#d7301f"], [1.0, "#7f0000"]]
GREY = "#c3c8cf"  # excluded: over-forgotten, damaged, below chance
PALE = "rgba(128,128,128,0.15)"  # nothing can be said: a shade of the page, with the ink of the page
HATCH = "#8f979f"  # lines on the pale rows that cannot tell
MARK = "#7b3fe4"
RULE = "#b0006d"
EDGE = 0.002  # of the scale: less beyond chance than that is as good as inside
LEAST = 5.0  # points that the colours span at the least: smaller differences do not look large
MOST_NUMBERS = 16  # columns: with more, numbers would run into one another
MOST_LABELS = 24  # columns or rows: with more, only some are labelled
ROW, FRAME = 34, 150  # pixels of a row, and of everything around the rows
Spot = tuple[int, int]  # column, row
Values = Sequence[Sequence[float | None]]  # row by row
SCALE = [[0, GOOD], [EDGE, GOOD], [EDGE, MIDDLE], [1, POOR]]  # a step: what is outside never looks inside


@dataclass(frozen=True)
class Marks:
    """What is drawn over the squares."""

    doubtful: Sequence[Spot] = ()
    blind: Mapping[int, str] = field(default_factory=dict)  # rows that cannot tell, and what is written over them
    waiting: Sequence[Spot] = ()
    running: Sequence[Spot] = ()
    failed: Sequence[Spot] = ()
    best: Sequence[Spot] = ()
    chosen: Spot | None = None
    rule: Mapping[int, float] = field(default_factory=dict)  # by row: where between the columns


def height(rows: int) -> int:
    """Pixels of a heatmap with so many rows."""
    return FRAME + max(5, rows) * ROW


def position(values: Sequence[float], value: float) -> float | None:
    """Where a value lies between the columns that are numbers, by straight lines; None outside of them."""
    pairs = sorted((value, at) for at, value in enumerate(values) if isinstance(value, int | float))
    for (low, at), (high, then) in zip(pairs, pairs[1:] or pairs):
        if low - 1e-9 <= value <= high + 1e-9:
            return at if high == low else at + (value - low) / (high - low) * (then - at)
    return None


def plot_heatmap(columns: Sequence[str], rows: Sequence[str], values: Sequence[Sequence[float | None]],
                 excess: Sequence[Sequence[float | None]], said: Sequence[Sequence[str]], axes: tuple[str, str],
                 title: str, subtitle: str, marks: Marks, scale: str = "points beyond chance",
                 outside: str = "lie beyond the chance range", ranked: bool = False) -> go.Figure:
    """Squares coloured by their excess over chance, with their values as numbers; ``said`` is what hovering says.

    Rows that cannot tell are hatched, a doubtful square is plain grey whatever its number, and what was not run is an
    empty frame; a bold frame pulses what runs. ``scale`` is the title of the colours, ``outside`` what is said of
    squares whose excess is above 0. ``ranked`` colours by quantile, so that one square far out leaves the
    others their differences.
    """
    figure = blank_figure(title, subtitle, **_axes(columns, rows, axes))
    known = [(column, row) for row, line in enumerate(values) for column, value in enumerate(line) if value is not None]
    grey = [(column, row) for column, row in known if row in marks.blind or excess[row][column] is None
            or (column, row) in marks.doubtful]
    figure.add_trace(_squares(columns, rows, excess, said, grey, scale, ranked))
    figure.add_trace(_greyed([spot for spot in grey if spot[1] not in marks.blind], len(columns), len(rows)))
    figure.add_trace(_rows_hatched(list(marks.blind), len(columns)))
    figure.add_trace(_empty([spot for spot in marks.waiting if spot[1] not in marks.blind]))
    if len(columns) <= MOST_NUMBERS:
        told = [(column, row) for column, row in known if row not in marks.blind]
        figure.add_trace(_text(told, [f"{values[row][column]:.1f}" for column, row in told], "value", 11, down=0.2))
    figure.add_trace(_text([((len(columns) - 1) / 2, row) for row in marks.blind], list(marks.blind.values()),
                           "cannot tell", 12, colour=None))
    if marks.chosen:
        column, row = marks.chosen
        figure.add_shape(type="rect", x0=column - 0.46, x1=column + 0.46, y0=row - 0.45, y1=row + 0.45,
                         line={"color": MARK, "width": 4})
    if marks.rule:
        at = sorted(marks.rule)
        figure.add_trace(go.Scatter(x=[marks.rule[row] for row in at], y=at, mode="lines", name="the rule",
                                    opacity=0.55,  # the numbers under it stay legible
                                    line={"color": RULE, "width": 3, "dash": "dash"}, hoverinfo="skip"))
    good = [(column, row) for column, row in known if excess[row][column] == 0 and (column, row) not in grey]
    figure.add_trace(_text(good, ["✓"] * len(good), "inside chance", 9, -0.36, -0.26))  # not by its colour alone
    figure.add_trace(_text(marks.best, ["★"] * len(marks.best), "best of its row", 13, 0.36, -0.26))
    figure.add_trace(_text(marks.doubtful, ["†"] * len(marks.doubtful), "doubtful", 12, -0.36, -0.26))
    figure.add_trace(_text(marks.failed, ["✕"] * len(marks.failed), "failed", 18, colour="#d6453d"))
    figure.add_trace(go.Scatter(
        x=[column for column, _ in marks.running], y=[row for _, row in marks.running], mode="markers", name="running",
        hoverinfo="skip", marker={"symbol": "square-open", "size": 20, "color": MARK, "line": {"width": 3}},
        visible=bool(marks.running)))
    count = sum(bool(value) for line in excess for value in line)
    alt = f"Heatmap, {len(columns)} by {len(rows)}: {count} of {len(known)} squares {outside}"
    meta = {"alt": alt, "columns": len(columns), "rows": len(rows), "at": marks.chosen and list(marks.chosen)}
    return figure.update_layout(height=height(len(rows)), showlegend=False, meta=meta, barmode="overlay",
                                margin={"l": 70, "r": 10, "t": figure.layout.margin.t, "b": 48})


def plot_as_paper(columns: Sequence[str], rows: Sequence[str], panels: Sequence[tuple[str, Sequence[Sequence[Any]]]],
                  axes: tuple[str, str]) -> go.Figure:
    """Figure 2 as the paper prints it: panels side by side on white, one decimal a square, nothing else."""
    figure = go.Figure(layout={"paper_bgcolor": "#ffffff", "plot_bgcolor": "#ffffff", "font": {"color": "#111111"},
                               "meta": {"image": "svg"}, "margin": {"l": 70, "r": 20, "t": 50, "b": 60}})
    width = 1 / len(panels)
    for number, (title, z) in enumerate(panels):
        name = "" if number == 0 else str(number + 1)
        left, right = number * width + (0.05 if number else 0), (number + 1) * width - 0.09
        figure.add_trace(go.Heatmap(
            z=z, x=list(range(len(columns))), y=list(range(len(rows))), xaxis=f"x{name}", yaxis=f"y{name}", zmin=0,
            colorscale=PAPER, texttemplate="%{z:.1f}", xgap=1, ygap=1, hoverinfo="z",
            colorbar={"x": right + 0.005, "xanchor": "left", "thickness": 10}))
        parts = _axes(columns, rows, axes)
        figure.update_layout({f"xaxis{name}": parts["xaxis"] | {"domain": [left, right], "anchor": f"y{name}"},
                              f"yaxis{name}": parts["yaxis"] | {"anchor": f"x{name}"}})
        figure.add_annotation(text=f"({'abcdef'[number]}) {title}", x=(left + right) / 2, y=1.02, xref="paper",
                              yref="paper", xanchor="center", yanchor="bottom", showarrow=False, font={"size": 14})
    return figure.update_layout(height=height(len(rows)))


# --- parts ----------------------------------------------------------------------------------


def _axes(columns: Sequence[str], rows: Sequence[str], axes: tuple[str, str]) -> dict[str, Any]:
    plain = {"showgrid": False, "zeroline": False, "ticks": "", "tickangle": 0, "tickfont": {"size": 11}}
    return {"xaxis": plain | _labels(columns) | {"title": {"text": axes[0], "standoff": 6},
                                                 "range": [-0.5, len(columns) - 0.5]},
            "yaxis": plain | _labels(rows) | {"title": {"text": axes[1], "standoff": 6},
                                              "range": [len(rows) - 0.5, -0.5]}}


def _labels(names: Sequence[str]) -> dict[str, Any]:
    every = -(-len(names) // MOST_LABELS)
    return {"tickvals": list(range(0, len(names), every)), "ticktext": list(names[::every])}


def _squares(columns: Sequence[str], rows: Sequence[str], excess: Sequence[Sequence[float | None]],
             said: Sequence[Sequence[str]], grey: Sequence[Spot], title: str, ranked: bool) -> go.Heatmap:
    hidden = set(grey)
    shown = [[None if (column, row) in hidden else value for column, value in enumerate(line)]
             for row, line in enumerate(excess)]
    z, top, ticks = coloured([shown], ranked)
    bar = {"title": {"text": title, "side": "right"}, "thickness": 10, "outlinewidth": 0, **ticks}
    return go.Heatmap(
        z=z[0], x=list(range(len(columns))), y=list(range(len(rows))), hovertext=[list(line) for line in said],
        hovertemplate="%{hovertext}<extra></extra>", colorscale=SCALE, zmin=0, zmax=top, xgap=2, ygap=2, colorbar=bar)


def coloured(maps: Sequence[Values], ranked: bool) -> tuple[list[list[list[float | None]]], float, dict[str, Any]]:
    """What is coloured for maps with one scale, the scale's end, and the ticks of its bar.

    Ranked, a square's number is the share of all squares outside chance that lie no further out; the ticks are the
    points at these shares. Inside chance it is 0 either way.
    """
    outside = sorted(value for one in maps for line in one for value in line if value)
    if not ranked or not outside:
        return ([[[None if v is None else round(v, 3) for v in line] for line in one] for one in maps],
                max([LEAST, *outside]), {})
    z = [[[None if v is None else round(bisect_right(outside, v) / len(outside), 3) if v else 0.0 for v in line]
          for line in one] for one in maps]
    shares = (0.25, 0.5, 0.75, 1.0)
    at = [outside[max(0, ceil(share * len(outside)) - 1)] for share in shares]
    return z, 1.0, {"tickvals": [0, *shares], "ticktext": ["0", *(f"{value:.1f}" for value in at)]}


def _greyed(spots: Sequence[Spot], columns: int, rows: int) -> go.Heatmap:
    """As wide and high as the coloured squares; light, so that dark text is legible on a dark page too."""
    hidden = set(spots)
    return go.Heatmap(z=[[0 if (column, row) in hidden else None for column in range(columns)] for row in range(rows)],
                      x=list(range(columns)), y=list(range(rows)), colorscale=[[0, GREY], [1, GREY]], zmin=0, zmax=1,
                      showscale=False, xgap=2, ygap=2, hoverinfo="skip", name="grey", visible=bool(spots))


def _rows_hatched(rows: Sequence[int], columns: int) -> go.Bar:
    """Whole rows, without the gaps between their squares, so that a sentence can stand there."""
    return go.Bar(x=[(columns - 1) / 2] * len(rows), base=[row - 0.47 for row in rows], y=[0.94] * len(rows),
                  width=columns - 0.04, hoverinfo="skip", name="hatched rows", visible=bool(rows),
                  marker={"color": PALE, "line": {"width": 0},
                          "pattern": {"shape": "/", "size": 9, "solidity": 0.14, "fgcolor": HATCH, "bgcolor": PALE}})


def _empty(spots: Sequence[Spot]) -> go.Bar:
    """A thin frame and nothing in it."""
    return go.Bar(x=[column for column, _ in spots], base=[row - 0.46 for _, row in spots], y=[0.92] * len(spots),
                  width=0.94, hoverinfo="skip", name="waiting", visible=bool(spots),
                  marker={"color": "rgba(0,0,0,0)", "line": {"width": 1, "color": "rgba(128,128,128,0.7)"}})


def _text(spots: Sequence[tuple[float, int]], texts: Sequence[str], name: str, size: int, right: float = 0.0,
          down: float = 0.0, colour: str | None = "#111111") -> go.Scatter:
    """Above the middle or below it, because the rule's line goes through middles; dark, as all squares are light.

    None is the page's own colour.
    """
    return go.Scatter(x=[column + right for column, _ in spots], y=[row + down for _, row in spots], mode="text",
                      text=list(texts), textfont={"size": size, "color": colour}, name=name, hoverinfo="skip",
                      visible=bool(spots))
