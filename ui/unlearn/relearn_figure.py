"""The chart of one panel of relearning."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import plotly.graph_objects as go

from engine.studies.relearn_numbers import Point
from ui.charts.relearning import coin_toss, plot_relearning
from ui.unlearn.relearn_lines import Value, in_words, lines


def figure(points: Iterable[Point], rate: float, forgotten: int, value: Value, steps: Sequence[int], title: str,
           subtitle: str = "", answer: str = "") -> go.Figure:
    """The curves at a rate with so many forgotten samples shown; ``answer`` begins what is read aloud."""
    drawn = lines(points, rate, forgotten, value)
    percent = value.field == "forget_accuracy"
    found = plot_relearning(drawn, title, value.unit if percent else f"{value.title.lower()}, {value.unit}", steps,
                            subtitle, f"{answer} {in_words(drawn, value)}".strip(), (-3.0, 104.0) if percent else None)
    return coin_toss(found) if value.field == "auc" else found
