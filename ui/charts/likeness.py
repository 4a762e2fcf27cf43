"""Where predictions moved, class to class, and how alike two networks are layer by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from ui.charts import blank_figure
from ui.charts.colours import FORGET, REFERENCE

LAYERS = 380  # pixels: names of layers stand upright
MOST_NUMBERS = 12  # classes from which on squares carry no number
LINES: Mapping[str, tuple[str, str, str]] = {  # by pair of models: name, colour, dash
    "unlearned_original": ("now and Original", FORGET, "dot"),
    "unlearned_retrained": ("now and retrained", FORGET, "solid"),
    "attainable": ("two retrained models", REFERENCE, "dash")}


def plot_moved(counts: Sequence[Sequence[int]], classes: Sequence[str], title: str, subtitle: str,
               alt: str) -> go.Figure:
    """Counts by class before (rows) and after (columns); the diagonal, which stayed, is left pale."""
    moved = [[0 if row == column else value for column, value in enumerate(values)]
             for row, values in enumerate(counts)]
    figure = blank_figure(title, subtitle, height=340, meta={"alt": alt},
                          xaxis={"title": {"text": "then", "standoff": 4}, "type": "category", "tickangle": -45},
                          yaxis={"title": "before", "type": "category", "autorange": "reversed"})
    figure.add_trace(go.Heatmap(
        z=moved, x=list(classes), y=list(classes), showscale=False, xgap=1, ygap=1,
        colorscale=[[0, "rgba(128,128,128,0.10)"], [1, FORGET]], customdata=[list(values) for values in counts],
        hovertemplate="%{y} before, %{x} then: %{customdata}<extra></extra>"))
    return figure.update_layout(annotations=_numbers(counts) if len(classes) <= MOST_NUMBERS else [])


def _numbers(counts: Sequence[Sequence[int]]) -> list[dict[str, Any]]:
    """The counts as notes on the squares: these take the colour of the page's text."""
    return [{"x": column, "y": row, "text": f"{value:,}", "showarrow": False, "font": {"size": 11}}
            for row, values in enumerate(counts) for column, value in enumerate(values) if value]


def plot_layers(layers: Mapping[str, Mapping[str, float | None]], title: str, subtitle: str, alt: str) -> go.Figure:
    """Likeness by layer, a line for each pair of models."""
    figure = blank_figure(title, subtitle, height=LAYERS, hovermode="x unified", meta={"alt": alt},
                          xaxis={"type": "category", "tickangle": -90}, yaxis={"title": "CKA", "range": [0, 1.03]})
    for pair, (name, colour, dash) in LINES.items():
        if known := {layer: value for layer, value in layers.get(pair, {}).items() if value is not None}:
            figure.add_trace(go.Scatter(x=list(known), y=[round(value, 3) for value in known.values()], name=name,
                                        mode="lines+markers", line={"color": colour, "dash": dash, "width": 2},
                                        marker={"size": 6}, hovertemplate="%{y:.3f}"))
    return figure.update_layout(margin_b=140)
