"""Curves of relearning: a value by step for each model, on a grid of steps that lies closer at its beginning.

A line is ``{"name", "colour", "dash", "width", "points"}``, its points ``{"x", "y", "low", "high"}``; x is the step.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from ui.charts import blank_figure, empty_figure
from ui.charts.colours import COIN_TOSS, FORGET, REFERENCE

HEIGHT = 330
GAP = 17  # pixels between two names
LETTER = 6.6  # pixels
LOOKS: Mapping[str, tuple[str, str, float]] = {  # colour, dash, width
    "unlearned": (FORGET, "solid", 3.0), "retrained": (REFERENCE, "dash", 2.4), "second": (REFERENCE, "solid", 1.2),
    "original": (REFERENCE, "dot", 2.0)}


def place(step: float) -> float:
    """Where a step stands: every doubling takes as much room, and 0 has a place.

    >>> place(0), place(1), place(3)
    (0.0, 1.0, 2.0)
    """
    return math.log2(1 + step)


def plot_relearning(lines: Sequence[Mapping[str, Any]], title: str, unit: str, steps: Sequence[int],
                    subtitle: str = "", alt: str = "", span: tuple[float, float] | None = None) -> go.Figure:
    """The curves with the range of their seeds; names stand at their ends."""
    known = [line for line in lines if line["points"]]
    if not known:
        return empty_figure(title, "The first curve appears as soon as the models are there.")
    axis = {"title": {"text": "steps", "standoff": 4}, "tickvals": [place(step) for step in steps], "zeroline": False,
            "ticktext": [f"{step:,}" for step in steps], "range": [-0.2, place(steps[-1]) + 0.1]}
    figure = blank_figure(title, subtitle, height=HEIGHT, hovermode="closest", showlegend=False, xaxis=axis,
                          yaxis={"title": unit, "zeroline": False}, meta={"alt": alt})
    low, high = span or _span(known)
    figure.update_layout(margin_r=int(14 + LETTER * max(len(line["name"]) for line in known)),
                         yaxis_range=[low, high])
    for line in known:
        figure.add_trace(_range(line))
        figure.add_trace(_line(line, unit))
    return figure.update_layout(annotations=_names(known, low, high, figure.layout.margin.t))


def _span(lines: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    values = [point[name] for line in lines for point in line["points"] for name in ("low", "high")]
    air = 0.06 * ((max(values) - min(values)) or 1.0)
    return min(values) - air, max(values) + air


def _line(line: Mapping[str, Any], unit: str) -> go.Scatter:
    points = line["points"]
    return go.Scatter(
        x=[place(point["x"]) for point in points], y=[round(point["y"], 3) for point in points], name=line["name"],
        mode="lines+markers", marker={"size": 5, "color": line["colour"]}, customdata=[point["x"] for point in points],
        line={"color": line["colour"], "dash": line["dash"], "width": line["width"]},
        hovertemplate=f"<b>%{{fullData.name}}</b><br>%{{y:.3~f}}{unit if unit == '%' else ''} after %{{customdata}} "
                      "steps<extra></extra>")


def _range(line: Mapping[str, Any]) -> go.Scatter:
    points = line["points"]
    red, green, blue = (int(line["colour"][at:at + 2], 16) for at in (1, 3, 5))
    return go.Scatter(
        x=[place(point["x"]) for point in (*points, *points[::-1])],
        y=[round(value, 3) for value in (*(p["low"] for p in points), *(p["high"] for p in points[::-1]))],
        mode="lines", fill="toself", fillcolor=f"rgba({red},{green},{blue},0.14)", line={"width": 0}, hoverinfo="skip",
        name=f"{line['name']}, range")


def _names(lines: Sequence[Mapping[str, Any]], low: float, high: float, top: float) -> list[dict[str, Any]]:
    """A name at each line's end, pushed apart where they would lie over each other."""
    pixels = (high - low) / (HEIGHT - top - 40)
    ordered = sorted(lines, key=lambda line: line["points"][-1]["y"])
    places: list[float] = []
    for line in ordered:
        y = max(low + 6 * pixels, line["points"][-1]["y"])
        places.append(max(y, places[-1] + GAP * pixels) if places else y)
    over = max(0.0, places[-1] - (high - 6 * pixels))
    for at in reversed(range(len(places))):  # what was pushed beyond the top comes down again
        places[at] = min(places[at] - (over if at == len(places) - 1 else 0.0),
                         places[at + 1] - GAP * pixels if at + 1 < len(places) else math.inf)
    return [{"x": 1, "xref": "paper", "xanchor": "left", "xshift": 4, "y": y, "yref": "y", "yanchor": "middle",
             "showarrow": False, "text": line["name"], "font": {"size": 12, "color": line["colour"]}}
            for line, y in zip(ordered, places, strict=True)]


def coin_toss(figure: go.Figure) -> go.Figure:
    """The level at which an attacker only guesses."""
    return figure.add_hline(0.5, line={"color": COIN_TOSS, "width": 1, "dash": "dot"})
