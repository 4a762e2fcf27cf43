"""Who would be forgotten, before launch: how many, of which classes, some to look at and to tick."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from engine.errors import LabError
from engine.spec import Resolved
from engine.types import Spec
from ui.common import controls, sample_list, words
from ui.common.pictures import Picture, strip
from ui.common.said import plain
from ui.common.state import Slot
from ui.unlearn import prefill

SIDE, IN_A_ROW, MOST_CLASSES = 72, 6, 8


def show(resolved: Resolved) -> None:
    """A closed drawer; the data are loaded only when it is opened."""
    opened = st.toggle("Who is forgotten", key="who", help="Shows the chosen samples and their classes before launch. "
                                                           "Loads the data; trains nothing.")
    if not opened:
        return
    if resolved.dataset.available() is None:
        st.caption(f"{plain(resolved.dataset.title)} is not on this machine yet: a run downloads it first.")
        return
    try:
        with st.spinner("Choosing …"):
            found = _preview(resolved.spec)
    except LabError as error:
        st.error(plain(error), icon=":material/error:")
        return
    sizes, total = found.sizes, found.sizes.forget
    compared = "test samples" if sizes.unseen is None else f"{words.never_seen(found.resolved.spec)} samples"
    st.markdown(f"**{total:,} of {sizes.train:,} training samples** ({100 * sizes.forget_fraction:.1f}%). The attack "
                f"compares with {sizes.nonmembers:,} {words.plain(compared)}.")
    _classes(found.classes)
    (_texts if found.shown[0].text is not None else _pictures)(found.shown)
    if (resolved.spec.scenario, *resolved.spec.selection) != sample_list.scenario_with_list():
        tick(resolved.dataset.name, [one.sample for one in found.shown], "who.ticked")


def _preview(spec: Spec) -> Any:
    from engine.preview import preview

    return preview(spec)


def _classes(classes: dict[str, tuple[int, int]]) -> None:
    first = list(classes.items())[:MOST_CLASSES]
    shown = [f"{words.plain(name)}: {chosen:,} of {total:,}" for name, (chosen, total) in first]
    more = len(classes) - len(first)
    rest = f" and {more} more" if more else ""
    st.caption(f"By class: {', '.join(shown)}{rest}.")


def _pictures(shown: Sequence[Any]) -> None:
    for first in range(0, len(shown), IN_A_ROW):
        row = [Picture(one.picture, f"sample {one.sample}, {one.label}", f"{one.label} · {one.sample}")
               for one in shown[first:first + IN_A_ROW]]
        st.html(strip(row, SIDE))


def _texts(shown: Sequence[Any]) -> None:
    st.table([{"Sample": one.sample, "Text": words.plain(one.text), "Label": words.plain(one.label)} for one in shown],
             hide_index=True)


def tick(dataset: str, samples: Sequence[int], key: str) -> None:
    """Samples to tick, and the button that puts the ticked ones into the form's list."""
    if sample_list.scenario_with_list() is None or not samples:
        return
    ticked: list[int] = st.pills("Tick samples to forget", samples, selection_mode="multi", key=key,
                                 help="By their numbers in the training set.")
    st.button("Forget the ticked ones", key=f"{key}.take", icon=":material/playlist_add_check:", disabled=not ticked,
              on_click=_take, args=(dataset, tuple(ticked)),
              help="Puts them into the list of the form, beside those that are in it.")


def _take(dataset: str, ticked: tuple[int, ...]) -> None:
    found = sample_list.scenario_with_list()
    if found is None:
        return
    scenario, name = found
    listed = Slot(controls.scenario_key(dataset, scenario, name), "")
    prefill.DATASET.put(dataset)
    prefill.SCENARIO.put(scenario)
    listed.put(sample_list.merged(listed.get(), ticked))


def check(resolved: Resolved) -> None:
    """Raises LabError where a run that continues others has nobody left to forget: before it is queued."""
    if resolved.start is None:
        return
    from engine.preview import check_left

    with st.spinner("Looking who is left"):
        check_left(resolved)
