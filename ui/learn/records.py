"""What a lesson is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.runs.records import Run
from engine.types import Spec

STEPS = ("predict", "run", "compare", "explain")
Runs = Mapping[str, Run]  # finished runs, by the key of their film


@dataclass(frozen=True)
class Film:
    """A run that a lesson shows: its key, what it is called beside the others, and what to compute."""

    key: str
    title: str
    spec: Spec


@dataclass(frozen=True)
class Answer:
    """One answer to a quiz question, and why it is right or wrong."""

    text: str
    why: str
    right: bool = False


@dataclass(frozen=True)
class Quiz:
    """A question with its answers, of which one is right."""

    question: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Guess:
    """A prediction to make: a percentage between ``low`` and ``high``, or one of the choices where there are any."""

    question: str
    truth: Callable[[Runs], float | str]
    choices: tuple[str, ...] = ()
    low: int = 0
    high: int = 100

    @property
    def first(self) -> float:
        """Where the slider stands before it is moved."""
        return float((self.low + self.high) // 2)


@dataclass(frozen=True)
class Lesson:
    """One lesson: what it asks, the runs it shows, what they came to and why.

    ``shown`` are the keys of the films to watch, the first of them at first; ``at`` is the step to open them at, None
    to play them. ``by_hand``: the person draws the attacker's line over the humps of the first of them instead of
    watching it. ``relearned`` is the key of the film that is relearned beside the answer, ``answer`` that of the film
    that the truth is about, shown first beside it. ``happened`` says in a sentence or two what the finished runs came
    to, ``why`` explains in points.
    """

    title: str
    opening: str
    guess: Guess
    films: tuple[Film, ...]
    shown: tuple[str, ...]
    watch: str
    happened: Callable[[Runs], str]
    why: tuple[str, ...]
    quizzes: tuple[Quiz, ...]
    minutes: float = 1.5
    at: int | None = None
    by_hand: bool = False
    relearned: str = ""
    answer: str = ""
