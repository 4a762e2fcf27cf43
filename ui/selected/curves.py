"""The curves of selected runs over each other: attacks and accuracies, over steps, samples or seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from engine.evaluation.events import Course
from engine.evaluation.metrics import metric_of
from engine.registry import live_attacks
from engine.runs import library
from engine.runs.records import Run
from engine.runs.store import Store
from engine.studies.selected import over_seeds
from ui.charts.lines import X_AXES
from ui.charts.selected import look, mean_line, plot_overlay
from ui.common.live_chart import live_chart
from ui.common.said import plain
from ui.common.state import Slot
from ui.selected.words import LETTERS, short_names

AXIS: Slot[str] = Slot("selected.x", "step")
SHOWN: Slot[str] = Slot("selected.y", "")
TOGETHER = Slot("selected.seeds", True)
ACCURACIES = ("forget_accuracy", "test_accuracy", "retain_accuracy")
GOOD = {"forget_accuracy": "as the retrained model's is good, not lower", "test_accuracy": "higher is better",
        "retain_accuracy": "as the retrained model's is good"}


@dataclass(frozen=True)
class Measured:
    """A run's name in the charts and its course."""

    run: Run
    name: str
    course: Course

    def points(self, metric: str, x: str) -> list[dict[str, float]]:
        """The looks at which a metric was measured, in order."""
        found = ((getattr(one, x), one.reading.values.get(metric)) for one in self.course.points)
        return [{"x": float(at), "y": float(value)} for at, value in found if value is not None]


def show(runs: Sequence[Run], store: Store) -> None:
    """Two charts side by side, an attack and an accuracy."""
    attacks = {attack.name: attack.label for attack in live_attacks()}
    several = any(len(group) > 1 for group in over_seeds(runs))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        x = st.segmented_control("Over", list(X_AXES), key=AXIS.key, required=True, format_func=X_AXES.__getitem__,
                                 **AXIS.given("default"))
        attack = st.segmented_control("Attack", list(attacks), key=SHOWN.key, required=True,
                                      format_func=attacks.__getitem__, default=next(iter(attacks)))
        accuracy = st.segmented_control("Accuracy", ACCURACIES, key="selected.accuracy", required=True,
                                        format_func=lambda name: name.split("_")[0], default=ACCURACIES[1])
        together = several and st.toggle("Mean over seeds", key=TOGETHER.key, **TOGETHER.given("value"))
    measured = measure(runs, store)
    with st.container(key="selected-curves"):
        left, right = st.columns(2)
    for column, metric in ((left, attack), (right, accuracy)):
        title = f"{attacks[metric].capitalize()}: 50% is a coin toss" if metric in attacks else (
            f"{metric_of(metric).title}: {GOOD[metric]}")
        figure = plot_overlay(lines(measured, metric, x, bool(together)), title, X_AXES[x], "accuracy, %",
                              band(measured, metric), "grey: the chance range" if metric in attacks else "")
        with column:
            live_chart(figure, key=f"selected-{'attack' if metric in attacks else 'accuracy'}", height=340,
                       revision=f"{metric}{x}{together}")
    if without := [one.name for one in measured if not one.course.start]:
        st.caption(f"Without a course: {plain(', '.join(without))}.")
    if together:
        st.caption("Lines are means over seeds, bands reach from the lowest to the highest seed.")


def measure(runs: Sequence[Run], store: Store) -> list[Measured]:
    """The runs with their names and courses, in the order of the selection."""
    return [Measured(run, name, Course.from_json(library.events_after(run, store)))
            for run, name in zip(runs, short_names(runs))]


def lines(measured: Sequence[Measured], metric: str, x: str, together: bool) -> list[dict[str, Any]]:
    """The lines of a chart; ``together`` draws runs that differ only by the seed as one, with a band."""
    if not together:
        return [_line(place, one.name, one.points(metric, x)) for place, one in enumerate(measured)]
    place_of = {one.run.id: place for place, one in enumerate(measured)}
    groups = [[place_of[run.id] for run in group] for group in over_seeds([one.run for one in measured])]
    names = short_names([measured[group[0]].run for group in groups])
    found = []
    for group, name in zip(groups, names):
        each = [measured[place].points(metric, x) for place in group]
        letters, what = "+".join(LETTERS[place] for place in group), name.partition(": ")[2]
        seeds = f"{len(group)} seeds" if len(group) > 1 else ""
        found.append(_line(group[0], ": ".join(filter(None, [letters, ", ".join(filter(None, [what, seeds]))])),
                           mean_line(each) if len(group) > 1 else each[0]))
    return found


def band(measured: Sequence[Measured], metric: str) -> tuple[float, float] | None:
    """Where an attack lies by chance alone: the widest of the runs' ranges."""
    bands = [known for one in measured
             if one.run.metrics and (known := one.run.metrics.null_band.get(metric))]
    return (min(low for low, _ in bands), max(high for _, high in bands)) if bands else None


def _line(place: int, name: str, points: list[dict[str, float]]) -> dict[str, Any]:
    colour, dash = look(place)
    return {"name": name, "colour": colour, "dash": dash, "points": points}
