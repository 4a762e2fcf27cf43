"""The best score so far of every method by trial: how much a search gained, and how soon. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from ui.charts import blank_figure, empty_figure
from ui.charts.colours import method_colour
from ui.charts.compare import symbol_of

HEIGHT = 400
TITLE = "The best setting so far, on validation data"
SUBTITLE = "average gap to retraining by trial; trial 0 is the method's own setting. The table reports on other seeds"
HIGHEST = 4.0  # times the median of the last scores: what starts far above is cut off


@dataclass(frozen=True)
class Line:
    """A method and its best score after each trial, in points."""

    method: str
    name: str
    scores: tuple[float, ...]


def plot_best(lines: Sequence[Line], trials: int) -> go.Figure:
    """A falling step line a method."""
    known = [line for line in lines if line.scores]
    if not known:
        return empty_figure(TITLE, "A line begins when a method's own setting has its score.")
    figure = blank_figure(TITLE, SUBTITLE, height=HEIGHT, hovermode="closest",
                          xaxis={"title": {"text": "trial", "standoff": 4}, "dtick": max(1, trials // 12),
                                 "range": [-0.3, trials - 0.7], "zeroline": False},
                          yaxis={"title": "average gap, points", "rangemode": "tozero", "zeroline": False})
    for line in known:
        figure.add_trace(go.Scatter(
            x=list(range(len(line.scores))), y=[round(one, 3) for one in line.scores], name=line.name,
            mode="lines+markers", line={"color": method_colour(line.method), "width": 2, "shape": "hv"},
            marker={"size": 5, "symbol": symbol_of(line.method), "color": method_colour(line.method)},
            hovertemplate=f"{line.name}, trial %{{x}}<br>%{{y:.2f}} points<extra></extra>"))
    last = sorted(line.scores[-1] for line in known)
    top = max(HIGHEST * last[len(last) // 2], 1.1 * last[-1])
    if top < max(max(line.scores) for line in known):
        figure.update_yaxes(range=[0, round(top, 2)])
    said = "; ".join(f"{line.name} from {line.scores[0]:.1f} to {line.scores[-1]:.1f}" for line in known)
    return figure.update_layout(meta={"alt": f"Line chart. Best average gap in points: {said}", "highlight": True})
