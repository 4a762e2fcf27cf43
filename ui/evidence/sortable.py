"""A table of ui/common/html_table.py whose columns sort by a click: sortable.js makes a button of each heading."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import streamlit as st

JS = Path(__file__).with_suffix(".js")


def show(html: str, key: str) -> None:
    """Draws a table whose texts its template has escaped; anchors stay on top."""
    _component()(key=key, data={"html": html})


@functools.cache
def _component() -> Any:
    return st.components.v2.component("sortable_table", js=JS.read_text(encoding="utf-8"),
                                      html='<div class="sortable"></div>', isolate_styles=False)
