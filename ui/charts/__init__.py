"""Data in, Plotly figure out. Nothing here imports streamlit or the engine, or reads a file.

Figures carry no font or grid colours: the page's theme sets them where they are shown (ui/live_chart.js).
"""

from __future__ import annotations

import importlib
from typing import Any

import plotly.graph_objects as go

from ui.charts.colours import CLEAR

HEIGHT = 300


def blank_figure(title: str, subtitle: str = "", **layout: Any) -> go.Figure:
    """A figure with the lab's frame: clear background, compact margins, legend below, zoom kept on updates.

    ``title`` and ``subtitle`` may be broken into lines with ``<br>``; the plot makes room for them.
    """
    whole_pandas()
    top = 54 + 18 * title.count("<br>") + 15 * subtitle.count("<br>")
    text = title + (f'<br><span style="font-size:12px">{subtitle}</span>' if subtitle else "")
    heading = {"text": text, "x": 0, "xanchor": "left", "xref": "container", "y": 0.965, "yref": "container",
               "yanchor": "top", "pad": {"l": 10}, "font": {"size": 15}}
    legend = {"orientation": "h", "x": 0, "xref": "container", "y": 0, "yref": "container", "yanchor": "bottom",
              "bgcolor": CLEAR, "font": {"size": 11}, "tracegroupgap": 0}
    frame = {"title": heading, "height": HEIGHT, "margin": {"l": 52, "r": 14, "t": top, "b": 40},
             "paper_bgcolor": CLEAR, "plot_bgcolor": CLEAR, "legend": legend, "uirevision": "keep"}
    return go.Figure(layout=frame).update_layout(template=None, **layout)  # else Plotly adds 7 kB of its own


def whole_pandas() -> None:
    """Imports pandas, or waits until another thread has: Plotly looks into it even where it is only half imported."""
    importlib.import_module("pandas")


def empty_figure(title: str, sentence: str = "No measurements yet.") -> go.Figure:
    """A figure that says in a sentence why there is nothing to see."""
    hidden = {"visible": False}
    note = {"text": sentence, "x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper", "showarrow": False}
    return blank_figure(title, xaxis=hidden, yaxis=hidden, annotations=[note])
