"""Several Originals on the Compare page: their seeds, what is missing, and how far seeds move each number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from engine.errors import LabError
from engine.evaluation.metrics import metric_title
from engine.runs.queue import manager
from engine.studies import training_seeds
from engine.studies.comparison import MOST_REPEATS, Comparison
from engine.studies.notes import method_title
from engine.studies.table import columns_of
from engine.studies.training_seeds import AllRuns, Row
from engine.studies.variance import UNDETECTABLE, Component, Variation
from engine.system.words import numbered, plural
from ui.common.allowed import starts
from ui.common.said import plain
from ui.common.state import Slot

ORIGINALS = Slot("compare.originals", "0")
HELP = ("Seeds of Originals. With several, the section below the table says how far another Original would move each "
        "number; each Original is trained once. The table and the race are of the first.")
HEADS = {"forget": "forget set"}  # of a component's column, where it is not the level's name
UNLEARNING = Slot("compare.unlearning", 1)
UNLEARNING_HELP = ("How often each forget set is forgotten, each time with another seed. With two or more the section "
                   "below the table says what the forget set and what unlearning contribute.")
EVERY = 2.0  # seconds between two looks while runs of other Originals wait or run


def control() -> str:
    """The text of training seeds as typed."""
    text: str = st.text_input("Training seeds", key=ORIGINALS.key, persist_state="session", help=HELP,
                              **ORIGINALS.given("value"))
    return text


def repeats() -> int:
    """How many unlearning seeds each forget set has."""
    count: int = st.number_input("Unlearning seeds", 1, MOST_REPEATS, key=UNLEARNING.key, persist_state="session",
                                 help=UNLEARNING_HELP, **UNLEARNING.given("value"))
    return count


def more() -> tuple[str, int]:
    """Both, folded away as long as they are as usual."""
    usual = (ORIGINALS.get(), UNLEARNING.get()) == (ORIGINALS.first, UNLEARNING.first)
    with st.expander("More seeds", expanded=not usual):
        return control(), repeats()


def held() -> tuple[str, int]:
    """What both hold where they are not drawn."""
    return ORIGINALS.get(), UNLEARNING.get()


def show(comparison: Comparison) -> None:
    """The section below the table; with one Original the sentence for what that holds."""
    if alone := training_seeds.only_one(comparison):
        st.caption(alone)
        return
    runs = training_seeds.find_runs(comparison, manager().store)
    st.fragment(_section, run_every=EVERY if _active(runs) else None)(comparison)


def _section(comparison: Comparison) -> None:
    runs = training_seeds.find_runs(comparison, manager().store)
    count = len(comparison.training_seeds)
    st.markdown(f"#### Over {count} {plural(count, 'Original')}")
    st.caption(f"I = {count} ({numbered('training seed', comparison.training_seeds)}), J = "
               f"{len(comparison.seeds)} ({numbered('seed', comparison.seeds)}), K = {comparison.unlearning_seeds}"
               f"{' unlearning seeds each' if comparison.unlearning_seeds > 1 else ''}. "
               f"{training_seeds.over(comparison)}")
    _start(comparison, runs)
    found = training_seeds.rows(comparison, runs, columns_of(comparison.scenario))
    known = [row for row in found if row.found]
    if known:
        st.table([_cells(row) for row in known])
    for said in _notes(found):
        st.caption(said)


def _start(comparison: Comparison, runs: AllRuns) -> None:
    """A button for what no Original's comparison has yet."""
    todo = training_seeds.missing(comparison, runs)
    if not todo:
        return
    said = f"Run the missing {len(todo)}"
    if st.button(said, key="compare.originals.start", icon=":material/playlist_add:", width="content",
                 **starts(help="Queues the missing runs of every Original; Originals that do not exist yet are trained "
                               "first.")):
        try:
            training_seeds.queue_missing(comparison, manager())
        except LabError as error:
            st.error(plain(error), icon=":material/error:")
            return
        st.rerun()


def _active(runs: AllRuns) -> bool:
    return any(run.status in ("queued", "running") for one in runs.values() for run in one.values())


def _cells(row: Row) -> dict[str, str]:
    found: Variation | Any = row.found
    return {"method": method_title(row.method), "measure": metric_title(row.metric), "mean ± 95%": _mean(found),
            **{HEADS.get(level, level): _part(part) for level, part in zip(found.levels, found.components, strict=True)
               if level != "evaluation"}, "from retraining": _mean(row.from_retrained, sign="+")}


def _mean(found: Variation | None, sign: str = "") -> str:
    if found is None or found.half is None:
        return "-" if found is None else f"{found.mean:{sign}.2f}"
    return f"{found.mean:{sign}.2f} ± {found.half:.2f}"


def _part(part: Component | None) -> str:
    """``SD 1.41, 12%``: a component's standard deviation and its share."""
    if part is None:
        return "-"
    return UNDETECTABLE if part.sd is None else f"SD {part.sd:.2f}, {100 * part.share:.0f}%"


def _notes(found: Sequence[Row]) -> list[str]:
    """What the design cannot tell, and which rows are empty for which reason."""
    notes = dict.fromkeys(note for row in found if row.found for note in row.found.notes)
    empty: dict[str, dict[str, None]] = {}
    for row in found:
        if row.reason:
            empty.setdefault(row.reason, {})[method_title(row.method)] = None
    return [*notes, *(f"{', '.join(methods)}: {reason}" for reason, methods in empty.items())]
