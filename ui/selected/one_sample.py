"""One sample of two runs from near: picture or text, its labels, and what each run says of it."""

from __future__ import annotations

import streamlit as st

from engine.errors import LabError
from engine.registry import find
from engine.runs.excerpt import excerpt_of
from engine.runs.queue import manager
from engine.runs.reasons import reason_of
from engine.runs.records import Run
from engine.runs.sources import Source, embedded, loaded
from engine.studies.paired import InBoth, Paired, in_both
from engine.system.decency import masked
from engine.system.shown import is_picture, is_text
from ui.charts.selected import look
from ui.common.html_table import TEMPLATES
from ui.common.pictures import Picture, strip
from ui.common.said import plain
from ui.common.state import Slot
from ui.selected.words import LETTERS

SIDE = 150  # pixels of a picture
NOT_LABEL = "not its label"


def show(pairs: Paired, row: int, both: tuple[Run, Run], places: tuple[int, int]) -> None:
    """The sample in this row; where it does not ship, a button that loads its data."""
    run, whole = both[0], Slot(f"pairs-whole-{both[0].id}", False)
    try:
        with st.spinner("Loading the sample …"):
            source = _source(run, whole.get())
        found = in_both(pairs, row, source) if source else None
    except LabError as error:
        found = None
        st.info(plain(reason_of(error)), icon=":material/info:")
    if found is None:
        return
    with st.container(border=True, key="pairs-one"):
        picture, words = st.columns([1, 4], vertical_alignment="center")
        with picture:
            _shown(found)
        words.markdown(f"**{plain(_called(found))}**")
        words.html(TEMPLATES.get_template("two_answers.html.j2").render(rows=answers(found, places)))
        if not found.shown:
            _missing(run, whole)


def _source(run: Run, whole: bool) -> Source | None:
    """Where the samples of the run are to be had at once; the data themselves where they are asked for."""
    few = excerpt_of(run)
    return loaded(run, manager().checkpoints) if whole or embedded(run) or few is None else few


def _shown(found: InBoth) -> None:
    if is_picture(found.shown):
        st.html(strip([Picture(found.shown["picture"], f"{found.set} sample {found.sample}: {_called(found)}")], SIDE))
    elif is_text(found.shown):
        st.markdown(f"“{plain(masked(found.shown['text']))}”")


def _called(found: InBoth) -> str:
    """``Forget sample 64: a 3, labelled 8 on purpose``."""
    which = f"{found.set.capitalize()} sample {found.sample:,}"
    if found.label is None:
        return f"{which}: its label is not at hand"
    if found.false_label:
        return f"{which}: a {found.truth or ''}, labelled {found.label} on purpose"
    return f"{which}: labelled {found.label}" + (", rightly" if found.truth is not None else "")


def answers(found: InBoth, places: tuple[int, int]) -> list[dict[str, str]]:
    """What each run says and loses on it: ``A says 6`` with its colour, whether that is its label, and the loss."""
    return [{"letter": LETTERS[place], "colour": look(place)[0], "said": _said(found, which), "right": _right(
        found, which), "loss": f"{max(0.0, found.losses[which]):.4g} nats"} for which, place in enumerate(places)]


def _said(found: InBoth, which: int) -> str:
    return found.said[which] or (NOT_LABEL if not found.right[which] else "its label")


def _right(found: InBoth, which: int) -> str:
    """Whether the answer is the label, and where that is a lie, whether it is the truth."""
    if found.right[which]:
        return "the false label" if found.false_label else "right"
    return "the truth" if found.false_label and found.said[which] == found.truth else "wrong"


def _missing(run: Run, whole: Slot[bool]) -> None:
    dataset = find("dataset", run.spec.dataset)
    title = dataset.title if dataset else run.spec.dataset
    st.caption(f"Of {title} only a few samples ship with the app, and this one is not among them.")
    st.button(f"Load {title} to show it", key="pairs-load", icon=":material/download:", on_click=whole.put,
              args=(True,))
