"""The keys of a lecture: in present mode a number opens a lesson from any page; Page Down and Up turn the steps."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ui.frame import present, shell
from ui.learn.place import PLACE, go, open_lesson, write
from ui.learn.predictions import keep_shown


def act(page: Any) -> None:
    """Listens on the lessons, and on every page in present mode; does what was asked before the page is drawn."""
    lessons = page.url_path == present.LESSONS
    if not (lessons or present.active() or page.url_path == "unlearn"):
        return
    pressed = present.key_pressed(turns=lessons)
    if pressed == "p":
        present.toggle()
        st.rerun()
    elif pressed and (lessons or present.active()):
        _turn(pressed, lessons)


def _turn(pressed: str, lessons: bool) -> None:
    if pressed.isdecimal():
        open_lesson(int(pressed))
    elif lessons:
        if pressed == "PageDown":
            keep_shown(PLACE.get())
        go(1 if pressed == "PageDown" else -1)
    if pressed.isdecimal() and not lessons:
        st.switch_page(shell.LEARN, query_params=write(PLACE.get()))
