"""On a narrow window the form of a page is a drawer: closed once there is a result, opened by one button.

Streamlit has no drawer. The form stays where it is on the page; style.css takes its column out of sight, or lays it
over the page, by a mark on the document that drawer.js sets, so that opening it asks nothing of the server.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import streamlit as st

JS = Path(__file__).with_suffix(".js")


def button() -> None:
    """The button that opens and closes it; style.css shows it below 1000 pixels, where there is a result."""
    with st.container(key="drawer"):
        _component()(key="drawer-button", data={})


@functools.cache
def _component() -> Any:
    return st.components.v2.component("drawer", js=JS.read_text(encoding="utf-8"), isolate_styles=False,
                                      html='<button type="button" class="drawer-button"></button>')
