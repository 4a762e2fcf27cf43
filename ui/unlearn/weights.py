"""The weights that a finished run kept, with their size, to take away."""

from __future__ import annotations

import streamlit as st

from engine.runs.queue import manager
from engine.runs.records import Run


def offer(run: Run) -> None:
    """The button that hands them out, or a sentence where the run kept none."""
    if not run.finished:
        return
    store = manager().store
    size = store.weights_bytes(run.id)
    if size is None:
        st.caption(f"This run kept no weights: `engine.weights_of(\"{run.id}\")` computes them again.")
        return
    st.download_button(f"The unlearned weights as safetensors ({size / 1e6:.1f} MB)",
                       lambda: store.weights_path(run.id).read_bytes(), f"{run.id}.safetensors",
                       "application/octet-stream", on_click="ignore", key=f"weights-{run.id}",
                       help="The network that the run ended with. `safetensors.torch.load_file` reads it; nothing in "
                            "it is executed.")
