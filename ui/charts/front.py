"""Utility against privacy: every method's settings as a line of points, the front, and the retrained models. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from ui.charts import blank_figure, empty_figure
from ui.charts.colours import REFERENCE, method_colour
from ui.charts.compare import symbol_of

HEIGHT = 440
LEAST = 0.05  # of each axis that is shown at the least
TITLE = "Utility against privacy: the upper right corner is retraining"


@dataclass(frozen=True)
class Spot:
    """The seed mean of a method with one setting."""

    method: str
    name: str
    setting: str
    utility: float
    privacy: float
    on_front: bool = False


def plot_front(spots: Sequence[Spot], retrained: Mapping[int, tuple[float, float]], several: bool) -> go.Figure:
    """A thin line joins a method's settings; those on the front are large, and a step line joins them.

    Crosses are retrained models, each held against the mean of the others: what is attainable at all.
    """
    if not spots:
        return empty_figure(TITLE, "The points appear as runs finish.")
    figure = blank_figure(TITLE, "points: " + ("means over seeds" if several else "one seed")
                          + ", one a setting; large: no other point beats it in both; crosses: retrained "
                          "models against one another, what is attainable", height=HEIGHT, hovermode="closest",
                          xaxis={"title": {"text": "utility: test accuracy, share of the retrained model's",
                                           "standoff": 4}, "zeroline": False},
                          yaxis={"title": "privacy: 1 - |area - retrained's| / 0.5", "zeroline": False})
    for method in dict.fromkeys(one.method for one in spots):
        _method(figure, [one for one in spots if one.method == method])
    best = sorted((one for one in spots if one.on_front), key=lambda one: -one.utility)
    figure.add_trace(go.Scatter(
        x=[round(one.utility, 4) for one in best], y=[round(one.privacy, 4) for one in best], mode="lines",
        line={"color": REFERENCE, "width": 2, "shape": "vh"}, name="the front", hoverinfo="skip"))
    figure.add_trace(go.Scatter(
        x=[round(x, 4) for x, _ in retrained.values()], y=[round(y, 4) for _, y in retrained.values()],
        mode="markers", name="retrained", text=[f"seed {seed}" for seed in retrained], visible=bool(retrained),
        marker={"symbol": "x-thin", "size": 12, "line": {"width": 2, "color": REFERENCE}},
        hovertemplate="retrained, %{text}<br>utility %{x:.3f}, privacy %{y:.3f}<extra></extra>"))
    lows = [min(values) for values in (
        [1 - LEAST, *(one.utility for one in spots), *(x for x, _ in retrained.values())],
        [1 - LEAST, *(one.privacy for one in spots), *(y for _, y in retrained.values())])]
    figure.update_xaxes(range=[round(lows[0] - 0.02, 3), 1.02])
    figure.update_yaxes(range=[round(lows[1] - 0.02, 3), 1.02])
    said = "; ".join(f"{one.name} with {one.setting}: utility {one.utility:.2f}, privacy {one.privacy:.2f}"
                     for one in best)
    return figure.update_layout(meta={"alt": f"Scatter chart. On the front: {said}", "highlight": True})


def _method(figure: go.Figure, mine: Sequence[Spot]) -> None:
    colour = method_colour(mine[0].method)
    figure.add_trace(go.Scatter(
        x=[round(one.utility, 4) for one in mine], y=[round(one.privacy, 4) for one in mine], name=mine[0].name,
        mode="lines+markers", line={"color": colour, "width": 1}, text=[one.setting for one in mine],
        legendgroup=mine[0].method,
        marker={"color": colour, "symbol": symbol_of(mine[0].method),
                "size": [13 if one.on_front else 6 for one in mine]},
        hovertemplate=f"{mine[0].name}, %{{text}}<br>utility %{{x:.3f}}, privacy %{{y:.3f}}<extra></extra>"))
