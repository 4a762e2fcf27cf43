"""Test accuracy against what an attack still finds, as an SVG drawing that needs no script. Pure: text out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from markupsafe import Markup

from ui.charts.colours import REFERENCE, method_colour
from ui.charts.compare import ORIGINAL, REFERENCE_METHOD
from ui.report.document import TEMPLATES

WIDTH, HEIGHT = 900, 420
LEFT, RIGHT, TOP, BOTTOM = 64, 20, 16, 48
LINE = 16  # pixels between two labels


@dataclass(frozen=True)
class Spot:
    """A method: its mean in pixels, its runs, its spread, where its name stands."""

    name: str
    colour: str
    x: float
    y: float
    runs: Sequence[tuple[float, float]]
    spread: tuple[float, float]
    label: float
    hollow: bool


@dataclass(frozen=True)
class Scale:
    """From values to pixels, with round numbers to write beside the axis."""

    low: float
    high: float
    start: float
    end: float

    @classmethod
    def of(cls, values: Iterable[float], start: float, end: float, zero: bool = False) -> Scale:
        known = list(values)
        room = max(1.0, 0.08 * (max(known) - min(known)))
        return cls(0.0 if zero else min(known) - room, max(known) + room, start, end)

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self) -> list[tuple[float, str]]:
        step = next((one for one in (0.5, 1, 2, 5, 10, 20) if (self.high - self.low) / one <= 7), 50)
        first = -int(-self.low // step)
        return [(self(at * step), f"{at * step:g}") for at in range(first, int(self.high // step) + 1)]


def draw(outcomes: Sequence[Mapping[str, Any]], x_title: str) -> Markup | None:
    """Means of methods with their runs and standard deviations, the retrained model as a dashed cross.

    ``outcomes`` are as :func:`ui.charts.compare.plot_tradeoff` takes them; None where there is nothing to draw.
    """
    known = [one for one in outcomes if one["x"] is not None and one["y"] is not None]
    if not known:
        return None
    across = Scale.of((one["x"] for one in known), LEFT, WIDTH - RIGHT, zero=True)
    up = Scale.of((one["y"] for one in known), HEIGHT - BOTTOM, TOP)
    spots = _apart([_spot([one for one in known if one["method"] == method], across, up)
                    for method in dict.fromkeys(one["method"] for one in known)])
    aim = [one for one in known if one["method"] == REFERENCE_METHOD]
    cross = (across(fmean(one["x"] for one in aim)), up(fmean(one["y"] for one in aim))) if aim else None
    said = "; ".join(f"{one['name']}, seed {one['seed']}: {one['y']:.1f}% at {one['x']:.1f}" for one in known)
    return Markup(TEMPLATES.get_template("tradeoff.svg.j2").render(
        spots=spots, across=across, up=up, cross=cross, x_title=x_title, y_title="test accuracy, %", said=said,
        width=WIDTH, height=HEIGHT, left=LEFT, right=RIGHT, top=TOP, bottom=BOTTOM, grey=REFERENCE))


def _spot(mine: Sequence[Mapping[str, Any]], across: Scale, up: Scale) -> Spot:
    method, several = mine[0]["method"], len(mine) > 1
    x, y = (fmean(one[axis] for one in mine) for axis in ("x", "y"))
    spread = [stdev([one[axis] for one in mine]) if several else 0.0 for axis in ("x", "y")]
    return Spot(mine[0]["name"], REFERENCE if method == ORIGINAL else method_colour(method), across(x), up(y),
                [(across(one["x"]), up(one["y"])) for one in mine] if several else [],
                (across(spread[0]) - across(0), up(0) - up(spread[1])), up(y) + 4,
                method in (ORIGINAL, REFERENCE_METHOD))


def _apart(spots: Sequence[Spot]) -> list[Spot]:
    """Names that would lie over one another stand below one another."""
    placed: list[Spot] = []
    for spot in sorted(spots, key=lambda one: one.y):
        label = spot.label
        for other in placed:
            if abs(other.x - spot.x) < 130 and label - other.label < LINE:
                label = other.label + LINE
        placed.append(Spot(spot.name, spot.colour, spot.x, spot.y, spot.runs, spot.spread, label, spot.hollow))
    return placed
