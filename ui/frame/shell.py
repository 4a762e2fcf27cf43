"""The list of pages, what stands at the top of each, and the guard that every page begins with.

It imports little: everything here runs before a title is seen.

The first visit after a server start at a page's own URL runs that page's file alone and skips ``app.py``,
because Streamlit finds a folder named ``pages`` beside it. The guard makes up for that.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from engine.errors import LabError
from ui.common import glossary
from ui.common.said import plain
from ui.common.state import Slot
from ui.frame import show

# None until app.py has run in this session; True between the title that it draws and the page below it.
TITLED: Slot[bool | None] = Slot("_shell", None)
ICON = str(Path(__file__).parents[1] / "icon.png")  # a file: named icons are fetched from the internet
STYLE = Path(__file__).with_name("style.css")
START, LEARN, PLAYGROUND, UNLEARN, EXPOSED, COMPARE, ROBUSTNESS, EVIDENCE, RUNS, SELECTED = (
    f"pages/{name}.py" for name in ("start", "learn", "playground", "unlearn", "exposed", "compare", "robustness",
                                    "evidence", "runs", "selected"))

HEADINGS = {
    START: "Can a trained model forget?", LEARN: "What can a model forget?", PLAYGROUND: "See it in two dimensions",
    UNLEARN: "Does it forget?", EXPOSED: "Who is exposed?", COMPARE: "Which method forgets best?",
    ROBUSTNESS: "How sensitive is it?", EVIDENCE: "Is it really gone?", RUNS: "What has been run?",
    SELECTED: "How do these runs differ?"}


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
    """The one style sheet of all pages."""
    st.html(f"<style>{STYLE.read_text(encoding='utf-8')}{glossary.style()}</style>")


def head(page: Any) -> None:
    """The page's title: seen before anything large is imported and before a store is asked."""
    _title(f"pages/{page.url_path or 'start'}.py")
    TITLED.put(True)


def _title(place: str) -> None:
    """Above it a word if the lab only shows."""
    show.banner()
    st.title(HEADINGS[place])


def body(page: Any) -> None:
    """All the rest (:mod:`ui.frame.body`)."""
    from ui.frame.body import draw

    draw(page)


def in_words(draw: Callable[[], None]) -> None:
    """Runs a part of the page; what the engine refuses becomes a sentence in its place."""
    try:
        draw()
    except LabError as error:
        st.error(plain(error), icon=":material/error:")


def ensure(place: str) -> None:
    """First line of every page: makes sure that ``app.py`` has run in this session, and that there is a title.

    Streamlit's AppTest runs a page's file alone in later runs, too: then the title is drawn here.
    """
    titled = TITLED.get()
    if titled is None:
        # Turns the legacy mode off for the whole process. Without icons: where no page config has been set, the
        # browser would fetch the page's icon from the internet.
        st.navigation(pages(icons=False))
        st.rerun()
    if not titled:
        _title(place)
    TITLED.put(False)
