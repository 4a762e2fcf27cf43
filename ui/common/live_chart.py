"""A Plotly chart that is updated in place: no blank, zoom kept, clicks on any trace delivered (heatmaps too).

``st.plotly_chart`` builds a new chart whenever its data change; use it where nothing moves. The browser's half
is live_chart.js; map_cursor.js moves through a map whose figure says its ``columns`` and ``rows`` in ``layout.meta``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from ui.charts import whole_pandas
from ui.common.assets import plotly_url
from ui.common.modules import Module
from ui.common.said import without_links

HERE = Path(__file__).parent
SCRIPTS = ("map_cursor.js", "live_chart.js")  # one after the other they are one module


def live_chart(figure: go.Figure, key: str, height: int = 300, revision: Any = None) -> dict[str, Any] | None:
    """Show ``figure`` under ``key``; the click ``{"x", "y", "z"}`` that caused this script run, else None.

    A click is delivered once, to the run that it starts: keep it in session_state where it should last.
    Zoom, hidden traces and pan are kept across updates as long as ``revision`` is the same (any short value:
    a run's id, say), and start afresh when it changes. An unchanged figure costs the browser nothing.
    """
    click: dict[str, Any] | None = _draw(figure, key, height, revision, on_click_change=_nothing).click
    return click


def marking_chart(figure: go.Figure, key: str, marked: Callable[[list[list[int]]], None], height: int = 300,
                  revision: Any = None) -> None:
    """The same for a chart in which one marks points, by a click or by a box or lasso round them.

    ``figure`` says ``marks`` in its ``layout.meta``. ``marked`` is called before the run that this starts, with each
    marked point as its trace's number and its own in it; with none where the marks were taken away.
    """
    _draw(figure, key, height, revision, on_marked_change=lambda: marked(st.session_state[key].marked or []))


def _draw(figure: go.Figure, key: str, height: int, revision: Any, **callbacks: Any) -> Any:
    whole_pandas()
    data = {"spec": without_links(figure.to_json()), "height": height,
            "src": plotly_url(st.get_option("server.baseUrlPath")),
            "revision": None if revision is None else str(revision)}
    return module().draw(key, data, height=height, **callbacks)


@functools.cache
def module() -> Module:
    return Module("live_chart", "\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS),
                  html='<div class="live-chart"></div>')


def _nothing() -> None:
    """A callback is what makes Streamlit report a trigger; the value is read from the result."""
