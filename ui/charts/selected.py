"""Charts of any selected runs: curves over each other, each sample in one run and in another, many settings at once.

A line is ``{"name", "colour", "points"}``, its points ``{"x", "y"}`` in order; with ``low`` and ``high`` in its points
it has a band. Names stand at the lines' ends.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ui.charts import blank_figure, empty_figure
from ui.charts.colours import BY_SET, COIN_TOSS

# Of runs, in the order of the selection: none is near the colour of the forget, test or retain set, or of the retrained
# model (a test); at 3:1 or more against both pages. Dashes tell the next ones apart.
PALETTE = ("#8e44ad", "#c0392b", "#008b8b", "#a0743a", "#6633ff", "#d6478f", "#667700", "#dd33ff")
DASHES = ("solid", "dash", "dot")
GRID = 60  # points of a mean over seeds
PLAIN = ",.6~r"  # d3's: no engineering prefixes such as 10m for 0.01
MOST_TICKS = 8
FEW_TICKS = 5  # of a result's axis
ROOM = 7.2  # pixels that a letter of a label takes


def look(place: int) -> tuple[str, str]:
    """The colour and the dash of the run or group in this place of a selection."""
    return PALETTE[place % len(PALETTE)], DASHES[place // len(PALETTE) % len(DASHES)]


def mean_line(lines: Sequence[Sequence[Mapping[str, float]]]) -> list[dict[str, float]]:
    """The mean of several curves over the range that all cover, with the lowest and the highest; interpolated linearly.

    Parameters
    ----------
    lines : sequence of sequences of mappings
        Of each curve its points ``{"x", "y"}`` in the order of x.

    Returns
    -------
    list of dict
        ``{"x", "y", "low", "high"}``; empty where no curve has a point.

    Examples
    --------
    >>> mean_line([[{"x": 0, "y": 0}, {"x": 2, "y": 2}], [{"x": 0, "y": 2}, {"x": 2, "y": 4}]])[-1]
    {'x': 2.0, 'y': 3.0, 'low': 2.0, 'high': 4.0}
    """
    curves = [line for line in lines if line]
    if not curves:
        return []
    end = min(line[-1]["x"] for line in curves)
    seen = sorted({float(point["x"]) for line in curves for point in line if point["x"] <= end} | {float(end)})
    xs = np.array(seen if len(seen) <= GRID else np.linspace(seen[0], end, GRID))
    ys = np.stack([np.interp(xs, [p["x"] for p in line], [p["y"] for p in line]) for line in curves])
    return [{"x": float(x), "y": float(y), "low": float(low), "high": float(high)}
            for x, y, low, high in zip(xs, ys.mean(0), ys.min(0), ys.max(0))]


def plot_overlay(lines: Sequence[Mapping[str, Any]], title: str, x_title: str, y_title: str = "%",
                 band: Sequence[float] | None = None, subtitle: str = "") -> go.Figure:
    """The curves of several runs or groups over each other; ``band`` is the range that chance alone reaches."""
    known = [line for line in lines if line["points"]]
    if not known:
        return empty_figure(title, "None of these runs has been measured on its way.")
    longest = max(len(line["name"]) for line in known)
    figure = blank_figure(title, subtitle, height=340, hovermode="closest", showlegend=False,
                          xaxis={"title": {"text": x_title, "standoff": 4}, "rangemode": "tozero", "zeroline": False,
                                 "uirevision": x_title},
                          yaxis={"title": y_title, "zeroline": False})
    figure.update_layout(margin_r=min(220, int(20 + ROOM * longest)))
    for line in known:
        if "low" in line["points"][0]:
            figure.add_trace(_band(line))
        figure.add_trace(_line(line))
    figure.update_layout(annotations=_labels(known))
    if band:
        figure.add_hrect(round(band[0], 2), round(band[1], 2), fillcolor="rgba(128,128,128,0.18)", line_width=0,
                         layer="below")
    return figure


def plot_pairs(pairs: Mapping[str, Mapping[str, Sequence[float]]], names: tuple[str, str], low: float,
               letters: tuple[str, str] = ("A", "B"), colours: tuple[str, str] = PALETTE[:2],
               chosen: tuple[float, float] | None = None) -> go.Figure:
    """Each sample's loss in one run against that in another, both logarithmic; on the diagonal nothing has changed.

    ``pairs`` holds per set ``one``, ``other`` and ``sample`` (its number); losses below ``low`` are drawn there.
    ``names`` are the runs' names, with their ``letters`` and ``colours``. A ring is drawn round ``chosen``.
    """
    one, other = letters
    said = (f"above the diagonal it is higher in {_inked(other, colours[1])}; click a point to see its sample, or drag "
            "a box round several")
    figure = blank_figure("Each sample's loss in both runs", said, height=460,
                          hovermode="closest", dragmode="select", meta={"marks": True, "alt": _said_of(pairs, letters)},
                          xaxis=_losses(names[0], colours[0]), yaxis=_losses(names[1], colours[1]))
    sides = [side for pair in pairs.values() for side in (pair["one"], pair["other"]) if len(side)]
    ends = [max(low, min(map(min, sides), default=low)), max(map(max, sides), default=1.0)]
    figure.add_trace(go.Scatter(x=ends, y=ends, mode="lines", name="equal", hoverinfo="skip",
                                showlegend=False, line={"color": COIN_TOSS, "width": 1, "dash": "dot"}))
    for name, pair in pairs.items():
        figure.add_trace(go.Scattergl(
            x=np.maximum(pair["one"], low), y=np.maximum(pair["other"], low), mode="markers", name=name,
            customdata=np.asarray(pair["sample"]), marker={"color": BY_SET[name], "size": 6, "opacity": 0.6},
            hovertemplate=f"{name} sample %{{customdata}}<br>{one} %{{x:.3g}}, {other} %{{y:.3g}} nats<extra></extra>"))
    if chosen:
        figure.add_trace(go.Scatter(
            x=[max(chosen[0], low)], y=[max(chosen[1], low)], mode="markers", name="chosen", hoverinfo="skip",
            showlegend=False, marker={"size": 16, "symbol": "circle-open", "color": COIN_TOSS, "line": {"width": 3}}))
    return figure


def plot_parallel(dimensions: Sequence[Mapping[str, Any]], colours: Sequence[str]) -> go.Figure:
    """Parallel coordinates: a line a run, in its colour. A dimension is ``{"label", "values"}``; texts become places.

    ``format`` marks a result, which gets round ticks; without it a setting's own values are the ticks.
    """
    figure = blank_figure("", height=360, margin={"l": 60, "r": 60, "t": 60, "b": 24},
                          meta={"alt": f"Parallel coordinates of {len(colours)} runs over "
                                       f"{', '.join(one['label'] for one in dimensions)}"})
    places, scale = _stepped(colours)
    figure.add_trace(go.Parcoords(
        dimensions=[_dimension(one) for one in dimensions], labelangle=0, line={
            "color": places, "colorscale": scale, "cmin": -0.5, "cmax": len(colours) - 0.5, "showscale": False}))
    return figure


# --- parts ----------------------------------------------------------------------------------


def _line(line: Mapping[str, Any]) -> go.Scatter:
    xs, ys = ([round(point[axis], 3) for point in line["points"]] for axis in "xy")
    return go.Scatter(x=xs, y=ys, name=line["name"], mode="lines", line={
        "color": line["colour"], "width": 2, "dash": line.get("dash", "solid")},
        hovertemplate=f"{line['name']}<br>%{{y:.1f}} at %{{x:,~f}}<extra></extra>")


def _band(line: Mapping[str, Any]) -> go.Scatter:
    points = line["points"]
    return go.Scatter(x=[p["x"] for p in points] + [p["x"] for p in reversed(points)],
                      y=[p["high"] for p in points] + [p["low"] for p in reversed(points)], fill="toself", mode="lines",
                      fillcolor=_clear(line["colour"]), line={"width": 0}, hoverinfo="skip", name=line["name"])


def _clear(colour: str) -> str:
    red, green, blue = (int(colour[at:at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.16)"


def _labels(lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The names at the lines' ends, moved apart where they would lie on each other."""
    ends = [line["points"][-1] for line in lines]
    values = [point["y"] for line in lines for point in line["points"]]
    step = max((max(values) - min(values)) or 1.0, 1e-9) / 15
    found, before = [], float("-inf")
    for place in sorted(range(len(lines)), key=lambda at: ends[at]["y"]):
        at = max(ends[place]["y"], before + step)
        before = at
        found.append({"x": 1, "xref": "paper", "y": at, "text": lines[place]["name"], "xanchor": "left",
                      "showarrow": False, "xshift": 6, "font": {"color": lines[place]["colour"], "size": 12}})
    return found


def _inked(letter: str, colour: str) -> str:
    """A run's letter in its colour."""
    return f'<b><span style="color:{colour}">{letter}</span></b>'


def _losses(name: str, colour: str) -> dict[str, Any]:
    """A logarithmic axis of losses with a run's name in its colour, and powers of ten in plain digits."""
    return {"title": {"text": f'<span style="color:{colour}">loss in {name}</span>, nats'}, "type": "log",
            "zeroline": False, "tickformat": PLAIN, "dtick": 1}


def _said_of(pairs: Mapping[str, Mapping[str, Sequence[float]]], letters: tuple[str, str]) -> str:
    """How many samples of each set lie above the diagonal, for those who cannot see the chart."""
    one, other = letters
    higher = {name: int(np.sum(np.asarray(pair["other"]) > np.asarray(pair["one"]))) for name, pair in pairs.items()}
    return "; ".join(f"{count} of {len(pairs[name]['sample'])} {name} samples have a higher loss in {other} than in "
                     f"{one}" for name, count in higher.items())


def _stepped(colours: Sequence[str]) -> tuple[list[int], list[tuple[float, str]]]:
    """A line's place, and a scale that gives each place its own colour."""
    count = len(colours)
    scale = [(edge / count, colour) for place, colour in enumerate(colours) for edge in (place, place + 1)]
    return list(range(count)), scale


def result_ticks(values: Sequence[float]) -> tuple[list[float], list[str], list[float]]:
    """Round ticks of a result's axis, no two alike, and its range; one tick where all values are equal.

    >>> result_ticks([99.943, 99.968])
    ([99.94, 99.95, 99.96, 99.97], ['99.94', '99.95', '99.96', '99.97'], [99.94, 99.97])
    >>> result_ticks([100.0, 100.0])
    ([100.0], ['100.0'], [99.0, 101.0])
    """
    low, high = float(min(values)), float(max(values))
    if high - low < 1e-9:
        return [low], [f"{low:,.1f}"], [low - 1, low + 1]
    size = 10.0 ** math.floor(math.log10((high - low) / FEW_TICKS))
    step = next(one * size for one in (1, 2, 5, 10) if (high - low) / (one * size) <= FEW_TICKS)
    digits = max(1, -math.floor(math.log10(step) + 1e-9))
    first, last = math.floor(low / step + 1e-6), math.ceil(high / step - 1e-6)
    ticks = [round(place * step, 12) for place in range(first, last + 1)]
    return ticks, [f"{tick:,.{digits}f}" for tick in ticks], [ticks[0], ticks[-1]]


def _own_ticks(one: Mapping[str, Any]) -> dict[str, Any]:
    """A setting's own few values as ticks in plain digits, a result's round ones; of many values Plotly's."""
    if "format" in one:
        ticks, texts, span = result_ticks(one["values"])
        return {"tickvals": ticks, "ticktext": texts, "range": span}
    values = sorted(set(one["values"]))
    return {} if len(values) > MOST_TICKS else {
        "tickvals": values, "ticktext": [np.format_float_positional(value, trim="-") for value in map(float, values)]}


def _dimension(one: Mapping[str, Any]) -> dict[str, Any]:
    values = list(one["values"])
    if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values):
        return {"label": one["label"], "values": values, "tickformat": one.get("format", PLAIN)} | _own_ticks(one)
    words = list(dict.fromkeys(map(str, values)))
    return {"label": one["label"], "values": [words.index(str(value)) for value in values],
            "tickvals": list(range(len(words))), "ticktext": words}
