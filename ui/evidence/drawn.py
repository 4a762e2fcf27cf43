"""What templates have drawn and escaped, on the page: SVG, which st.html would drop, and tables that sort by a click.

drawn.js makes a button of each heading of a table; rows of the class ``anchor`` stay on top.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import streamlit as st

JS = Path(__file__).with_suffix(".js")


def show(html: str, key: str) -> None:
    """Draws HTML or SVG whose texts its template has escaped."""
    _component()(key=key, data={"html": html})


@functools.cache
def _component() -> Any:
    return st.components.v2.component("drawn", js=JS.read_text(encoding="utf-8"),
                                      html='<div class="drawn"></div>', isolate_styles=False)
