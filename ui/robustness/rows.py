"""Below the heatmap: the best value of each row, everything as good within noise, and how the method's rule does."""

from __future__ import annotations

from collections import Counter
from typing import Any

import streamlit as st

from engine.evaluation.metrics import metric_of
from engine.registry import get
from engine.studies.heatmap import Heatmap, Row
from engine.studies.heatmap_exports import amount
from engine.system.words import plural, spaced
from engine.types import declared
from ui.common import words
from ui.robustness.map import measure_title

CANNOT = "cannot tell"  # a row in which chance hides everything
NONE = "–"
AS_GOOD = ("As good as the best: no further from it than its chance range and, where the best lies inside the chance "
           "range of the ideal, inside too.")
WITHOUT = ("outside the grid", "not measured yet")  # by whether the cell nearest to it has no value
REFUSED = {False: "no", True: "no, it is excluded (†)"}  # by whether the rule's cell is doubtful


def show(heatmap: Heatmap) -> None:
    """A row a value down, and a sentence on the rule; nothing before there are two squares to choose between."""
    rows = heatmap.rows()
    if not rows or len(heatmap.sweep.across.values) < 2:
        return
    name = heatmap.sweep.across.title
    st.markdown(f"### Best {name} of each row: {measure_title(heatmap.metric).lower()}")
    if sentence := verdict(heatmap, rows):
        st.markdown(sentence)
    st.table([row_of(heatmap, row) for row in rows])
    st.caption(AS_GOOD)


def answer(heatmap: Heatmap) -> str:
    """How sensitive it is, in a sentence: how wide a stretch lies inside the chance range, as the map's green shows.

    Empty before one can say.
    """
    rows, across = heatmap.rows(), len(heatmap.sweep.across.values)
    sound = [row for row in rows if not row.blind]
    if not sound or across < 2:
        return ""
    wide = sum(2 * _inside(heatmap, row.down) >= across for row in sound)
    blind = sum(row.blind for row in rows)
    that, more = (" that can tell", f"; {_cannot(blind)}") if blind else ("", "")
    whose = "the map's best" if heatmap.high_is_good else "the ideal"
    return (f"At least half of the values of {heatmap.sweep.across.title} lie within the chance range of {whose} "
            f"in {wide} of {len(sound)} {plural(len(sound), 'row')}{that}{more}.")


def _cannot(rows: int) -> str:
    return f"{rows} {plural(rows, 'row')} cannot: too few samples are forgotten"


def _inside(heatmap: Heatmap, down: Any) -> int:
    """The squares of a row that are green on the map."""
    return sum(square.down == down and square.within for square in heatmap.squares.values())


def verdict(heatmap: Heatmap, rows: list[Row]) -> str:
    """How often the method's own choice is as good as the best; empty where it has none.

    Counts what :func:`row_of` says, row by row: those that cannot tell and those without its cell are no evidence.
    """
    name = heatmap.sweep.across.name
    fields = declared(get("method", heatmap.sweep.method).parameters)
    auto = next((h.auto for h in fields if h.name == name), None)
    said = Counter(holds(row) for row in rows if row.rule is not None)
    judged = said["yes"] + sum(said[text] for text in REFUSED.values())
    if not judged or auto is None:  # without a rule no row is judged
        return ""
    more = [_cannot(said[CANNOT])] if said[CANNOT] else []
    more += [f"in {said[text]} its value is {text}" for text in WITHOUT if said[text]]
    that = " where this can be judged" if more else ""
    return (f"The method's own {spaced(name)} ({auto.rule}) is as good as the best of its row, within the chance "
            f"range, in **{said['yes']} of the {judged}** {'; '.join([f'rows{that}', *more])}.")


def holds(row: Row) -> str:
    """Whether the rule holds in a row, in a word or two; where its cell is excluded, why it does not."""
    if row.blind:
        return CANNOT
    return {True: "yes", False: REFUSED[row.at_rule_doubtful], None: WITHOUT[row.at_rule_mean is None]}[row.holds]


def row_of(heatmap: Heatmap, row: Row) -> dict[str, str]:
    """A row's best value and how the rule does there, by column title; nothing is best where a row cannot tell."""
    across, down = heatmap.sweep.across.name, heatmap.sweep.down.name
    unit = metric_of(heatmap.metric).unit
    best = (CANNOT, NONE, NONE) if row.blind else (
        amount(across, row.best), words.number(row.mean, 2), _stretch(heatmap, row))
    told = {heatmap.sweep.down.title: amount(down, row.down),
            **dict(zip(("best", unit, "as good as the row's best, within chance"), best, strict=True))}
    if row.rule is not None:
        told |= {"rule": f"{row.rule:.3g}", "nearest cell": amount(across, row.at_rule),
                 f"{unit} there": words.number(row.at_rule_mean, 2), "rule holds": holds(row)}
    return told


def _stretch(heatmap: Heatmap, row: Row) -> str:
    """``0.1 to 0.5`` where they are neighbours, else each."""
    values = [x for x in heatmap.sweep.across.values if heatmap.squares[x, row.down].mean is not None]
    places = [values.index(x) for x in row.as_good]
    name = heatmap.sweep.across.name
    if len(places) > 2 and places == list(range(places[0], places[-1] + 1)):
        return f"{amount(name, row.as_good[0])} to {amount(name, row.as_good[-1])}"
    return ", ".join(amount(name, x) for x in row.as_good)
