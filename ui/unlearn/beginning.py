"""Where a run begins: from the Original that the recipe trained, from an imported one, or where another run ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from engine import chain
from engine.errors import LabError
from engine.options import chosen
from engine.runs.continued import Request, requests
from engine.runs.queue import manager
from engine.runs.records import Run
from engine.types import Dataset, Spec
from ui.common import words
from ui.common.said import plain
from ui.unlearn import prefill

TRAINED = "trained by the recipe"
FORGET_MORE = ("Opens the form to forget others from where this run ended. What it forgot stays forgotten: those "
               "samples are in none of the sets.")


def fields(dataset: Dataset, model: str, options: Mapping[str, Any], profile: str) -> dict[str, Any]:
    """The fields of a spec that say where it begins; draws what there is to choose, or what is continued."""
    start = prefill.START.get()
    if start is not None:
        _continues(Spec(start=start))
        return {"start": start, **{name: start[name] for name in ("original", "original_seed") if name in start}}
    read_as, problems = chosen(Spec(dataset.name, options=dict(options), profile=profile), dataset)
    names = [] if problems else manager().checkpoints.imported_names(dataset.name, model, read_as)
    if prefill.ORIGINAL.get() not in ("", *names):  # of other data, or another model
        prefill.ORIGINAL.put("")
    if not names:
        return {}
    name: str = st.selectbox("Original", ["", *names], key=prefill.ORIGINAL.key, persist_state="session",
                             format_func=lambda name: f"{words.plain(name)} (imported)" if name else TRAINED,
                             help="The model to forget from. **Bring your own model** on Start imports one.")
    return {"original": name or None}


def _continues(spec: Spec) -> None:
    with st.container(key="continues"):
        found = prefill.CONTINUED.get() or next(
            (one.run.id for one in requests(spec, manager().store)[-1:] if one.run), "")
        st.caption(f":material/link: Continues run {words.plain(found)}; its forgotten samples stay forgotten."
                   if found else ":material/link: Continues another run; its forgotten samples stay forgotten.")
        st.button("Start from the Original", key="stop-continuing", type="tertiary", icon=":material/link_off:",
                  on_click=_from_original)


def _from_original() -> None:
    prefill.START.put(None)
    prefill.CONTINUED.put("")


def more(run: Run) -> None:
    """The button that continues a finished run."""
    if not run.finished or chain.length(run.spec) >= chain.LONGEST:
        return
    if st.button("Forget more", icon=":material/add_link:", key=f"more-{run.id}", width="stretch", help=FORGET_MORE):
        prefill.FORM.open(prefill.Prefill(run.id, continued=run.id))


def chained(run: Run) -> None:
    """The earlier requests of a run that continues others, each with the way to its run where that is here."""
    try:
        before = requests(run.spec, manager().store)
    except LabError:  # said where its settings are
        return
    if not before:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="chain"):
        st.caption(f":material/link: Request {len(before) + 1}. Forgotten before, and still left out:", width="content")
        for number, request in enumerate(before, 1):
            _link(number, request)


def _link(number: int, request: Request) -> None:
    title = words.plain(f"{number}: {words.title_of('method', request.spec.method)}, {words.forgotten(request.spec)}")
    if request.run is None:
        st.caption(title, width="content")
    elif st.button(title, key=f"request-{request.run.id}", type="tertiary", icon=":material/history:",
                   help=f"Opens run {plain(request.run.id)}."):
        prefill.FORM.open(prefill.Prefill(request.run.id))
