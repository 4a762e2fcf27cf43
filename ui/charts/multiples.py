"""Small heatmaps side by side with one scale of colours: every method's map by its own knob. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from ui.charts import blank_figure
from ui.charts.robustness import GREY, PALE, SCALE, Spot, Values, coloured

ACROSS = 4  # maps side by side
HEIGHT, TOP, BOTTOM = 176, 14, 30  # pixels of a row of maps, of the heading, and below
BETWEEN = 0.035  # of the width, between two maps
LONG = 22  # letters of a map's values that stand below it: of more, every second is left out
INSIDE = 0.55  # of a row's height that a map fills; the rest are its name and its values


@dataclass(frozen=True)
class SmallMap:
    """One method's map: its name, its knob, the values of both sides, and how far each square lies beyond chance.

    ``grey`` squares never count, ``blind`` ones have too few samples to tell; None is not run.
    """

    name: str
    knob: str
    columns: Sequence[str]
    rows: Sequence[str]
    excess: Values
    said: Sequence[Sequence[str]]
    grey: Sequence[Spot] = ()
    blind: Sequence[Spot] = ()

    @property
    def hidden(self) -> set[Spot]:
        """The squares without a colour of the scale."""
        return {*self.grey, *self.blind}

    @property
    def labelled(self) -> range:
        """The columns whose value stands below the map."""
        return range(0, len(self.columns), 2 if sum(map(len, self.columns)) > LONG else 1)


def height(maps: int) -> int:
    """Pixels of a figure with so many maps."""
    return TOP + BOTTOM + HEIGHT * -(-maps // ACROSS)


def plot_multiples(maps: Sequence[SmallMap], title: str, subtitle: str, ranked: bool = False,
                   unit: str = "points") -> go.Figure:
    """The maps in rows of four, all with the same colours; ``ranked`` as in :func:`plot_heatmap`."""
    figure = blank_figure(title, subtitle)
    shown = [[[None if (column, row) in one.hidden else value for column, value in enumerate(line)]
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
    left, above = column * (width + BETWEEN), 1 - row * tall - 0.26 * tall
    place = {"x": list(range(len(one.columns))), "y": list(range(len(one.rows))), "xaxis": f"x{name}",
             "yaxis": f"y{name}", "xgap": 1, "ygap": 1}
    figure.add_trace(go.Heatmap(z=z, coloraxis="coloraxis", hovertext=[list(line) for line in one.said],
                                hovertemplate="%{hovertext}<extra></extra>", **place))
    rest = [[0 if (x, y) in one.blind else 1 if (x, y) in one.grey else None for x in range(len(one.columns))]
            for y in range(len(one.rows))]
    figure.add_trace(go.Heatmap(z=rest, colorscale=[[0, PALE], [0.5, PALE], [0.5, GREY], [1, GREY]], zmin=0, zmax=1,
                                showscale=False, hoverinfo="skip", visible=bool(one.hidden), **place))
    inside = [(x, y) for y, line in enumerate(one.excess) for x, value in enumerate(line)
              if value == 0 and (x, y) not in one.hidden]
    doubtful = [spot for spot in one.grey if spot not in one.blind]
    for spots, mark, colour in ((inside, "✓", "#111111"), (doubtful, "†", "#111111"), (one.blind, "?", None)):
        figure.add_trace(_marks(spots, mark, colour).update(xaxis=f"x{name}", yaxis=f"y{name}"))
    plain = {"showgrid": False, "zeroline": False, "ticks": "", "tickangle": 0, "tickfont": {"size": 9}}
    figure.update_layout({
        f"xaxis{name}": plain | {"domain": [left, left + width], "anchor": f"y{name}",
                                 "tickvals": list(one.labelled), "ticktext": [one.columns[x] for x in one.labelled]},
        f"yaxis{name}": plain | {"domain": [above - INSIDE * tall, above], "anchor": f"x{name}",
                                 "range": [len(one.rows) - 0.5, -0.5], "tickvals": place["y"] if column == 0 else [],
                                 "ticktext": list(one.rows)}})
    figure.add_annotation(text=f"<b>{one.name}</b><br>{one.knob}", x=left, y=above, xref="paper", yref="paper",
                          xanchor="left", yanchor="bottom", align="left", showarrow=False, font={"size": 11})


def _marks(spots: Sequence[Spot], mark: str, colour: str | None) -> go.Scatter:
    """One sign on each square; None is the page's own colour."""
    return go.Scatter(x=[x for x, _ in spots], y=[y for _, y in spots], mode="text", text=[mark] * len(spots),
                      textfont={"size": 10, "color": colour}, hoverinfo="skip", name=mark, visible=bool(spots))


def _in_words(one: SmallMap) -> str:
    inside = sum(value == 0 and (x, y) not in one.hidden for y, line in enumerate(one.excess)
                 for x, value in enumerate(line))
    return f"{one.name}: {inside} of {sum(map(len, one.excess))} squares inside the chance range"
