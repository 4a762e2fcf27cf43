"""What every page of a lab that only shows says, once."""

from __future__ import annotations

import streamlit as st

from engine.system.read_only import read_only

SAID = "This lab only shows recorded and existing runs: nothing can be started, changed or deleted here."


def banner() -> None:
    """The sentence above the page; nothing elsewhere."""
    if read_only():
        with st.container(key="read-only"):
            st.caption(f":material/visibility: {SAID}")
