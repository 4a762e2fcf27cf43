"""Each sample in one run and in another: a scatter to click in, and the list of what is marked there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from engine.errors import BadInput
from engine.kind import kind_of
from engine.registry import find
from engine.runs import library
from engine.runs.excerpt import excerpt_of
from engine.runs.queue import manager
from engine.runs.records import Run
from engine.runs.sources import embedded
from engine.runs.store import Store
from engine.studies.paired import LEAST, POOLS, SETS, Paired, paired, same_samples
from ui.charts.selected import look, plot_pairs
from ui.common.live_chart import marking_chart
from ui.common.said import plain
from ui.common.state import Slot
from ui.selected import one_sample
from ui.selected.words import LETTERS

if TYPE_CHECKING:
    from pandas import DataFrame

SHOWN = 200  # samples in the list
HEIGHT, ROW = 460, 35  # pixels of the chart, and of a row of the list
TRACES = tuple(reversed(SETS))  # the chart's, after the diagonal: the forget set lies on top
Key = tuple[str, int]  # a sample's set and number


@st.fragment
def show(ids: Sequence[str], names: Sequence[str]) -> None:
    """The choice of two runs, their scatter and the samples that one marks in it; a click draws this part alone.

    ``names`` are the runs' in the charts.
    """
    store = manager().store
    runs = [library.get(run_id, store).run for run_id in ids]
    places = _choose(names)
    one, other = (runs[place] for place in places)
    if not same_samples(one, other):
        st.info("These two runs do not forget and test on the same samples of the same data, so their samples cannot "
                "be paired: choose two of the same data, forget set and seed.", icon=":material/info:")
        return
    try:
        pairs = paired(table(one, store), table(other, store))
    except BadInput as error:
        st.info(plain(error), icon=":material/info:")
        return
    _scatter(_at_hand(pairs, one), (one, other), places, names)


def table(run: Run, store: Store) -> DataFrame | None:
    """The run's per-sample table; of a recorded run without one the rows that ship, None where there are none."""
    found, few = library.samples(run, store), excerpt_of(run)
    return few.frame(run, None) if found is None and few else found


def _at_hand(pairs: Paired, run: Run) -> Paired:
    """All pairs, or those whose picture or text ships, where only some do and a person asks for these."""
    few = None if embedded(run) else excerpt_of(run)
    if few is None:
        return pairs
    here = np.array([bool(few.shown(POOLS[name], int(number))) for name, number in zip(pairs.sets, pairs.samples)])
    if here.all() or not here.any():
        return pairs
    dataset = find("dataset", run.spec.dataset)
    what = kind_of(dataset).noun if dataset else "sample"
    only = st.toggle(f"Only the {here.sum():,} of {len(pairs):,} samples whose {what} ships with the app",
                     key=f"pairs-here-{run.id}")
    return pairs.some(np.flatnonzero(here)) if only else pairs


def _scatter(pairs: Paired, both: tuple[Run, Run], places: tuple[int, int], names: Sequence[str]) -> None:
    """The chart, the sample that is marked, and the list."""
    one, other = both
    slot: Slot[tuple[Key, ...]] = Slot(f"pairs.{one.id}.{other.id}", ())
    chart, card = st.container(), st.container()
    chosen = rows_of(pairs, slot.get())
    picked = _list(pairs, chosen, (LETTERS[places[0]], LETTERS[places[1]]), f"{one.id}-{other.id}")
    at = picked if picked is not None else int(chosen[0]) if len(chosen) == 1 else None
    with chart:
        figure = plot_pairs(_by_set(pairs), (names[places[0]], names[places[1]]), LEAST,
                            (LETTERS[places[0]], LETTERS[places[1]]), (look(places[0])[0], look(places[1])[0]),
                            None if at is None else (float(pairs.losses[0][at]), float(pairs.losses[1][at])))
        marking_chart(figure, f"pairs-{one.id}-{other.id}", lambda points: slot.put(marks(pairs, points)), HEIGHT,
                      f"{one.id}-{other.id}-{len(pairs)}")
    with card:
        if at is None:
            st.caption("Click a point, or tick a row of the list, to see that sample with both answers.")
        else:
            one_sample.show(pairs, at, both, (places[0], places[1]))


def _choose(names: Sequence[str]) -> tuple[int, int]:
    """The places of two runs in the selection."""
    places = range(len(names))
    if len(names) == 2:
        return 0, 1
    with st.container(horizontal=True):
        one = st.selectbox("Across", places, format_func=names.__getitem__, key="pairs.one")
        other = st.selectbox("Up", places, index=1, format_func=names.__getitem__, key="pairs.other")
    return one, other


def _by_set(pairs: Paired) -> dict[str, dict[str, Any]]:
    found = {}
    for name in TRACES:
        here = pairs.some(np.flatnonzero(pairs.sets == name))
        found[name] = {"one": here.losses[0], "other": here.losses[1], "sample": here.samples}
    return found


# --- what is marked -------------------------------------------------------------------------


def marks(pairs: Paired, points: Sequence[Sequence[int]]) -> tuple[Key, ...]:
    """The samples of marked points, each a trace of the chart and a place in it; the diagonal is none."""
    numbers = {name: pairs.samples[pairs.sets == name] for name in TRACES}
    return tuple((TRACES[trace - 1], int(numbers[TRACES[trace - 1]][at])) for trace, at in points
                 if 1 <= trace <= len(TRACES))


def rows_of(pairs: Paired, wanted: Sequence[Key]) -> np.ndarray:
    """The rows of these samples, those whose loss differs most first."""
    keys = set(wanted)
    rows = [row for row, key in enumerate(zip(pairs.sets.tolist(), pairs.samples.tolist())) if key in keys]
    return _moved(pairs, np.array(rows, dtype=int))


def _moved(pairs: Paired, rows: np.ndarray) -> np.ndarray:
    """These rows by how far the two losses are apart."""
    moved: np.ndarray = rows[np.argsort(-np.abs(pairs.apart[rows]), kind="stable")]
    return moved


def _list(pairs: Paired, chosen: np.ndarray, letters: tuple[str, str], key: str) -> int | None:
    """The marked samples, or those that moved most; the row of ``pairs`` that is ticked in it."""
    rows = chosen if len(chosen) else _moved(pairs, np.arange(len(pairs)))
    few = rows[:SHOWN]
    st.caption(_about(len(chosen), len(few), len(pairs)))
    height = min(300, ROW * (len(few) + 1) + 3)
    ticked = st.dataframe(_columns(pairs.some(few), letters), hide_index=True, height=height, on_select="rerun",
                          selection_mode="single-row", key=f"pairs-list-{key}-{hash(chosen.tobytes()):x}",
                          column_config=_config(letters)).selection.rows
    return int(few[ticked[0]]) if ticked and ticked[0] < len(few) else None


def _about(marked: int, shown: int, total: int) -> str:
    if marked:
        some = "1 sample marked" if marked == 1 else f"{marked:,} samples marked, those whose loss differs most first"
        return f"{some}. Double-click the chart to mark none."
    return f"No point is marked: these are the {shown:,} of {total:,} samples whose loss differs most."


def _columns(few: Paired, letters: tuple[str, str]) -> dict[str, Any]:
    (a, b), (right, also), (one, other) = few.losses, few.correct, letters
    return {"set": few.sets, "sample": few.samples, f"loss in {one}": a, f"loss in {other}": b,
            "ratio": 10 ** few.apart, f"{one} right": right, f"{other} right": also}


def _config(letters: tuple[str, str]) -> dict[str, Any]:
    one, other = letters
    return {"sample": st.column_config.NumberColumn(format="%d", help="Its number in its data."),
            **{name: st.column_config.NumberColumn(f"{name}, nats", format="%.4g")
               for name in (f"loss in {one}", f"loss in {other}")},
            "ratio": st.column_config.NumberColumn(f"{other} ÷ {one}", format="%.3g", help=(
                f"How many times as high the loss is in {other}."))}
