"""Runs that cannot be shown: a line each, which says why, with a button that deletes it."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from engine.runs.store import Store
from ui.common.allowed import changes
from ui.common.said import plain


def show(store: Store, found: Iterable[tuple[str, str]]) -> None:
    """The lines of these runs (id, sentence)."""
    for run_id, sentence in found:
        text, button = st.columns([6, 1], vertical_alignment="center")
        text.error(plain(sentence), icon=":material/error:")
        if button.button("Delete", icon=":material/delete:", key=f"delete-damaged-{run_id}", **changes(None)):
            store.delete(run_id)
            st.rerun()
