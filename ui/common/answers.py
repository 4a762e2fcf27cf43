"""A sample's true label, the label that it was given, and what a model says: three things, in the same words on
every page.

A tick is for a right answer. Where the given label is false, to repeat it is no right answer, whatever it scores.
"""

from __future__ import annotations

from collections.abc import Callable

Mark = Callable[[str], str]  # what a class's name is set in, such as bold and escaped


def called(label: str, truth: str | None, mark: Mark = str) -> str:
    """What a sample is and what the data call it; ``truth`` is None where nobody knows it apart from its label."""
    if lies(label, truth):
        return f"Truly {mark(truth or '')}, labelled {mark(label)} on purpose"
    return f"Labelled {mark(label)}" + (", rightly" if truth is not None else "")


def answer(said: str | None, right: bool, label: str, truth: str | None, mark: Mark = str) -> str:
    """What a model says and how that is to be read; ``said`` is None where a wrong answer was not kept.

    ``right`` is whether it said the given label.
    """
    if not lies(label, truth):
        return mark(said or ("its label" if right else "not its label")) + (" ✓" if right else "")
    if said is None:
        return mark("the false label" if right else "not the false label")
    kind = "the false label" if right else "the true one" if said == truth else "neither label"
    return f"{mark(said)}, {kind}"


def lies(label: str, truth: str | None) -> bool:
    """Whether the given label is known to be false."""
    return truth is not None and truth != label
