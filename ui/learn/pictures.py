"""Which of a lesson's pictures is shown: by the row of buttons above it, and by Page Down and Page Up."""

from __future__ import annotations

import streamlit as st

from ui.learn import predictions
from ui.learn.place import Place, forget_frame
from ui.learn.records import Film


def choose(place: Place) -> Film:
    """The picture to show, with the buttons that choose another where the lesson has several."""
    films = {film.key: film for film in place.lesson.films}
    shown = place.lesson.shown
    if len(shown) == 1:
        return films[shown[0]]
    st.session_state.setdefault(_key(place), _first(place))
    chosen: str | None = st.segmented_control("Picture", list(shown), format_func=lambda key: films[key].title,
                                              required=True, key=_key(place), on_change=forget_frame,
                                              label_visibility="collapsed", persist_state="session")
    return films[chosen or _first(place)]


def turn(place: Place, by: int) -> bool:
    """Shows the next or the previous picture while they are to be gone through; False where there is none."""
    if place.step != "run" or "picture" in place.hidden:
        return False
    shown = place.lesson.shown
    at = shown.index(st.session_state.get(_key(place)) or _first(place)) + by
    if not 0 <= at < len(shown):
        return False
    st.session_state[_key(place)] = shown[at]
    forget_frame()
    return True


def _first(place: Place) -> str:
    return _answer(place) or place.lesson.shown[0]


def _answer(place: Place) -> str:
    """Beside the answer the picture that it is about comes first, whatever was looked at last."""
    return place.lesson.answer if place.step == "compare" else ""


def _key(place: Place) -> str:
    return predictions.key(f"picture.{place.number}{'.answer' if _answer(place) else ''}")
