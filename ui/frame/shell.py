"""The list of pages, and the guard that every page begins with.

The first visit after a server start at a page's own URL runs that page's file alone and skips ``app.py``,
because Streamlit finds a folder named ``pages`` beside it. The guard makes up for that.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from engine.errors import LabError
from engine.registry import names
from ui.charts import colours
from ui.common import glossary
from ui.common.said import plain
from ui.common.state import Slot
from ui.frame import show

READY = Slot("_shell", False)  # whether app.py has run in this session
ICON = str(Path(__file__).parents[1] / "icon.png")  # a file: named icons are fetched from the internet
STYLE = Path(__file__).with_name("style.css")
START, LEARN, PLAYGROUND, UNLEARN, EXPOSED, COMPARE, ROBUSTNESS, EVIDENCE, RUNS, SELECTED = (
    f"pages/{name}.py" for name in ("start", "learn", "playground", "unlearn", "exposed", "compare", "robustness",
                                    "evidence", "runs", "selected"))


def pages(icons: bool = True) -> dict[str, list[Any]]:
    """The pages by section, in the order of the sidebar."""
    named = ("home", "school", "scatter_plot", "ink_eraser", "visibility", "leaderboard", "grid_on",
             "groups", "list")
    home, school, dots, eraser, eye, bars, grid, many, rows = (
        f":material/{name}:" if icons else None for name in named)
    return {
        "Learn": [
            st.Page(START, title="Start", icon=home, default=True),
            st.Page(LEARN, title="Lessons", icon=school, url_path="learn"),
            st.Page(PLAYGROUND, title="Playground", icon=dots, url_path="playground")],
        "Lab": [
            st.Page(UNLEARN, title="Unlearn", icon=eraser, url_path="unlearn"),
            st.Page(EXPOSED, title="Who is exposed?", icon=eye, url_path="exposed"),
            st.Page(COMPARE, title="Compare", icon=bars, url_path="compare"),
            st.Page(ROBUSTNESS, title="Robustness", icon=grid, url_path="robustness"),
            st.Page(EVIDENCE, title="Evidence", icon=many, url_path="evidence")],
        "Results": [
            st.Page(RUNS, title="Runs", icon=rows, url_path="runs"),
            st.Page(SELECTED, title="Selected runs", url_path="selected", visibility="hidden")],  # reached from Runs
    }


def frame() -> None:
    """The one style sheet of all pages, and the colours of methods in the order of their names in forms."""
    st.html(f"<style>{STYLE.read_text(encoding='utf-8')}{glossary.style()}</style>")
    colours.know(names("method"))


def in_words(draw: Callable[[], None]) -> None:
    """Runs a part of the page; what the engine refuses becomes a sentence in its place."""
    try:
        draw()
    except LabError as error:
        st.error(plain(error), icon=":material/error:")


def begin() -> None:
    """Marks the session as one that ``app.py`` has begun."""
    READY.put(True)


def ensure() -> None:
    """First line of every page: makes sure that ``app.py`` has run in this session, and says if it only shows."""
    if not READY.get():
        # Turns the legacy mode off for the whole process. Without icons: where no page config has been set, the
        # browser would fetch the page's icon from the internet.
        st.navigation(pages(icons=False))
        st.rerun()
    show.banner()
