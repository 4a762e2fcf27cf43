"""The dialog in which one writes tags and a note on runs."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from engine.errors import BadInput
from engine.runs.annotations import checked_tags
from engine.runs.queue import Jobs
from engine.runs.records import Run
from engine.system.words import plural
from ui.common.said import plain
from ui.common.state import Slot

TAGS, NOTE = "annotate-tags", "annotate-note"  # the keys of the boxes
WRONG = Slot("annotate.wrong", "")
SAVED = Slot("annotate.saved", "")  # what was saved, until it was said


@st.dialog("Tags and note")
def dialog(jobs: Jobs, runs: Sequence[Run]) -> None:
    """Of one run its tags and its note; of several the tags that all of them share, and no note."""
    shared = [tag for tag in runs[0].tags or () if all(tag in (run.tags or ()) for run in runs)]
    if len(runs) > 1:
        st.caption(f"{len(runs)} {plural(len(runs), 'run')}. These tags are on all of them; the tags and the notes of "
                   "single runs stay.")
    st.text_input("Tags", ", ".join(shared), key=TAGS, help="Separated by commas.",
                         placeholder="lecture, for the paper")
    if len(runs) == 1:
        st.text_area("Note", runs[0].note or "", key=NOTE)
    yes, no = st.columns(2)
    saved = yes.button("Save", type="primary", key="annotate-save", width="stretch", on_click=_save,
                       args=(jobs, runs, shared))
    if WRONG.get():
        st.error(plain(WRONG.get()))
    elif saved:
        st.rerun()
    if no.button("Cancel", key="annotate-cancel", width="stretch"):
        st.rerun()


def confirm() -> None:
    """Says once, in a corner of the page, what was saved."""
    if SAVED.get():
        st.toast(SAVED.get(), icon=":material/check_circle:")
        SAVED.put("")


def _said(runs: Sequence[Run], tags: Sequence[str], note: str | None) -> str:
    """``Saved for run 1a2b3c4d: 2 tags and a note.`` or ``Saved for 3 runs: no shared tags.``"""
    if note is None:
        return f"Saved for {len(runs)} runs: {len(tags) or 'no'} shared {plural(len(tags), 'tag')}."
    return (f"Saved for run {runs[0].id}: {len(tags) or 'no'} {plural(len(tags), 'tag')} and "
            f"{'a' if note.strip() else 'no'} note.")


def _save(jobs: Jobs, runs: Sequence[Run], shared: Sequence[str]) -> None:
    """Writes what the boxes hold, or keeps what is wrong with it."""
    try:
        note = str(st.session_state[NOTE]) if len(runs) == 1 else None
        tags = checked_tags(str(st.session_state[TAGS]).split(","))
        write(jobs, runs, tags, shared, note)
        WRONG.put("")
        SAVED.put(_said(runs, tags, note))
    except BadInput as error:
        WRONG.put(str(error))


def write(jobs: Jobs, runs: Sequence[Run], tags: Sequence[str], shared: Sequence[str], note: str | None) -> None:
    """Puts the tags in the place of the shared ones; ``note`` None leaves the notes as they are."""
    for run in runs:
        single = [tag for tag in run.tags or () if tag not in shared]
        jobs.store.annotate(run.id, [*tags, *single], (run.note or "") if note is None else note)
