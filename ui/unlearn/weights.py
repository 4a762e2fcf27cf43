"""The weights that a finished run kept, with their model card, to take away."""

from __future__ import annotations

import streamlit as st

from engine.errors import LabError
from engine.originals.checkpoints import original_key
from engine.runs.queue import manager
from engine.runs.records import Run
from ui.common.said import code


def offer(run: Run) -> None:
    """The button that hands them out, or a sentence where the run kept none."""
    if not run.finished:
        return
    size = manager().store.weights_bytes(run.id)
    if size is None:
        st.caption(f"This run kept no weights: {code(f'python -m engine export-weights {run.id} DIR')} computes them "
                   "again.")
    elif lost := _no_card(run):
        _bare(run, size, lost)
    else:
        st.download_button("The unlearned weights with a model card, as a zip", lambda: _packed(run),
                           f"{run.id}-weights.zip", "application/zip", on_click="ignore", key=f"weights-{run.id}",
                           help="model.safetensors (float32) and README.md: what was forgotten, by which method, with "
                                f"what result, and how to load the weights. They are kept in {size / 1e6:.1f} MB; the "
                                "card takes a moment.")


def _packed(run: Run) -> bytes:
    from engine.studies.model_card import export_weights

    jobs = manager()
    return export_weights(run, jobs.store, jobs.checkpoints).zipped(run.id)


def _no_card(run: Run) -> str:
    """Why no card can be written here; empty where one can."""
    try:
        resolved = run.resolved()
        if resolved.dataset.available() is None:
            return f"{resolved.dataset.title} is not on this machine"
        return "" if manager().checkpoints.find(original_key(resolved)) else "its Original is not on this machine"
    except LabError as error:
        return str(error).rstrip(".")


def _bare(run: Run, size: int, lost: str) -> None:
    st.download_button(f"The unlearned weights as safetensors ({size / 1e6:.1f} MB)",
                       lambda: manager().store.weights_path(run.id).read_bytes(), f"{run.id}.safetensors",
                       "application/octet-stream", on_click="ignore", key=f"weights-{run.id}",
                       help=f"The network that the run ended with, as it was kept. There is no model card: {lost}.")
