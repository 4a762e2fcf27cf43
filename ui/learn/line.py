"""The attacker's line in the person's hand: two humps before and after unlearning, and one line to drag over them."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from engine.errors import LabError
from engine.registry import get
from engine.runs.queue import manager
from engine.runs.records import Run
from ui.common import words
from ui.common.said import plain
from ui.common.state import Slot
from ui.frame import present
from ui.inspect import payload
from ui.inspect.form import When
from ui.inspect.seat import HELD, code, style
from ui.learn.truths import LOSS

HERE = Path(__file__).parent
TITLES: dict[When, str] = {"before": "Before", "now": "After unlearning"}


@dataclass(frozen=True)
class Drawn:
    """The humps as the component takes them, and what each best line came to on the half that did not choose it."""

    humps: list[dict[str, Any]]
    best: list[float]  # in percent


READ: Slot[dict[str, Drawn]] = Slot("lessons.line", {})  # by run id: what the Original said is read once


def show(run: Run) -> None:
    """The picture for a finished run; a sentence where the Original cannot be read here."""
    try:
        drawn = _drawn(run)
    except LabError as error:
        st.error(plain(error), icon=":material/error:")
        return
    _component()(key="lesson-line", data={"key": run.id, "humps": drawn.humps, "present": present.active()})


def best(run: Run) -> tuple[float, float] | None:
    """What the best line is right about, in percent, before and after, on the half that did not choose it.

    None where the Original cannot be read here.
    """
    try:
        before, after = _drawn(run).best
    except LabError:
        return None
    return before, after


def in_words(run: Run) -> str:
    """The same in a sentence, and that it is what counts."""
    found = best(run)
    if found is None:
        return "The Original cannot be read here, so the rule of the tables counts instead of the best line."
    return (f"The best *line*, chosen on one half and counted on the other: **{found[0]:.1f}%**, after unlearning "
            f"{found[1]:.1f}%.")


def _drawn(run: Run) -> Drawn:
    if run.id not in READ.get():
        READ.put({run.id: _read(run)})
    return READ.get()[run.id]


def _read(run: Run) -> Drawn:
    from engine.runs.exposure import before, gather, sides
    from engine.studies.attacker import take

    jobs, attack = manager(), get("attack", LOSS)
    with st.spinner("Reading what the Original said …"):
        exposure = before(gather(run, jobs.store), jobs.checkpoints)
    scores = {when: sides(exposure, when, attack) for when in TITLES}
    found = {when: take(one, attack) for when, one in scores.items()}
    unseen = words.never_seen(run.spec)
    return Drawn([payload.humps(title, found[when], scores[when], attack, unseen) for when, title in TITLES.items()],
                 [100 * found[when].lines[0].reported[0].accuracy for when in TITLES])


@functools.cache
def _component() -> Any:
    script = "\n".join((code(HELD), (HERE / "line.js").read_text(encoding="utf-8")))
    return st.components.v2.component("attackers_line", js=script, html='<div class="seat seat-lesson"></div>',
                                      css=style() + (HERE / "line.css").read_text(encoding="utf-8"),
                                      isolate_styles=False)
