"""Methods by how memorised the forgotten samples are: a folded section of the Compare page."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean

import streamlit as st

from engine.errors import LabError
from engine.evaluation.strata import LEVELS, Level
from engine.runs.queue import manager
from engine.runs.sources import embedded
from engine.studies.comparison import REFERENCE, Comparison, Runs
from engine.studies.notes import method_title
from engine.studies.strata import Strata, by_memorisation
from ui.common import glossary
from ui.common.html_table import INSIDE, Box, Name, Row, Small, draw
from ui.common.said import plain
from ui.common.state import Slot
from ui.compare.table import dot

OPEN = Slot("compare.strata", False)
KEPT: Slot[Mapping[tuple[str, ...], Strata]] = Slot("compare.strata.kept", {})
TITLES: Mapping[Level, str] = {"high": "Most memorised", "medium": "Between", "low": "Least memorised"}
CLASSES = 5  # named of each stratum


def show(comparison: Comparison, runs: Runs) -> None:
    """The switch, and what it opens; nothing is read before."""
    opened = st.toggle("By memorisation", key=OPEN.key, persist_state="session", **OPEN.given("value"),
                       help="The same methods on the most and the least memorised samples of the forget set.")
    if not opened:
        return
    try:
        found = _found(comparison, runs)
    except LabError as error:
        st.info(plain(error), icon=":material/info:")
        return
    if control := found.control():
        st.markdown(control)
    st.html(table(found))
    glossary.caption(about(found))
    for why in dict.fromkeys([*found.missing.values(), *found.notes]):
        st.caption(f":material/info: {plain(why)}")


def _found(comparison: Comparison, runs: Runs) -> Strata:
    """Once for the same finished runs and retrained models."""
    key = tuple(sorted(f"{run.id} {bool(run.metrics and run.metrics.retrained)}" for run in runs.values()
                       if run.finished))
    if key not in KEPT.get():
        store, checkpoints = manager().store, manager().checkpoints
        with st.spinner("Reading the samples …"):
            with_data = any(embedded(run) for run in runs.values())
            KEPT.put({key: by_memorisation(comparison, runs, store, checkpoints, with_data)})
    return KEPT.get()[key]


def table(found: Strata) -> str:
    """A row a method, a column a stratum, as HTML."""
    rows = [Row(Name(method_title(method), dot=dot(method)), tuple(_box(found, method, level) for level in LEVELS))
            for method in found.methods]
    return draw("strata", [Name("Method"), *(_head(found, level) for level in LEVELS)], rows, inside=INSIDE,
                attack=found.attack)


def _head(found: Strata, level: Level) -> Name:
    groups, classes = found.groups[level], found.classes(level)
    named = ", ".join(f"{name} ({count})" for name, count in list(classes.items())[:CLASSES])
    size = f"{found.size(level)} samples" + (f", {len(groups)} seeds" if len(groups) > 1 else "")
    mean = f"mean {fmean(group.mean for group in groups):.2f}"
    more = f" and {len(classes) - CLASSES} more" if len(classes) > CLASSES else ""
    every = ", ".join(f"{name} ({count})" for name, count in classes.items())
    second = [Small(f"classes {named}{more}", every)] if named else []
    return Name(TITLES[level], every, (Small(f"{size}, {mean}"), *second))


def _box(found: Strata, method: str, level: Level) -> Box:
    one = found.standings[method, level]
    inside = method != REFERENCE and one.tow is not None and one.noise is not None and 1 - one.tow <= one.noise
    hover = f"Chance range of the area: {one.chance[0]:.2f} to {one.chance[1]:.2f}."
    return Box("–" if one.tow is None else f"{one.tow:.2f}",
               hover if one.tow is not None else f"There is no retrained model on this split. {hover}",
               (Small(f"accuracy {one.accuracy:.1f}%"), Small(f"area {one.area:.2f}")), method in found.best(level),
               INSIDE if inside else "", value=one.tow)


def about(found: Strata) -> str:
    """What the groups are, and how far their numbers can be trusted."""
    size = found.size("low")
    return (f"Strata inside the forget set, by memorised ({found.source}), with their most frequent classes. With "
            f"{size} samples an accuracy is known to about ±{196 * (0.25 / size) ** 0.5:.0f} points. Least memorised "
            "is the control: a retrained model hardly differs from the Original there, so doing nothing must win.")
