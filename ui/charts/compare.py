"""The charts of a comparison: the race of the attacks, small loss distributions, and what forgetting costs in accuracy.

A course is one run's way: ``{"method", "name", "seed", "running", "points"}``, its points ``{"step", "samples",
"seconds", <attack>: percent or None}``, the first the Original. ``name`` is what the legend says. A run's outcome is
``{"method", "name", "seed", "x", "y"}``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import Any

import plotly.graph_objects as go

from ui.charts import blank_figure, empty_figure
from ui.charts.colours import BY_METHOD, COIN_TOSS, NULL_BAND, REFERENCE, method_colour
from ui.charts.run import NUMBER, X_AXES, plot_distributions

REFERENCE_METHOD, ORIGINAL = "retrain", "original"
SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up", "triangle-down", "star", "hexagon", "x", "pentagon",
           "bowtie", "hourglass")
UNITS = {"step": "steps", "samples": "samples", "seconds": "seconds"}
SMALL = 200  # pixels that a small chart is high


def plot_race(courses: Sequence[Mapping[str, Any]], attack: str, x: str = "samples",
              band: Sequence[float] | None = None, retrained: Mapping[int, float] | None = None,
              subtitle: str = "") -> go.Figure:
    """Attack accuracy in percent against steps, samples or seconds: one line per run, one colour and legend entry a "
      "method.

    ``retrained`` holds the retrained model's value by seed: a dashed level at their mean. ``band`` is where the
    attack lies when there is nothing to find. The dot at a line's end is hollow while its run is running. Raises
    ValueError for an axis that does not exist.
    """
    if x not in X_AXES:
        raise ValueError(f"No axis named {x!r}: choose one of {', '.join(X_AXES)}.")
    title = "Whose attack falls to a coin toss, 50%, and how soon?"
    lines = [(course, measured) for course in courses
             if (measured := [point for point in course["points"] if point.get(attack) is not None])]
    if not lines:
        return empty_figure(title, "Lines appear once a run has been measured.")
    axis = {"title": {"text": X_AXES[x], "standoff": 4}, "tickformat": NUMBER, "rangemode": "tozero", "zeroline": False,
            "uirevision": x}
    figure = blank_figure(title, subtitle, height=360, hovermode="closest", xaxis=axis,
                          yaxis={"title": "accuracy, %", "zeroline": False, "uirevision": attack})
    named: set[str] = set()
    for course, measured in lines:
        figure.add_trace(_course(course, measured, attack, x, course["method"] not in named))
        named.add(course["method"])
    far = max(point[x] for _, measured in lines for point in measured) or 1
    figure.add_trace(_level([0, far], 50, "coin toss, 50%", COIN_TOSS, "dot", "50%, a coin toss"))
    if retrained:
        each = ", ".join(f"seed {seed} {value:.1f}%" for seed, value in sorted(retrained.items()))
        figure.add_trace(_level([0, far], round(fmean(retrained.values()), 3),
                                "retrained" + (", mean" if len(retrained) > 1 else ""), REFERENCE, "dash",
                                f"retrained: {each}"))
    if band:
        figure.add_shape(type="rect", xref="paper", x0=0, x1=1, y0=round(band[0], 2), y1=round(band[1], 2),
                         fillcolor=NULL_BAND, line={"width": 0}, layer="below", name="chance range", showlegend=True)
    return figure


def plot_small(bins: Sequence[float], reading: Mapping[str, Any], counts: Mapping[str, int], name: str,
               log: bool = False, shared_top: float | None = None, unseen: str = "test",
               note: str = "") -> go.Figure:
    """A small multiple of ``charts.run.plot_distributions``: its bars and scale, with no legend and hardly a frame."""
    bins, reading = coarse(bins, reading)
    figure = plot_distributions(bins, reading, dict(counts), "", log=log, shared_top=shared_top, unseen=unseen)
    said = note or f"overlap {reading['overlap']:.0f}%"
    heading = f'{name}<br><span style="font-size:11px">{said}</span>'
    figure.update_layout(title={"text": heading, "font": {"size": 13}, "y": 0.92, "pad": {"l": 4}}, showlegend=False,
                         height=SMALL, margin={"l": 6, "r": 4, "t": 52, "b": 20})
    figure.update_xaxes(title=None, nticks=3)
    figure.update_yaxes(title=None, showticklabels=False)
    return figure


def coarse(bins: Sequence[float], reading: Mapping[str, Any]) -> tuple[list[float], dict[str, Any]]:
    """Three bins as one, for charts a hundred pixels wide: the edges and the reading with its counts added up."""
    edges = [*bins[:-1:3], bins[-1]]
    added = {name: [sum(counts[at:at + 3]) for at in range(0, len(counts), 3)]
             for name, counts in reading["histogram"].items()}
    return edges, {**reading, "histogram": added}


def plot_tradeoff(outcomes: Sequence[Mapping[str, Any]], x_title: str) -> go.Figure:
    """Test accuracy against an attack's distance from 50: a small point a run; means with a bar over seeds.

    Bars are standard deviations (n - 1) and stand where a method has two seeds or more. The retrained model's
    mean is a dashed cross.
    """
    title = "What forgetting costs: higher is more accurate, further left leaks less"
    known = [one for one in outcomes if one["x"] is not None and one["y"] is not None]
    if not known:
        return empty_figure(title, "The points appear as runs finish.")
    aim = "the dashed cross is the retrained model, the aim" if any(
        one["method"] == REFERENCE_METHOD for one in known) else "no retrained model yet"
    several = len({one["seed"] for one in known}) > 1
    said = f"small: single runs; large: means ± standard deviation; {aim}" if several else f"one seed; {aim}"
    figure = blank_figure(title, said, height=400,
                          hovermode="closest", xaxis={"title": {"text": x_title, "standoff": 4}, "zeroline": False},
                          yaxis={"title": "test accuracy, %", "zeroline": False})
    for method in dict.fromkeys(one["method"] for one in known):
        mine = [one for one in known if one["method"] == method]
        colour = REFERENCE if method == ORIGINAL else method_colour(method)
        look = {"color": colour, "symbol": _symbol(method)}
        if len(mine) > 1:
            figure.add_trace(_runs(mine, look))
        figure.add_trace(_mean(mine, look))
    if reference := [one for one in known if one["method"] == REFERENCE_METHOD]:
        figure.add_vline(_round(one["x"] for one in reference), line={"color": REFERENCE, "width": 1, "dash": "dash"})
        figure.add_hline(_round(one["y"] for one in reference), line={"color": REFERENCE, "width": 1, "dash": "dash"})
    return figure


# -- parts ------------------------------------------------------------------------------------------------

def _course(course: Mapping[str, Any], measured: Sequence[Mapping[str, Any]], attack: str, x: str,
            first: bool) -> go.Scatter:
    colour, ends = method_colour(course["method"]), len(measured) - 1
    head = "circle-open" if course["running"] else "circle"
    return go.Scatter(
        x=[round(point[x], 3) for point in measured], y=[round(point[attack], 3) for point in measured],
        name=course["name"], legendgroup=course["method"], showlegend=first, mode="lines+markers",
        line={"color": colour, "width": 1.5},
        marker={"color": colour, "size": [3] * ends + [9], "symbol": ["circle"] * ends + [head],
                "line": {"width": 1.5, "color": colour}},
        hovertemplate=f"{course['name']}, seed {course['seed']}<br>%{{y:.1f}}% after %{{x:,~f}} {UNITS[x]}"
                      "<extra></extra>")


def _level(xs: list[float], value: float, name: str, colour: str, dash: str, said: str) -> go.Scatter:
    return go.Scatter(x=xs, y=[value, value], name=name, mode="lines", hovertemplate=f"{said}<extra></extra>",
                      line={"color": colour, "width": 1.5, "dash": dash})


def _runs(mine: Sequence[Mapping[str, Any]], look: dict[str, Any]) -> go.Scatter:
    return go.Scatter(
        x=[round(one["x"], 3) for one in mine], y=[round(one["y"], 3) for one in mine], mode="markers",
        name=mine[0]["name"], legendgroup=mine[0]["method"], showlegend=False,
        marker=look | {"size": 7, "opacity": 0.7},
        customdata=[one["seed"] for one in mine],
        hovertemplate=f"{mine[0]['name']}, seed %{{customdata}}<br>%{{y:.1f}}% right, %{{x:.1f}} from 50"
                      "<extra></extra>")


def _mean(mine: Sequence[Mapping[str, Any]], look: dict[str, Any]) -> go.Scatter:
    bars = {}
    if len(mine) > 1:
        bars = {f"error_{axis}": {"type": "data", "array": [round(stdev([one[axis] for one in mine]), 3)],
                                  "color": look["color"], "thickness": 1.2, "width": 4} for axis in ("x", "y")}
    seeds = f"seed {mine[0]['seed']}" if len(mine) == 1 else f"mean of {len(mine)} seeds"
    return go.Scatter(
        x=[_round(one["x"] for one in mine)], y=[_round(one["y"] for one in mine)], name=mine[0]["name"],
        legendgroup=mine[0]["method"], mode="markers", marker=look | {"size": 12}, **bars,
        hovertemplate=f"{mine[0]['name']}, {seeds}<br>%{{y:.1f}}% right, %{{x:.1f}} from 50<extra></extra>")


def _symbol(method: str) -> str:
    """Methods differ by shape too, not by colour alone; each has the same one in every comparison."""
    fixed = {REFERENCE_METHOD: "diamond-open", ORIGINAL: "circle-open"}
    known = list(BY_METHOD)
    place = known.index(method) if method in known else sum(map(ord, method))
    return fixed.get(method) or SYMBOLS[place % len(SYMBOLS)]


def _round(values: Any) -> float:
    return round(fmean(values), 3)
