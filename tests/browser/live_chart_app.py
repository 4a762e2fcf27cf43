"""A small app for test_live_chart.py: a histogram that changes twice a second, a heatmap to click, no engine.

A busy machine has more time between changes: a browser that cannot keep up with them would never come to a click.

By hand: PYTHONPATH=. streamlit run tests/browser/live_chart_app.py --server.enableStaticServing true
"""

import os
from pathlib import Path

import plotly.graph_objects as go
import streamlit as st

from ui.charts import blank_figure
from ui.charts.lines import line, over_time
from ui.charts.objective import plot_objective
from ui.common import assets
from ui.common.live_chart import live_chart

assets.ROOT = Path(__file__).parent
if not os.environ.get("NO_PLOTLY"):
    assets.ensure_assets(assets.ROOT)

EVERY = 0.5 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))  # seconds
SAID = "500 forget, 500 test samples, overlap 25% (retrained 86%)"


def chart(title: str, tick: int, colour: str) -> go.Figure:
    """A line that grows with every tick, under a heading that is wider than a narrow window."""
    figure = over_time(title, SAID, "samples", "accuracy, %")
    xs = [128.0 * i for i in range(tick + 1)]
    figure.add_trace(line(xs, [72 - min(i, 20) for i in range(tick + 1)], "forget", colour, "%"))
    return figure


def bars(tick: int) -> go.Figure:
    """Sixty bars around a place that moves, on an axis that stays."""
    heights = [max(0, 40 - 3 * abs(i - 2 - min(tick, 20))) for i in range(60)]
    figure = blank_figure("Now", SAID, xaxis={"range": [0, 60], "title": "bin"})
    return figure.add_trace(go.Bar(y=heights, name="forget"))


@st.fragment(run_every=EVERY)
def live() -> None:
    tick = st.session_state["tick"] = st.session_state.get("tick", 0) + 1
    left, right = st.columns(2)
    with left:
        live_chart(bars(tick), key="now")
        live_chart(chart("Forget should come down to test", tick, "#2ca02c"), key="accuracies")
    with right:
        live_chart(chart("The attack should fall to a coin toss, 50%", tick, "#9467bd"), key="attacks",
                   revision=st.session_state.get("revision"))
        trace = {"step": list(range(tick)), "forget_loss": [0.1 * i for i in range(tick)],
                 "retain_loss": [0.1] * tick, "validation_loss": [1.2] * tick, "alpha": [0.25] * tick}
        live_chart(plot_objective(trace), key="objective")
    heatmap = go.Heatmap(x=[10, 20, 30], y=[1, 2], z=[[1, 2, 3], [4, 5, tick]])
    clicked = live_chart(go.Figure(heatmap, layout={"margin": {"t": 10, "b": 30}}), key="cells", height=200)
    if clicked:
        st.session_state["clicks"] = [*st.session_state.get("clicks", []), clicked]
    st.text(f"tick {tick}")
    st.text(f"clicks {st.session_state.get('clicks', [])}")


def everything() -> None:
    st.button("New subject", key="renew", on_click=lambda: st.session_state.update(revision="other"))
    live()


st.navigation([st.Page(everything, title="Home", default=True), st.Page(everything, title="Deep", url_path="deep")],
              position="hidden").run()
