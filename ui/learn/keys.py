"""The keys of a lecture: P is present mode on every page, in which a number opens a lesson from any of them; on the
lessons, numbers and Page Down and Up do without it.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from ui.frame import present, shell
from ui.learn.place import PLACE, go, open_lesson, write
from ui.learn.predictions import keep_shown


def act(page: Any) -> None:
    """Listens on every page; does what was asked before the page is drawn."""
    lessons = page.url_path == present.LESSONS
    pressed = present.key_pressed(turns=lessons, opens=lessons or present.active())
    if pressed == "p":
        present.toggle()
        st.rerun()
    elif pressed:
        _turn(pressed, lessons)


def _turn(pressed: str, lessons: bool) -> None:
    if pressed.isdecimal():
        open_lesson(int(pressed))
    elif lessons and (pressed == "PageUp" or keep_shown(PLACE.get())):
        go(1 if pressed == "PageDown" else -1)
    if pressed.isdecimal() and not lessons:
        st.switch_page(shell.LEARN, query_params=write(PLACE.get()))
