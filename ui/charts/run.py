"""The charts of one run: loss distributions, attacks and accuracies over time (the objective: objective.py).

A point is ``{"step", "samples", "seconds", "reading"}`` and a reading ``{"histogram", "overlap", "accuracy",
"attacks"}``, as the run's events carry them; the first point is the Original. What was not measured is None.
The histogram ``test`` is of the samples that an attacker has to tell from the forget set: ``unseen`` names them
where they are not the test set, and ``counts["test"]`` of the same chart is their number.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go

from ui.charts import blank_figure, empty_figure
from ui.charts.colours import (
    BY_SET,
    COIN_TOSS,
    NULL_BAND,
    REFERENCE,
    attack_colours,
)

Reading = dict[str, Any]
Point = dict[str, Any]

X_AXES = {"step": "steps", "samples": "samples processed", "seconds": "training time, s"}
SETS = ("retain", "forget", "test")
MUCH = 10.0  # percent of a set in the last bar, which is then said in words
NUMBER = ",~f"  # thousands separated, no trailing zeros


def plot_distributions(bins: Sequence[float], reading: Reading | None, counts: dict[str, int], title: str,
                       retrained: Reading | None = None, log: bool = False,
                       shared_top: float | None = None, unseen: str = "test") -> go.Figure:
    """Loss distributions of the forget and never-seen samples as bars, those of the retrained model as dashed steps.

    ``bins`` are the edges in nats. Pass ``tallest_share(...)`` of all the readings that are shown side by
    side as ``shared_top``, so that their charts share one scale. ``log`` draws the shares on a log axis.
    """
    if not reading:
        return empty_figure(title)
    subtitle, names = _distribution_subtitle(reading, counts, retrained, unseen), {"forget": "forget", "test": unseen}
    figure = blank_figure(title, subtitle, barmode="overlay", bargap=0)
    for key, name in names.items():
        figure.add_trace(_bars(bins, reading["histogram"][key], name, BY_SET[key]))
    short = {"forget": "forget", "test": "test" if unseen == "test" else "unseen"}  # a legend in two columns
    if retrained:
        for key, dash in (("forget", "dash"), ("test", "dot")):
            figure.add_trace(_steps(bins, retrained["histogram"][key], f"retrained, {short[key]}", dash))
    figure.update_xaxes(title=_x_title(f"loss, nats (last bar: {bins[-2]:.1f} and more)"),
                        range=[bins[0], bins[-1]])
    figure.update_yaxes(title="samples, %", **_share_axis(reading, log, shared_top))
    return figure


def tallest_share(*readings: Reading | None) -> float | None:
    """The tallest bar of several readings in percent, for ``shared_top``; None where there is none."""
    tops = [max(shares(histogram), default=0.0)
            for reading in readings if reading for histogram in reading["histogram"].values()]
    return max(tops, default=None)


def shares(histogram: Sequence[int]) -> list[float]:
    """Counts per bin as percent of all samples."""
    total = sum(histogram) or 1
    return [round(100 * count / total, 2) for count in histogram]


def plot_attacks(points: Sequence[Point], null_band: dict[str, Sequence[float] | None] | None, x: str = "step",
                 retrained: Reading | None = None, counts: dict[str, int] | None = None,
                 labels: Mapping[str, str] | None = None) -> go.Figure:
    """Accuracy of the attacks against steps, samples or seconds, with the coin toss and its chance range.

    Attacks are measured at some points only: lines join the measurements, markers show them. ``labels`` names the
    attacks to draw, by default every one of the first reading by its key; the band is the first one's.
    """
    title = "The attack should fall to a coin toss, 50%"
    if not points:
        return empty_figure(title)
    labels = labels or {key: f"{key.removeprefix('mia_').replace('_', ' ')} attack"
                        for key in points[0]["reading"]["attacks"]}
    colours, bands = attack_colours(labels), {key: band for key in labels if (band := (null_band or {}).get(key))}
    series = {key: [rounded(p["reading"]["attacks"].get(key), 3) for p in points] for key in labels}
    figure = over_time(title, _latest(labels, series, counts, ("forget", "test")), x, "accuracy, %")
    xs = _positions(points, x)
    for key, name in labels.items():
        figure.add_trace(line(xs, series[key], name, colours[key], "%", connectgaps=True))
    said = [f"{labels[key].removesuffix(' attack')} {band[0]:.1f} to {band[1]:.1f}%" for key, band in bands.items()]
    figure.add_trace(_level(xs, 50, "coin toss", COIN_TOSS, "dot", hovertemplate=_band_hover(said)))
    if retrained:
        _add_retrained(figure, xs, {name: (retrained["attacks"].get(key), colours[key])
                                    for key, name in labels.items()})
    _shade(figure, next(iter(bands.values()), None))
    return figure


def plot_accuracies(points: Sequence[Point], x: str = "step", retrained: Reading | None = None,
                    counts: dict[str, int] | None = None,
                    title: str = "Forget should come down to test") -> go.Figure:
    """Accuracies on the retain, forget and test set against steps, samples or seconds; ``title`` says what to see."""
    if not points:
        return empty_figure(title)
    series = {name: [rounded(p["reading"]["accuracy"].get(name), 3) for p in points] for name in SETS}
    figure = over_time(title, _latest({name: name for name in SETS}, series, counts, SETS), x, "accuracy, %")
    xs = _positions(points, x)
    for name in SETS:
        figure.add_trace(line(xs, series[name], name, BY_SET[name], "%"))
    if retrained:
        _add_retrained(figure, xs, {name: (retrained["accuracy"].get(name), BY_SET[name]) for name in SETS})
    return figure


# -- distributions ----------------------------------------------------------------------------------------

def _distribution_subtitle(reading: Reading, counts: dict[str, int], retrained: Reading | None, unseen: str) -> str:
    said = f"{counts['forget']:,} forget, {counts['test']:,} {unseen} samples"
    said += f"{', ' if unseen == 'test' else '<br>'}overlap {reading['overlap']:.0f}%"  # a longer name needs the line
    said += f" (retrained {retrained['overlap']:.0f}%)" if retrained else ""
    beyond = [shares(reading["histogram"][key])[-1] for key in ("forget", "test")]
    if max(beyond) < MUCH:
        return said
    return f"{said}<br>beyond the chart: {beyond[0]:.0f}% of forget, {beyond[1]:.0f}% of {unseen}"


def _bars(bins: Sequence[float], histogram: Sequence[int], name: str, colour: str) -> go.Bar:
    pairs = list(pairwise(bins))
    said = [f"{low:.2f} to {high:.2f}" for low, high in pairs[:-1]] + [f"{pairs[-1][0]:.2f} and more (all beyond)"]
    total = sum(histogram)
    return go.Bar(
        x=[round((low + high) / 2, 4) for low, high in pairs], width=[round(high - low, 4) for low, high in pairs],
        y=shares(histogram), name=name, opacity=0.6, marker={"color": colour, "line": {"width": 0}},
        customdata=[[text, count] for text, count in zip(said, histogram, strict=True)],
        hovertemplate=f"loss %{{customdata[0]}}<br>%{{y:.1f}}%: %{{customdata[1]:,}} of {total:,} {name} samples"
                      "<extra></extra>")


def _steps(bins: Sequence[float], histogram: Sequence[int], name: str, dash: str) -> go.Scatter:
    heights = shares(histogram)
    beside = zip([0, *heights[:-1]], heights, [*heights[1:], 0], strict=True)
    seen = [None if not any(three) else three[1] for three in beside]  # no line along zero
    return go.Scatter(x=[round(edge, 4) for edge in bins], y=[*seen, seen[-1]], name=name, mode="lines",
                      line={"color": REFERENCE, "dash": dash, "width": 2, "shape": "hv"},
                      hovertemplate=f"%{{y:.1f}}%: {name}<extra></extra>")


def _share_axis(reading: Reading, log: bool, top: float | None) -> dict[str, Any]:
    """From zero, or on a log axis from half of what one sample counts; a little headroom above ``top``."""
    top = top or tallest_share(reading) or 100
    if not log:
        return {"range": [0, round(1.05 * top, 2)], "uirevision": "linear"}
    largest = max(sum(histogram) for histogram in reading["histogram"].values()) or 1
    return {"type": "log", "range": [round(math.log10(50 / largest), 3), round(math.log10(1.2 * top), 3)],
            "dtick": 1, "tickformat": "~g", "uirevision": "log"}


# -- lines over time --------------------------------------------------------------------------------------

def over_time(title: str, subtitle: str, x: str, unit: str) -> go.Figure:
    """A line chart against ``x``; a zoom along x is kept as long as x means the same."""
    if x not in X_AXES:
        raise ValueError(f"No axis named {x!r}: choose one of {', '.join(X_AXES)}.")
    axis = {"title": _x_title(X_AXES[x]), "tickformat": NUMBER, "hoverformat": NUMBER, "uirevision": x,
            "zeroline": False}
    return blank_figure(title, subtitle, hovermode="x unified", xaxis=axis, yaxis={"title": unit, "zeroline": False})


def _positions(points: Sequence[Point], x: str) -> list[float]:
    return [round(point[x], 3) for point in points]


def line(xs: Sequence[float | None], ys: Sequence[float | None], name: str, colour: str, unit: str,
          mode: str = "lines+markers", dash: str = "solid", **more: Any) -> go.Scatter:
    return go.Scatter(x=list(xs), y=list(ys), name=name, mode=mode, marker={"size": 5},
                      line={"color": colour, "width": 2, "dash": dash}, hovertemplate=f"%{{y:.3~f}}{unit}", **more)


def _level(xs: Sequence[float], value: float, name: str, colour: str, dash: str, **more: Any) -> go.Scatter:
    """A horizontal line at ``value`` under all the points, so that every hover finds it."""
    along = list(xs) if len(xs) > 1 else [xs[0], xs[0] + 1]
    look = {"showlegend": False, "hovertemplate": f"%{{y:.3~f}}% {name}<extra></extra>"} | more
    return go.Scatter(x=along, y=[value] * len(along), name=name, mode="lines",
                      line={"color": colour, "width": 1.5, "dash": dash}, **look)


def _add_retrained(figure: go.Figure, xs: Sequence[float], values: dict[str, tuple[float | None, str]]) -> None:
    """Dashed levels of the retrained model, each in its quantity's colour, with one grey entry in the legend."""
    for name, (value, colour) in values.items():
        if (level := rounded(value, 2)) is not None:
            figure.add_trace(_level(xs, level, f"retrained, {name}", colour, "dash", legendgroup="retrained"))
    figure.add_trace(go.Scatter(x=[None], y=[None], name="retrained", mode="lines", legendgroup="retrained",
                                line={"color": REFERENCE, "width": 1.5, "dash": "dash"}))


def _shade(figure: go.Figure, band: Sequence[float] | None) -> None:
    if band:
        figure.add_shape(type="rect", xref="paper", x0=0, x1=1, y0=round(band[0], 2), y1=round(band[1], 2),
                         fillcolor=NULL_BAND, line={"width": 0}, layer="below", name="chance range",
                         showlegend=True)


def _band_hover(said: Sequence[str]) -> str:
    """What the 50% line says: where each attack lies when there is nothing to find."""
    return "50% coin toss" + (f" (chance range: {', '.join(said)})" if said else "") + "<extra></extra>"


def _latest(names: Mapping[str, str], series: dict[str, list[float | None]], counts: dict[str, int] | None,
            sets: Sequence[str]) -> str:
    """The latest value of each series, with the number of samples behind them where known."""
    known = {key: [value for value in series[key] if value is not None] for key in names}
    said = ", ".join(f"{name} {known[key][-1]:.1f}%" for key, name in names.items() if known[key])
    sizes = "\u00a0+\u00a0".join(f"{counts[name]:,}" for name in sets) if counts else ""
    return said + (f" (of\u00a0{sizes})" if sizes else "")  # one piece where the line has to break


def _x_title(text: str) -> dict[str, Any]:
    return {"text": text, "standoff": 4}


def rounded(value: float | None, digits: int) -> float | None:
    """Rounded; None where it is missing or not finite, which leaves a gap."""
    return None if value is None or not math.isfinite(value) else round(float(value), digits)
