"""What charts over time share: the axes to choose from, a line, a number rounded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from ui.charts import blank_figure

X_AXES = {"step": "steps", "samples": "samples processed", "seconds": "training time, s"}
NUMBER = ",~f"  # thousands separated, no trailing zeros


def over_time(title: str, subtitle: str, x: str, unit: str, **layout: Any) -> go.Figure:
    """A line chart against ``x``; a zoom along x is kept as long as x means the same.

    Raises ValueError for an axis that does not exist.
    """
    if x not in X_AXES:
        raise ValueError(f"No axis named {x!r}: choose one of {', '.join(X_AXES)}.")
    axis = {"title": {"text": X_AXES[x], "standoff": 4}, "tickformat": NUMBER, "hoverformat": NUMBER, "uirevision": x,
            "zeroline": False}
    figure = blank_figure(title, subtitle, hovermode="x unified", xaxis=axis, yaxis={"title": unit, "zeroline": False})
    return figure.update_layout(**layout)


def line(xs: Sequence[float | None], ys: Sequence[float | None], name: str, colour: str, unit: str,
         mode: str = "lines+markers", dash: str = "solid", **more: Any) -> go.Scatter:
    """A line of two pixels with small markers; None leaves a gap."""
    return go.Scatter(x=list(xs), y=list(ys), name=name, mode=mode, marker={"size": 5},
                      line={"color": colour, "width": 2, "dash": dash}, hovertemplate=f"%{{y:.3~f}}{unit}", **more)


def rounded(value: float | None, digits: int) -> float | None:
    """Rounded; None where it is missing or not finite, which leaves a gap."""
    return None if value is None or not math.isfinite(value) else round(float(value), digits)
