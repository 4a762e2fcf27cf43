"""The keys of a lecture: P is present mode on every page, in which a number opens a lesson from any of them; on the
lessons, numbers, letters and Page Down and Up do without it.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from ui.frame import present, shell
from ui.learn import pictures, predictions
from ui.learn.place import PLACE, go, open_lesson, write


def act(page: Any) -> None:
    """Listens on every page; does what was asked before the page is drawn."""
    lessons = page.url_path == present.LESSONS
    place = PLACE.get()
    predictions.ASKED.put(False)
    for pressed in present.keys_pressed(turns=lessons, opens=lessons or present.active(),
                                        letters=predictions.LETTERS if lessons else (),
                                        place=f"{place.number} {place.step}" if lessons else ""):
        if pressed == "p":
            present.toggle()
            st.rerun()
        else:
            _turn(pressed, lessons)


def _turn(pressed: str, lessons: bool) -> None:
    if pressed.isdecimal():
        open_lesson(int(pressed))
    elif lessons and pressed in predictions.LETTERS:
        predictions.choose(PLACE.get(), pressed)
    elif lessons:
        _step(1 if pressed == "PageDown" else -1)
    if pressed.isdecimal() and not lessons:
        st.switch_page(shell.LEARN, query_params=write(PLACE.get()))


def _step(by: int) -> None:
    """Through the pictures of a lesson first, then to its next step; not past a prediction that was not made."""
    if by > 0 and not predictions.keep_shown(PLACE.get()):
        predictions.ASKED.put(True)
    elif not pictures.turn(PLACE.get(), by):
        go(PLACE.get().moved(by))
