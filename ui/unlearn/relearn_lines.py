"""What a chart of relearning draws, from points that are there already: some curves may be under way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from engine.studies.relearn_numbers import TITLES, WHO, Point, Who
from ui.charts.relearning import LOOKS


@dataclass(frozen=True)
class Value:
    """What can be drawn: a field of a point, its title and its unit."""

    field: str
    title: str
    unit: str
    digits: int


VALUES = (Value("forget_accuracy", "Accuracy", "%", 1), Value("phi", "Mean phi", "logits", 2),
          Value("auc", "Attack", "ROC area", 3))
SHORT: dict[Who, str] = {"unlearned": "unlearned", "retrained": "retrained", "second": "another seed",
                         "original": "Original"}


def lines(points: Iterable[Point], rate: float, forgotten: int, value: Value) -> list[dict[str, Any]]:
    """A line for each model, the mean over the seeds that have come so far with their range."""
    mine = [one for one in points if (one.rate, one.forgotten) == (rate, forgotten)]
    found = []
    for who in WHO:
        colour, dash, width = LOOKS[who]
        found.append({"who": who, "name": SHORT[who], "colour": colour, "dash": dash, "width": width,
                      "points": _points([one for one in mine if one.who == who], value.field)})
    return found


def _points(points: Sequence[Point], field: str) -> list[dict[str, float]]:
    """The mean over the seeds that have come furthest: one under way would bend the others' end."""
    furthest = {seed: max(one.step for one in points if one.seed == seed) for seed in {one.seed for one in points}}
    by_step: dict[int, list[float]] = {}
    for point in points:
        value = getattr(point, field)
        if value is not None and furthest[point.seed] == max(furthest.values()):
            by_step.setdefault(point.step, []).append(float(value))
    return [{"x": step, "y": fmean(values), "low": min(values), "high": max(values)}
            for step, values in sorted(by_step.items())]


def in_words(lines: Sequence[dict[str, Any]], value: Value) -> str:
    """The same for those who cannot see it: each line's first and last number."""
    said = [f"{TITLES[line['who']]} {line['points'][0]['y']:.{value.digits}f} at step {line['points'][0]['x']}, "
            f"{line['points'][-1]['y']:.{value.digits}f} at step {line['points'][-1]['x']}"
            for line in lines if line["points"]]
    return f"{value.title}, {value.unit}. " + "; ".join(said) + "."
