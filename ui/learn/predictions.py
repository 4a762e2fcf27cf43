"""What a session has predicted, a lesson each: kept until the teacher resets it for the next class."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from ui.common.state import Slot
from ui.learn.place import PLACE, Place
from ui.learn.records import Guess

Prediction = float | str
KEPT: Slot[Mapping[int, Prediction]] = Slot("lessons.predictions", {})  # by the lesson's number
ASKED: Slot[bool] = Slot("lessons.asked", False)  # whether a key was to turn the step before anything was predicted
LETTERS = ("a", "b", "c")  # the keys that choose an answer; numbers open lessons
CLASS: Slot[int] = Slot("lessons.class", 0)  # widgets of another class have other names, so that all start afresh


def key(name: str) -> str:
    """A widget's key in this class."""
    return f"lessons.{CLASS.get()}.{name}"


def kept(number: int) -> Prediction | None:
    """What was predicted in a lesson; None for nothing yet."""
    return KEPT.get().get(number)


def keep(number: int, value: Prediction) -> None:
    """Keeps a prediction; the first one of a lesson stays."""
    KEPT.put({number: value, **KEPT.get()})


def keep_shown(place: Place) -> bool:
    """Keeps what the widget of a lesson's first step holds, where a key rather than the button turns the step.

    Returns whether the step may be turned: not before something was predicted. A key may come before a slider is drawn:
    then it is what the slider stands at first.
    """
    guess = place.lesson.guess
    value = st.session_state.get(key(f"guess.{place.number}"), None if guess.choices else float(guess.first))
    if place.step == "predict" and value is not None:
        keep(place.number, value)
    return place.step != "predict" or kept(place.number) is not None


def choose(place: Place, letter: str) -> None:
    """Chooses an answer of a lesson's first step by its letter; nothing where there is none to choose."""
    choices, at = place.lesson.guess.choices, LETTERS.index(letter)
    if place.step == "predict" and kept(place.number) is None and at < len(choices):
        st.session_state[key(f"guess.{place.number}")] = choices[at]


def reset() -> None:
    """For the next class: no predictions, no answers, the first lesson. Runs stay."""
    for name in [name for name in st.session_state if str(name).startswith(key(""))]:
        del st.session_state[name]
    KEPT.put({})
    CLASS.put(CLASS.get() + 1)
    PLACE.put(Place(hidden=PLACE.get().hidden))


def said(value: Prediction | None) -> str:
    """``50%``, or the choice in its words; a dash for nothing."""
    return "–" if value is None else value if isinstance(value, str) else f"{value:.1f}%"


def ask(number: int, guess: Guess) -> Prediction | None:
    """The widget of a prediction: a slider or the choices, none chosen at first. Locked once it is kept."""
    before = kept(number)
    st.markdown(guess.question)
    if guess.choices:
        index = guess.choices.index(str(before)) if before in guess.choices else None
        letters = dict(zip(guess.choices, LETTERS, strict=False))
        chosen: str | None = st.radio("Your prediction", guess.choices, index, key=key(f"guess.{number}"),
                                      format_func=lambda choice: f"**{letters[choice]}** {choice}",
                                      disabled=before is not None, persist_state="session")
        if ASKED.get() and chosen is None:
            *first, last = letters.values()
            st.warning(f"Choose an answer first: {', '.join(first)} or {last}.", icon=":material/keyboard:")
        return chosen
    start = float(before) if isinstance(before, float) else guess.first
    moved: float = st.slider("Your prediction", float(guess.low), float(guess.high), start, 1.0, format="%.0f%%",
                             key=key(f"guess.{number}"), disabled=before is not None, persist_state="session")
    st.html(f'<div class="slider-ends"><span>{guess.low}%</span><span>{guess.high}%</span></div>')
    return moved


def kept_in_words(number: int, guess: Guess, truth: Prediction) -> str:
    """How near it came: ``25.2 points off``; right or not for a choice."""
    mine = kept(number)
    if mine is None:
        return "You made no prediction here."
    if guess.choices:
        return "You were right." if mine == truth else "It came otherwise."
    return f"You were {abs(float(mine) - float(truth)):.1f} points off."
