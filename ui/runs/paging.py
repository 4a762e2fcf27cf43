"""Thousands of runs as pages of a table: what goes to the browser does not grow with what there is."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ui.runs.rows import Row

ROWS = 400  # of a page


def of(found: Sequence[Row]) -> list[Row]:
    """The rows of the page that is chosen; all where one page holds them."""
    pages = -(-len(found) // ROWS)
    if pages < 2:
        return [*found]
    page = st.pagination(pages, key=f"runs-page-{pages}")
    return [*found[ROWS * (page - 1):ROWS * page]]


def picked(found: Sequence[Row], ticked: Sequence[Row]) -> list[Row]:
    """The ticked rows; where they are on several pages, all of them if so wished."""
    if len(found) <= ROWS:
        return [*ticked]
    whole = st.toggle(f"All {len(found):,}, on all pages", key="runs-all", help="Takes every run that the filters "
                                                                                "leave, as if all were ticked.")
    return [*(found if whole else ticked)]
