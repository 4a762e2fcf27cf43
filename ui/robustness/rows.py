"""Below the heatmap: the best value of each row, everything as good within noise, and how the method's rule does."""

from __future__ import annotations

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

UNKNOWN = {True: "too few samples", False: "not known"}  # by whether chance hides everything in the row


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
    more = f"; in {blind} more, too few samples are forgotten to tell" if blind else ""
    whose = "the map's best" if heatmap.high_is_good else "the ideal"
    return (f"At least half of the values of {heatmap.sweep.across.title} lie within the chance range of {whose} "
            f"in {wide} of {len(sound)} {plural(len(sound), 'row')}{more}.")


def _inside(heatmap: Heatmap, down: Any) -> int:
    """The squares of a row that are green on the map."""
    return sum(square.down == down and square.within for square in heatmap.squares.values())


def verdict(heatmap: Heatmap, rows: list[Row]) -> str:
    """How often the method's own choice is as good as the best; empty where it has none."""
    judged, name = [row for row in rows if row.holds is not None], heatmap.sweep.across.name
    auto = next(h.auto for h in declared(get("method", heatmap.sweep.method).parameters) if h.name == name)
    if not judged or auto is None:  # without a rule no row is judged
        return ""
    blind = sum(row.blind for row in rows)
    beyond = len(rows) - len(judged) - blind
    more = f" In {beyond} more, its cell is missing or outside the grid." if beyond else ""
    more += f" In {blind} more, too few samples are forgotten to tell." if blind else ""
    return (f"The method's own {spaced(name)} ({auto.rule}) is as good as the best of its row, "
            f"within the chance range, in **{sum(bool(row.holds) for row in judged)} of {len(judged)}** rows.{more}")


def row_of(heatmap: Heatmap, row: Row) -> dict[str, str]:
    """A row's best value and how the rule does there, by column title."""
    across, down = heatmap.sweep.across.name, heatmap.sweep.down.name
    unit = metric_of(heatmap.metric).unit
    told = {heatmap.sweep.down.title: amount(down, row.down), "best": amount(across, row.best),
            unit: words.number(row.mean, 2), "as good as the row's best, within chance": _stretch(heatmap, row)}
    if row.rule is not None:
        told |= {"rule": f"{row.rule:.3g}", "nearest cell": amount(across, row.at_rule),
                 f"{unit} there": words.number(row.at_rule_mean, 2),
                 "rule holds": {True: "yes", False: "no", None: UNKNOWN[row.blind]}[row.holds]}
    return told


def _stretch(heatmap: Heatmap, row: Row) -> str:
    """``0.1 to 0.5`` where they are neighbours, else each."""
    values = [x for x in heatmap.sweep.across.values if heatmap.squares[x, row.down].mean is not None]
    places = [values.index(x) for x in row.as_good]
    name = heatmap.sweep.across.name
    if len(places) > 2 and places == list(range(places[0], places[-1] + 1)):
        return f"{amount(name, row.as_good[0])} to {amount(name, row.as_good[-1])}"
    return ", ".join(amount(name, x) for x in row.as_good)
