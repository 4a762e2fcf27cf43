"""Small heatmaps side by side with one scale of colours: every method's map by its own knob. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from ui.charts import blank_figure
from ui.charts.robustness import GREY, SCALE, Spot, Values, coloured

ACROSS = 4  # maps side by side
HEIGHT, TOP, BOTTOM = 168, 14, 30  # pixels of a row of maps, of the heading, and below
BETWEEN = 0.035  # of the width, between two maps
LONG = 28  # letters of a name and a knob that stand above a map in full size
INSIDE = 0.56  # of a row's height that a map fills; the rest are its name and its values


@dataclass(frozen=True)
class SmallMap:
    """One method's map: its name, its knob, the values of both sides, and how far each square lies beyond chance.

    ``grey`` squares never count; None is not run.
    """

    name: str
    knob: str
    columns: Sequence[str]
    rows: Sequence[str]
    excess: Values
    said: Sequence[Sequence[str]]
    grey: Sequence[Spot] = ()


def height(maps: int) -> int:
    """Pixels of a figure with so many maps."""
    return TOP + BOTTOM + HEIGHT * -(-maps // ACROSS)


def plot_multiples(maps: Sequence[SmallMap], title: str, subtitle: str, ranked: bool = False,
                   unit: str = "points") -> go.Figure:
    """The maps in rows of four, all with the same colours; ``ranked`` as in :func:`plot_heatmap`."""
    figure = blank_figure(title, subtitle)
    shown = [[[None if (column, row) in set(one.grey) else value for column, value in enumerate(line)]
              for row, line in enumerate(one.excess)] for one in maps]
    z, top, ticks = coloured(shown, ranked)
    rows = -(-len(maps) // ACROSS)
    for at, one in enumerate(maps):
        _draw(figure, at, one, z[at], rows, top)
    bar = {"title": {"text": f"{unit} beyond chance", "side": "right"}, "thickness": 10, "outlinewidth": 0, **ticks}
    figure.update_layout(coloraxis={"colorscale": SCALE, "cmin": 0, "cmax": top, "colorbar": bar}, showlegend=False,
                         height=height(len(maps)), margin={"l": 52, "r": 10, "t": TOP, "b": BOTTOM},
                         meta={"alt": f"Heatmaps of {len(maps)} methods. {'; '.join(map(_in_words, maps))}"})
    return figure


def _draw(figure: go.Figure, at: int, one: SmallMap, z: Values, rows: int, top: float) -> None:
    name = "" if at == 0 else str(at + 1)
    column, row = at % ACROSS, at // ACROSS
    width, tall = (1 - BETWEEN * (ACROSS - 1)) / ACROSS, 1 / rows
    left, above = column * (width + BETWEEN), 1 - row * tall - 0.24 * tall
    place = {"x": list(range(len(one.columns))), "y": list(range(len(one.rows))), "xaxis": f"x{name}",
             "yaxis": f"y{name}", "xgap": 1, "ygap": 1}
    figure.add_trace(go.Heatmap(z=z, coloraxis="coloraxis", hovertext=[list(line) for line in one.said],
                                hovertemplate="%{hovertext}<extra></extra>", **place))
    hidden = set(one.grey)
    figure.add_trace(go.Heatmap(
        z=[[0 if (x, y) in hidden else None for x in range(len(one.columns))] for y in range(len(one.rows))],
        colorscale=[[0, GREY], [1, GREY]], showscale=False, hoverinfo="skip", visible=bool(hidden), **place))
    marks = [(x, y, "†" if (x, y) in hidden else "✓") for y, line in enumerate(one.excess)
             for x, value in enumerate(line) if (x, y) in hidden or value == 0]
    figure.add_trace(go.Scatter(x=[x for x, _, _ in marks], y=[y for _, y, _ in marks], mode="text",
                                text=[mark for *_, mark in marks], textfont={"size": 10, "color": "#111111"},
                                hoverinfo="skip", xaxis=f"x{name}", yaxis=f"y{name}"))
    plain = {"showgrid": False, "zeroline": False, "ticks": "", "tickangle": 0, "tickfont": {"size": 9}}
    figure.update_layout({
        f"xaxis{name}": plain | {"domain": [left, left + width], "anchor": f"y{name}",
                                 "tickvals": place["x"], "ticktext": list(one.columns)},
        f"yaxis{name}": plain | {"domain": [above - INSIDE * tall, above], "anchor": f"x{name}",
                                 "range": [len(one.rows) - 0.5, -0.5], "tickvals": place["y"] if column == 0 else [],
                                 "ticktext": list(one.rows)}})
    figure.add_annotation(text=f"<b>{one.name}</b>  {one.knob}", x=left, y=above, xref="paper", yref="paper",
                          xanchor="left", yanchor="bottom", showarrow=False,
                          font={"size": 11 if len(one.name) + len(one.knob) < LONG else 9})


def _in_words(one: SmallMap) -> str:
    inside = sum(value == 0 and (x, y) not in one.grey for y, line in enumerate(one.excess)
                 for x, value in enumerate(line))
    return f"{one.name}: {inside} of {sum(map(len, one.excess))} squares inside the chance range"
