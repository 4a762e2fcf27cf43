"""The charts of a comparison: the race of the attacks, and what forgetting costs in accuracy.

A course is one run's way: ``{"method", "name", "seed", "running", "points"}``, its points ``{"step", "samples",
"seconds", <attack>: percent or None}``, the first the Original; ``"complete"`` marks one of the complete sets. A run's
outcome is ``{"method", "name", "seed", "x", "y"}``. Methods are named at their lines and points, and differ by colour,
dash and marker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import fmean, stdev
from typing import Any

import plotly.graph_objects as go

from ui.charts import blank_figure, empty_figure
from ui.charts.colours import BY_METHOD, COIN_TOSS, NULL_BAND, REFERENCE, method_colour
from ui.charts.lines import over_time

REFERENCE_METHOD, ORIGINAL = "retrain", "original"
SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up", "triangle-down", "star", "hexagon", "x", "pentagon",
           "bowtie", "hourglass")
DASHES = ("solid", "dash", "dashdot", "longdash", "dot")
UNITS = {"step": "steps", "samples": "samples", "seconds": "seconds"}
AT_EDGE = 1.04  # of the longest line: where the points of the complete sets stand
LINE = 14  # pixels of a label's line
Course = Mapping[str, Any]
Points = list[tuple[float, float]]


# -- the race ---------------------------------------------------------------------------------------------

def plot_race(courses: Sequence[Course], attack: str, x: str = "samples", band: Sequence[float] | None = None,
              retrained: Mapping[int, float] | None = None, subtitle: str = "",
              whole: Sequence[float] | None = None) -> go.Figure:
    """Attack accuracy in percent against steps, samples or seconds: a line a method, named at its end.

    Over several seeds the line is their mean and a ribbon spans them; both end where the first seed's does.
    ``retrained`` holds the retrained model's value by seed: a dashed level at their mean. ``band`` is the chance
    range of the samples watched. Where runs end in a point of the complete sets, it stands filled at the right edge in
    the chance range ``whole``, for the lines are of a sample. The end of a line is hollow while one of its runs goes
    on, or where the complete sets have the last word. The method under the mouse stays, others fade.
    Raises ValueError for an unknown axis.
    """
    title = "Whose attack falls to a coin toss, 50%, and how soon?"
    figure = over_time(title, subtitle, x, "accuracy, %", height=380, hovermode="closest", showlegend=False)
    by_method: dict[str, list[tuple[Course, Points]]] = {}
    for course in courses:
        known = [(point[x], point[attack]) for point in course["points"]
                 if point.get(attack) is not None and not point.get("complete")]
        if known:
            by_method.setdefault(course["method"], []).append((course, known))
    if not by_method:
        return empty_figure(title, "Lines appear once a run has been measured.")
    ends = [_draw(figure, runs, x) for runs in by_method.values()]
    far = max(at for runs in by_method.values() for _, known in runs for at, _ in known) or 1
    whole_ends = _complete(figure, by_method, attack, far)
    ends = [(name, colour, whole_ends.get(name, value)) for name, colour, value in ends]
    ends += _levels(figure, far, retrained)
    _bands(figure, far, band, whole if whole_ends else None)
    values = [value for runs in by_method.values() for _, known in runs for _, value in known] + [
        50.0, *(band or ()), *whole_ends.values()]
    low, high = min(values) - 1.5, max(values) + 1.5
    figure.update_xaxes(range=[0, round((1.02 if not whole_ends else 2 * AT_EDGE - 1) * far, 3)])
    figure.update_yaxes(range=[round(low, 2), round(high, 2)], uirevision=attack)
    _name_ends(figure, ends, low, high)
    said = "; ".join(f"{name} {value:.1f}%" for name, _, value in ends)
    return figure.update_layout(meta={"alt": f"Line chart. At the end: {said}", "highlight": True})


def _draw(figure: go.Figure, runs: Sequence[tuple[Course, Points]], x: str) -> tuple[str, str, float]:
    """A method's ribbon and line; its name, colour and last value."""
    course, colour = runs[0][0], method_colour(runs[0][0]["method"])
    mean, low, high = _over_seeds([known for _, known in runs])
    xs = [round(at, 3) for at, _ in mean]
    if len(runs) > 1:
        figure.add_trace(go.Scatter(
            x=[*xs, *reversed(xs)], y=[round(value, 3) for value in (*high, *reversed(low))], mode="lines",
            line={"width": 0}, fill="toself", fillcolor=_pale(colour), hoverinfo="skip",
            name=f"{course['name']}, span", legendgroup=course["method"]))
    going = any(one["running"] or any(point.get("complete") for point in one["points"]) for one, _ in runs)
    seeds = f"mean of {len(runs)} seeds" if len(runs) > 1 else f"seed {course['seed']}"
    symbol = symbol_of(course["method"])
    figure.add_trace(go.Scatter(
        x=xs, y=[round(value, 3) for _, value in mean], name=course["name"], legendgroup=course["method"],
        mode="lines+markers", line={"color": colour, "width": 2.5, "dash": dash_of(course["method"])},
        marker={"color": colour, "size": [3] * (len(xs) - 1) + [10], "line": {"width": 1.5, "color": colour},
                "symbol": [symbol] * (len(xs) - 1) + [f"{symbol.removesuffix('-open')}-open" if going else symbol]},
        hovertemplate=f"{course['name']}, {seeds}<br>%{{y:.1f}}% after %{{x:,~f}} {UNITS[x]}<extra></extra>"))
    return course["name"], colour, mean[-1][1]


def _complete(figure: go.Figure, by_method: Mapping[str, Sequence[tuple[Course, Points]]], attack: str,
              far: float) -> dict[str, float]:
    """Filled points of the complete sets at the right edge, joined to their lines by dots; their values by name."""
    found: dict[str, float] = {}
    for method, runs in by_method.items():
        measured = [point[attack] for course, _ in runs for point in course["points"]
                    if point.get("complete") and point.get(attack) is not None]
        if len(measured) < len(runs):
            continue
        name, mean, colour = runs[0][0]["name"], round(fmean(measured), 3), method_colour(method)
        last = _over_seeds([known for _, known in runs])[0][-1]
        figure.add_trace(go.Scatter(
            x=[round(last[0], 3), round(AT_EDGE * far, 3)], y=[round(last[1], 3), mean], name=f"{name}, complete sets",
            legendgroup=method, mode="lines+markers", line={"color": colour, "width": 1, "dash": "dot"},
            marker={"color": colour, "size": [0, 10], "symbol": symbol_of(method)},
            hovertemplate=f"{name}, complete sets<br>{mean:.1f}%<extra></extra>"))
        found[name] = mean
    return found


def _bands(figure: go.Figure, far: float, band: Sequence[float] | None, whole: Sequence[float] | None) -> None:
    """The chance range of the samples watched as far as the lines go, and that of the complete sets at the edge."""
    look = {"type": "rect", "fillcolor": NULL_BAND, "line": {"width": 0}, "layer": "below"}
    if band:
        across = {"x0": 0, "x1": far} if whole else {"xref": "paper", "x0": 0, "x1": 1}
        figure.add_shape(**look, **across, y0=round(band[0], 2), y1=round(band[1], 2), name="chance range")
    if whole:
        figure.add_shape(**look, x0=round((AT_EDGE + 1) / 2 * far, 3), x1=round((2 * AT_EDGE - 1) * far, 3),
                         y0=round(whole[0], 2), y1=round(whole[1], 2), name="chance range, complete sets")


def _over_seeds(runs: Sequence[Points]) -> tuple[Points, list[float], list[float]]:
    """Mean, lowest and highest over the seeds at every place that one measured, as far as all of them go."""
    first, last = max(known[0][0] for known in runs), min(known[-1][0] for known in runs)
    places = sorted({at for known in runs for at, _ in known if first <= at <= last}) or [last]
    values = [[_between(known, at) for known in runs] for at in places]
    mean = [(at, fmean(those)) for at, those in zip(places, values, strict=True)]
    return mean, [min(those) for those in values], [max(those) for those in values]


def _between(known: Points, at: float) -> float:
    """A run's value at a place, by a straight line between its measurements."""
    for (low, before), (high, after) in pairwise(known):
        if low <= at <= high:
            return before if high == low else before + (after - before) * (at - low) / (high - low)
    return known[-1][1] if at >= known[-1][0] else known[0][1]


def _levels(figure: go.Figure, far: float, retrained: Mapping[int, float] | None) -> list[tuple[str, str, float]]:
    """The coin toss and the retrained model's level, with what is said at their ends."""
    figure.add_trace(_level([0, far], 50, "coin toss, 50%", COIN_TOSS, "dot", "50%, a coin toss"))
    ends = [("coin toss", COIN_TOSS, 50.0)]
    if retrained:
        each, mean = ", ".join(f"seed {seed} {value:.1f}%" for seed, value in sorted(retrained.items())), round(
            fmean(retrained.values()), 3)
        name = "retrained" + (", mean" if len(retrained) > 1 else "")
        figure.add_trace(_level([0, far], mean, name, REFERENCE, "dash", f"retrained: {each}"))
        ends.append(("retrained", REFERENCE, mean))
    return ends


def _name_ends(figure: go.Figure, ends: Sequence[tuple[str, str, float]], low: float, high: float) -> None:
    """Names right of the plot, at their lines' ends and never on top of one another."""
    inner = figure.layout.height - figure.layout.margin.t - figure.layout.margin.b
    step = LINE * (high - low) / inner
    ordered = sorted(ends, key=lambda end: end[2])
    names = [{"x": 1, "xref": "paper", "xanchor": "left", "xshift": 8, "y": round(place, 3), "text": name,
              "showarrow": False, "font": {"size": 12, "color": colour}} for (name, colour, _), place in
             zip(ordered, _spread([value for *_, value in ordered], step, low, high), strict=True)]
    figure.update_layout(annotations=names, margin={"r": 24 + 7 * max(len(name) for name, *_ in ends)})


def _spread(places: Sequence[float], step: float, low: float, high: float) -> list[float]:
    """Ascending places moved as little as a simple rule can, to be ``step`` apart and between ``low`` and ``high``."""
    moved: list[float] = []
    for place in places:
        moved.append(max(place, moved[-1] + step) if moved else max(place, low))
    for at in range(len(moved) - 1, -1, -1):
        moved[at] = min(moved[at], high - (len(moved) - 1 - at) * step)
    return moved


def _level(xs: list[float], value: float, name: str, colour: str, dash: str, said: str) -> go.Scatter:
    return go.Scatter(x=xs, y=[value, value], name=name, mode="lines", hovertemplate=f"{said}<extra></extra>",
                      line={"color": colour, "width": 1.5, "dash": dash})


# -- the trade-off ----------------------------------------------------------------------------------------

def plot_tradeoff(outcomes: Sequence[Mapping[str, Any]], x_title: str,
                  chance: tuple[float | None, float | None] = (None, None)) -> go.Figure:
    """Test accuracy against an attack's distance from 50: a small point a run, means named and with a bar over seeds.

    Bars are standard deviations (n - 1). The retrained model's mean is a dashed cross, the only aim, and ``chance``
    is how far chance alone moves a point along x and y: an ellipse around the cross.
    """
    known = [one for one in outcomes if one["x"] is not None and one["y"] is not None]
    reference = [one for one in known if one["method"] == REFERENCE_METHOD]
    title = "What forgetting costs: nearer to the cross is better" if reference else "What forgetting costs"
    if not known:
        return empty_figure(title, "The points appear as runs finish.")
    figure = blank_figure(title, _aim(known, bool(reference), None not in chance), height=420, hovermode="closest",
                          showlegend=False, xaxis={"title": {"text": x_title, "standoff": 4}, "zeroline": False},
                          yaxis={"title": "test accuracy, %", "zeroline": False})
    means = [_method(figure, [one for one in known if one["method"] == method])
             for method in dict.fromkeys(one["method"] for one in known)]
    if reference:
        _cross(figure, _round(one["x"] for one in reference), _round(one["y"] for one in reference), chance)
    _name_points(figure, means)
    said = "; ".join(f"{name}: {x:.1f} from 50, {y:.1f}% right" for name, _, x, y in means)
    return figure.update_layout(meta={"alt": f"Scatter chart. {said}"})


def _aim(known: Sequence[Mapping[str, Any]], reference: bool, ellipse: bool) -> str:
    several = len({one["seed"] for one in known}) > 1
    said = ["small: single runs; large: means ± standard deviation" if several else "one seed"]
    said += ["the dashed cross is the retrained model" if reference else "no retrained model yet, so there is no aim"]
    said += ["inside the ellipse chance alone explains the distance"] if reference and ellipse else []
    return "; ".join(said)


def _method(figure: go.Figure, mine: Sequence[Mapping[str, Any]]) -> tuple[str, str, float, float]:
    method = mine[0]["method"]
    colour = REFERENCE if method == ORIGINAL else method_colour(method)
    look = {"color": colour, "symbol": symbol_of(method)}
    if len(mine) > 1:
        figure.add_trace(_runs(mine, look))
    figure.add_trace(_mean(mine, look))
    return mine[0]["name"], colour, _round(one["x"] for one in mine), _round(one["y"] for one in mine)


def _cross(figure: go.Figure, x: float, y: float, chance: tuple[float | None, float | None]) -> None:
    for add, at in ((figure.add_vline, x), (figure.add_hline, y)):
        add(at, line={"color": REFERENCE, "width": 1, "dash": "dash"})
    if (wide := chance[0]) is not None and (tall := chance[1]) is not None:
        figure.add_shape(type="circle", x0=round(x - wide, 3), x1=round(x + wide, 3), y0=round(y - tall, 3),
                         y1=round(y + tall, 3), fillcolor=NULL_BAND, line={"width": 0}, layer="below",
                         name="chance range")


def _name_points(figure: go.Figure, means: Sequence[tuple[str, str, float, float]]) -> None:
    """Names beside the points: right of them, and below or above where another name is there already."""
    xs, ys = [x for *_, x, _ in means], [y for *_, y in means]
    wide, tall = (max(xs) - min(xs)) or 1.0, (max(ys) - min(ys)) or 1.0
    placed, names = list[tuple[float, float]](), list[dict[str, Any]]()
    for name, colour, x, y in sorted(means, key=lambda mean: mean[3]):
        at = y
        while any(abs(x - other) < 0.16 * wide and abs(at - there) < 0.055 * tall for other, there in placed):
            at += 0.055 * tall
        placed.append((x, at))
        left = x > min(xs) + 0.8 * wide
        side = {"xanchor": "right", "xshift": -8} if left else {"xanchor": "left", "xshift": 8}
        names.append({"x": x, "y": round(at, 3), "text": name, "showarrow": False, **side, "yshift": 11,
                      "font": {"size": 12, "color": colour}})
    figure.update_layout(annotations=names)  # at once: one by one, each is checked again with every other


def _runs(mine: Sequence[Mapping[str, Any]], look: dict[str, Any]) -> go.Scatter:
    return go.Scatter(
        x=[round(one["x"], 3) for one in mine], y=[round(one["y"], 3) for one in mine], mode="markers",
        name=mine[0]["name"], legendgroup=mine[0]["method"], showlegend=False,
        marker=look | {"size": 7, "opacity": 0.6},
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


# -- how methods look -------------------------------------------------------------------------------------

def symbol_of(method: str) -> str:
    """Methods differ by shape too, not by colour alone; each has the same one in every comparison."""
    fixed = {REFERENCE_METHOD: "diamond-open", ORIGINAL: "circle-open"}
    return fixed.get(method) or SYMBOLS[_place(method) % len(SYMBOLS)]


def dash_of(method: str) -> str:
    """A method's dash, the same in every comparison."""
    return DASHES[_place(method) % len(DASHES)]


def _place(method: str) -> int:
    known = list(BY_METHOD)
    return known.index(method) if method in known else sum(map(ord, method))


def _pale(colour: str) -> str:
    return f"rgba({','.join(str(int(colour[at:at + 2], 16)) for at in (1, 3, 5))},0.15)"


def _round(values: Any) -> float:
    return round(fmean(values), 3)
