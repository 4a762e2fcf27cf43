"""A part of the page that is sent while somebody looks at it, and not before."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st


def folded(title: str, icon: str, key: str, draw: Callable[[], object]) -> None:
    """An expander whose content is drawn while it is open; to open it draws it alone."""
    def box() -> None:
        place = st.expander(title, icon=icon, key=key, on_change="rerun")
        if place.open:
            with place:
                draw()

    st.fragment(box)()
