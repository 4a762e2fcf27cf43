"""Small multiples of how losses lie: two filled humps, forget and never-seen samples, on a logarithmic loss axis. Pure.

A density is one value a bin between ``edges`` (nats), the share of samples a decade, smoothed by whoever computes it.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from itertools import pairwise

import plotly.graph_objects as go

from ui.charts import blank_figure, empty_figure
from ui.charts.colours import BY_SET, REFERENCE

SMALL = 200  # pixels that a small chart is high
COARSE = "An earlier version kept only coarse losses of this run."
NEAR = 3.0  # decades between two peaks under which their labels stand above one another
TICKS = {1e-6: "10⁻⁶", 1e-4: "10⁻⁴", 1e-2: "10⁻²", 1.0: "1", 100.0: "100"}
Density = Sequence[float]


def plot_humps(edges: Sequence[float], humps: Mapping[str, Density] | None, name: str, note: str = "",
               retrained: Density | None = None, top: float | None = None, unseen: str = "test") -> go.Figure:
    """The densities ``forget`` and ``test`` of one model, with the retrained model's forget set as a dashed outline.

    Pass ``tallest(...)`` of all charts side by side as ``top``, so that they share one height. None for ``humps``
    leaves a sentence: the run kept no losses fine enough to draw.
    """
    if humps is None:
        return _framed(empty_figure("", "<br>".join(textwrap.wrap(COARSE, 22))), name)
    figure = blank_figure("")
    middles = [math.sqrt(low * high) for low, high in pairwise(edges)]
    for key in ("test", "forget"):
        figure.add_trace(_filled(middles, humps[key], key if key == "forget" else unseen, BY_SET[key]))
    if retrained is not None:
        figure.add_trace(_outline(middles, retrained))
    height = 1.3 * (top or tallest(humps))  # room for the labels
    for label in _labels(middles, humps, "test" if unseen == "test" else "unseen"):
        figure.add_annotation(label)
    figure.update_xaxes(type="log", range=[math.log10(edges[0]), math.log10(edges[-1])], tickvals=list(TICKS),
                        ticktext=list(TICKS.values()), tickfont={"size": 10}, showgrid=False, zeroline=False)
    figure.update_yaxes(range=[0, round(height, 4)], visible=False)
    return _framed(figure, name, note)


def tallest(*densities: Mapping[str, Density] | None) -> float:
    """The highest value of several densities, for ``top``; 1 where there is none."""
    return max((max(values, default=0.0) for one in densities if one for values in one.values()), default=0.0) or 1.0


def _framed(figure: go.Figure, name: str, note: str = "") -> go.Figure:
    heading = f'{name}<br><span style="font-size:11px">{note}</span>' if note else name
    return figure.update_layout(title={"text": heading, "font": {"size": 13}, "y": 0.94, "pad": {"l": 4}},
                                showlegend=False, height=SMALL, margin={"l": 6, "r": 6, "t": 44, "b": 22})


def _filled(middles: Sequence[float], density: Density, name: str, colour: str) -> go.Scatter:
    red, green, blue = (int(colour[at:at + 2], 16) for at in (1, 3, 5))
    return go.Scatter(x=_short(middles), y=_heights(density), name=name, mode="lines", fill="tozeroy",
                      fillcolor=f"rgba({red},{green},{blue},0.45)", line={"color": colour, "width": 2},
                      hovertemplate=f"loss %{{x:.2~g}} nats<br>{name} samples: %{{y:.0%}} a decade<extra></extra>")


def _outline(middles: Sequence[float], density: Density) -> go.Scatter:
    return go.Scatter(x=_short(middles), y=_heights(density), name="retrained", mode="lines",
                      line={"color": REFERENCE, "width": 2, "dash": "dash"},
                      hovertemplate="loss %{x:.2~g} nats<br>forget samples of the retrained model<extra></extra>")


def _short(middles: Sequence[float]) -> list[float]:
    return [float(f"{value:.3g}") for value in middles]


def _heights(density: Density) -> list[float]:
    return [round(float(value), 4) for value in density]


def _labels(middles: Sequence[float], humps: Mapping[str, Density], unseen: str) -> list[go.layout.Annotation]:
    """The sets' names over their peaks; above one another where the peaks are near, so that both can be read."""
    peaks = {key: max(range(len(middles)), key=list(humps[key]).__getitem__) for key in ("forget", "test")}
    decades = {key: math.log10(middles[at]) for key, at in peaks.items()}
    low, high = math.log10(middles[0]), math.log10(middles[-1])
    heights = {key: float(humps[key][at]) for key, at in peaks.items()}
    near = abs(decades["forget"] - decades["test"]) < NEAR
    told = []
    for key, text in (("forget", "forget"), ("test", unseen)):
        share = (decades[key] - low) / (high - low)
        anchor = "left" if share < 0.25 else "right" if share > 0.75 else "center"
        height = max(heights.values()) if near else heights[key]
        told.append(go.layout.Annotation(
            x=round(decades[key], 3), y=round(height, 4), text=f"<b>{text}</b>", showarrow=False, xanchor=anchor,
            yanchor="bottom", yshift=13 if near and key == "forget" else 0, font={"size": 11, "color": BY_SET[key]}))
    return told
