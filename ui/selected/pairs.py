"""Each sample in one run and in another: a scatter to brush, and the list of the brushed samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from engine.errors import BadInput
from engine.runs import library
from engine.runs.records import Run
from engine.runs.store import Store
from engine.studies.paired import LEAST, SETS, Paired, paired, same_samples
from ui.charts.selected import plot_pairs
from ui.selected.words import LETTERS, short_names

CONFIG = {"displayModeBar": False, "displaylogo": False, "plotlyServerURL": ""}  # nothing leaves this machine
SHOWN = 200  # samples in the list


def show(runs: Sequence[Run], store: Store) -> None:
    """The choice of two runs, their scatter and the samples that one marks in it."""
    places = _choose(runs)
    one, other = (runs[place] for place in places)
    if not same_samples(one, other):
        st.info("These two runs do not forget and test on the same samples of the same data, so their samples cannot "
                "be paired: choose two of the same data, forget set and seed.", icon=":material/info:")
        return
    try:
        pairs = paired(library.samples(one, store), library.samples(other, store))
    except BadInput as error:
        st.info(str(error), icon=":material/info:")
        return
    names = short_names(runs)
    letters = LETTERS[places[0]], LETTERS[places[1]]
    event: Any = st.plotly_chart(plot_pairs(_by_set(pairs), (names[places[0]], names[places[1]]), LEAST, letters),
                                 key=f"pairs-{one.id}-{other.id}", on_select="rerun", config=CONFIG,
                                 selection_mode=("points", "box"))
    _list(pairs, marked(pairs, event.selection.points), letters)


def _choose(runs: Sequence[Run]) -> tuple[int, int]:
    """The places of two runs in the selection."""
    places = range(len(runs))
    if len(runs) == 2:
        return 0, 1
    names = short_names(runs)
    with st.container(horizontal=True):
        one = st.selectbox("Across", places, format_func=names.__getitem__, key="pairs.one")
        other = st.selectbox("Up", places, index=1, format_func=names.__getitem__, key="pairs.other")
    return one, other


def _by_set(pairs: Paired) -> dict[str, dict[str, Any]]:
    found = {}
    for name in reversed(SETS):  # the forget set lies on top
        here = pairs.some(np.flatnonzero(pairs.sets == name))
        found[name] = {"one": here.losses[0], "other": here.losses[1], "sample": here.samples}
    return found


def marked(pairs: Paired, points: Sequence[Any]) -> Paired | None:
    """The samples of the marked points, those that moved most first; None where none is marked."""
    order = list(reversed(SETS))  # the chart's traces after the diagonal
    wanted = {(order[point["curve_number"] - 1], int(np.ravel(point["customdata"])[0])) for point in points
              if 1 <= point["curve_number"] <= len(order)}
    rows = [row for row, key in enumerate(zip(pairs.sets.tolist(), pairs.samples.tolist())) if key in wanted]
    return _moved(pairs.some(np.array(rows))) if rows else None


def _moved(pairs: Paired) -> Paired:
    return pairs.some(np.argsort(-np.abs(pairs.apart), kind="stable"))


def _list(pairs: Paired, chosen: Paired | None, letters: tuple[str, str]) -> None:
    found = chosen or _moved(pairs)
    if chosen:
        st.caption(f"{len(chosen):,} samples marked, those whose loss differs most first.")
    else:
        st.caption(f"No point is marked: these are the {min(SHOWN, len(found)):,} of {len(found):,} samples whose loss "
                   "differs most.")
    few = found.some(np.arange(min(SHOWN, len(found))))
    (a, b), (right, also), (one, other) = few.losses, few.correct, letters
    st.dataframe({"set": few.sets, "sample": few.samples, f"loss in {one}": a, f"loss in {other}": b,
                  "ratio": 10 ** few.apart, f"{one} right": right, f"{other} right": also},
                 hide_index=True, height=300,
                 key="pairs-list", column_config={
                     "sample": st.column_config.NumberColumn(format="%d", help="Its number in its data."),
                     **{name: st.column_config.NumberColumn(f"{name}, nats", format="%.4g")
                        for name in (f"loss in {one}", f"loss in {other}")},
                     "ratio": st.column_config.NumberColumn(f"{other} ÷ {one}", format="%.3g", help=(
                         f"How many times as high the loss is in {other}."))})
