"""Where a session is in the lessons, also as the page's address, and what a teacher has hidden there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import streamlit as st

from engine.errors import Problem
from ui.common.linked_form import LinkedForm
from ui.common.said import short
from ui.common.state import Slot
from ui.learn.lessons import LESSONS
from ui.learn.records import STEPS, Lesson

AT = "at"  # the address's parameter for the frame that a picture is opened at; the stage writes it
HIDEABLE = {"lessons": "the row of lessons", "steps": "Back and Next", "picture": "the moving picture",
            "quiz": "the questions at the end", "teacher": "the teacher's tools", "keys": "the line of keys"}


@dataclass(frozen=True)
class Place:
    """A lesson by its number from 1, a step of it, and the parts of the page that are hidden."""

    number: int = 1
    step: str = STEPS[0]
    hidden: frozenset[str] = frozenset()

    @property
    def lesson(self) -> Lesson:
        return LESSONS[self.number - 1]

    def at(self, number: int) -> Place:
        """The beginning of another lesson."""
        return replace(self, number=number, step=STEPS[0])

    def moved(self, by: int) -> Place:
        """So many steps further, across lessons, and no further than the first and the last step of all."""
        flat = (self.number - 1) * len(STEPS) + STEPS.index(self.step) + by
        lesson, step = divmod(min(max(flat, 0), len(LESSONS) * len(STEPS) - 1), len(STEPS))
        return replace(self, number=lesson + 1, step=STEPS[step])


PLACE: Slot[Place] = Slot("lessons.place", Place())


def _read(asked: Mapping[str, str]) -> tuple[Place, list[Problem]]:
    problems: list[Problem] = []

    def one_of(name: str, valid: tuple[str, ...]) -> str:
        text = asked.get(name, valid[0])
        if text in valid:
            return text
        problems.append(Problem(name, f"The link's {name}: {short(text)!r} is not valid. Valid: {', '.join(valid)}. "
                                      f"{valid[0]} is shown instead."))
        return valid[0]

    number = int(one_of("lesson", tuple(str(i + 1) for i in range(len(LESSONS)))))
    step = one_of("step", STEPS)
    named = frozenset(filter(None, asked.get("hide", "").split(",")))
    if strange := sorted(named - HIDEABLE.keys()):
        problems.append(Problem("hide", f"The link's hide: {short(', '.join(strange))!r} is not valid. Valid: "
                                        f"{', '.join(HIDEABLE)}, with commas between them. It was ignored."))
    return Place(number, step, named & HIDEABLE.keys()), problems


def write(place: Place) -> dict[str, str]:
    """The address's parameters of a place."""
    hidden = ",".join(name for name in HIDEABLE if name in place.hidden)
    return {"lesson": str(place.number), "step": place.step, **({"hide": hidden} if hidden else {})}


FORM: LinkedForm[Place] = LinkedForm("lessons", "Lessons", ("lesson", "step", "hide"), _read, write, PLACE.put,
                                     beside=(AT,))


def go(place: Place) -> None:
    """Moves to a place. A button names the place and not the steps to it: a click that counts twice does no harm."""
    PLACE.put(place)
    forget_frame()


def open_lesson(number: int) -> None:
    """Goes to the beginning of a lesson."""
    go(PLACE.get().at(number))


def forget_frame() -> None:
    """The frame that was looked at belongs to the place or the picture that is left."""
    if AT in st.query_params:
        del st.query_params[AT]
