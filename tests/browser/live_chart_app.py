"""A small app for test_live_chart.py: a histogram that changes twice a second, a heatmap to click, no engine.

By hand: PYTHONPATH=. streamlit run tests/browser/live_chart_app.py --server.enableStaticServing true
"""

import os
from pathlib import Path

import plotly.graph_objects as go
import streamlit as st

from ui.charts.objective import plot_objective
from ui.charts.run import plot_accuracies, plot_attacks, plot_distributions
from ui.common.assets import ensure_assets
from ui.common.live_chart import live_chart

if not os.environ.get("NO_PLOTLY"):
    ensure_assets(Path(__file__).parent)

BINS = [i / 10 for i in range(61)]
COUNTS = {"retain": 500, "forget": 500, "test": 500}


def bump(center: int) -> list[int]:
    return [max(0, 40 - 3 * abs(i - center)) for i in range(60)]


def reading(tick: int) -> dict:
    done = min(tick, 20) / 20
    return {"histogram": {"forget": bump(round(2 + 18 * done)), "test": bump(22)}, "overlap": 10 + 80 * done,
            "accuracy": {"retain": 100 - done, "forget": 100 - 28 * done, "test": 71.5 - done},
            "attacks": {"mia_loss": 72 - 20 * done, "mia_entropy": 70 - 19 * done if tick % 2 == 0 else None}}


@st.fragment(run_every=0.5)
def live() -> None:
    tick = st.session_state["tick"] = st.session_state.get("tick", 0) + 1
    points = [{"step": i, "samples": 128 * i, "seconds": 0.4 * i, "reading": reading(i)} for i in range(tick + 1)]
    left, right = st.columns(2)
    with left:
        live_chart(plot_distributions(BINS, reading(tick), COUNTS, "Now", retrained=reading(19)), key="now")
        live_chart(plot_accuracies(points, retrained=reading(19), counts=COUNTS), key="accuracies")
    with right:
        band = {"mia_loss": [48.0, 52.0], "mia_entropy": [47.5, 52.5]}
        live_chart(plot_attacks(points, band, "samples", reading(19), COUNTS), key="attacks",
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
