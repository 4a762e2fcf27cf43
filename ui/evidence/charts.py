"""The Evidence page's charts as SVG that needs no script, the same on the page and in its report. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ui.charts.colours import REFERENCE

TEMPLATES = Environment(loader=FileSystemLoader(Path(__file__).with_name("templates")), autoescape=True,
                        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
LOWEST, HIGHEST = 0.3, 1.0  # areas at the ends of a small bar
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 440, 250, 46, 12, 26, 40
ROW, SIDE = 24, 150  # of the slope chart: pixels a place, and beside it for the names
DASH = "6 4"


@dataclass(frozen=True)
class Line:
    """A line through places; ``places`` as SVG writes them."""

    places: str
    colour: str
    dash: str = ""


@dataclass(frozen=True)
class Bar:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    colour: str
    opacity: float = 0.75


@dataclass(frozen=True)
class Dot:
    """A place on a line; hollow where its method is damaged."""

    x: float
    y: float
    colour: str
    hollow: bool = False


@dataclass(frozen=True)
class Text:
    """A text at a place."""

    x: float
    y: float
    text: str
    anchor: str = "start"
    strong: bool = False


@dataclass(frozen=True)
class Grid:
    """A faint line."""

    x1: float
    x2: float
    y1: float
    y2: float


@dataclass(frozen=True)
class Chart:
    """All that is drawn; ``said`` is the text alternative, ``note`` stands below."""

    said: str
    width: int = WIDTH
    height: int = HEIGHT
    grid: Sequence[Grid] = ()
    bars: Sequence[Bar] = ()
    lines: Sequence[Line] = ()
    dots: Sequence[Dot] = ()
    texts: Sequence[Text] = ()
    note: str = ""


@dataclass(frozen=True)
class Plot:
    """A rectangle with axes from 0 (or ``left``) to ``right`` and from 0 to ``top``."""

    right: float
    top: float
    left: float = 0.0
    ticks: Sequence[float] = field(default_factory=tuple)

    def x(self, value: float) -> float:
        share = (value - self.left) / (self.right - self.left)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        return round(HEIGHT - BOTTOM - value / self.top * (HEIGHT - BOTTOM - TOP), 1)

    def axes(self, x_title: str, y_title: str) -> tuple[list[Grid], list[Text]]:
        floor = HEIGHT - BOTTOM
        grid = [Grid(LEFT, WIDTH - RIGHT, floor, floor)]
        grid += [Grid(self.x(at), self.x(at), TOP, floor) for at in self.ticks]
        texts = [Text(self.x(at), floor + 17, f"{at:g}", "middle") for at in self.ticks]
        texts += [Text(WIDTH - RIGHT, HEIGHT - 6, x_title, "end"), Text(4, 14, y_title),
                  Text(LEFT - 6, self.y(self.top) + 4, f"{self.top:g}", "end"), Text(LEFT - 6, floor, "0", "end")]
        return grid, texts


def draw(chart: Chart) -> Markup:
    """The chart as SVG."""
    return Markup(TEMPLATES.get_template("chart.svg.j2").render(one=chart))


# --- small bars in the table ----------------------------------------------------------------


def interval(value: float, ends: tuple[float, float], band: tuple[float, float], colour: str) -> Markup:
    """A mean area with its interval, the chance range in grey."""
    def at(area: float) -> float:
        return round(2 + 116 * (min(max(area, LOWEST), HIGHEST) - LOWEST) / (HIGHEST - LOWEST), 1)

    said = f"{value:.3f}, interval {ends[0]:.3f} to {ends[1]:.3f}, chance range {band[0]:.3f} to {band[1]:.3f}"
    return Markup(TEMPLATES.get_template("interval.svg.j2").render(
        at=at(value), ends=tuple(map(at, ends)), band=tuple(map(at, band)), colour=colour, said=said))


def length(value: float, mark: float, most: float, unit: str, colour: str = REFERENCE) -> Markup:
    """A value from 0 as a bar, with what retrained models attain as a dashed line."""
    def at(amount: float) -> float:
        return round(88 * min(1.0, amount / most), 1) if most else 0.0

    said = f"{value:.3f} {unit}, retrained models attain {mark:.3f}".replace("  ", " ")
    return Markup(TEMPLATES.get_template("length.svg.j2").render(to=at(value), mark=1 + at(mark), colour=colour,
                                                                 said=said))


# --- larger ones ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Ranked:
    """A method's two places, from 1."""

    name: str
    before: int
    after: int
    colour: str
    damaged: bool


def slope(ranked: Sequence[Ranked], heads: tuple[str, str]) -> Markup:
    """Places by two attacks, a line a method: what crosses changes places."""
    width, height = 2 * SIDE + 170, ROW * len(ranked) + 40
    left, right = SIDE, width - SIDE
    lines, dots, texts = [], [], [Text(left, 16, heads[0], "end", strong=True), Text(right, 16, heads[1], strong=True)]
    for one in ranked:
        before, after = (22 + ROW * at for at in (one.before, one.after))
        lines.append(Line(f"{left},{before} {right},{after}", one.colour, DASH if one.damaged else ""))
        dots += [Dot(x, y, one.colour, one.damaged) for x, y in ((left, before), (right, after))]
        texts += [Text(left - 10, before + 4, f"{one.name} {one.before}", "end"),
                  Text(right + 10, after + 4, f"{one.after} {one.name}")]
    said = "; ".join(f"{one.name}: {one.before}, then {one.after}" for one in ranked)
    note = "1: nearest to a coin toss. Hollow, dashed: damaged models." if any(one.damaged for one in ranked) else (
        "1: nearest to a coin toss.")
    return draw(Chart(f"Places of methods, {heads[0]} and {heads[1]}. {said}", width, height, lines=lines, dots=dots,
                      texts=texts, note=note))


def areas(values: Sequence[float], null_sd: float, colour: str, bins: int = 20) -> Markup:
    """How many samples have which area, over the bell of what chance alone gives."""
    counts = _counts(values, 0.0, 1.0, bins)
    bell = [(x / 100, len(values) / bins * _normal(x / 100, 0.5, null_sd)) for x in range(101)]
    plot = Plot(1.0, _round_up(max([*counts, *(y for _, y in bell), 1])), ticks=(0, 0.25, 0.5, 0.75, 1))
    grid, texts = plot.axes("area of a sample", "samples")
    outside = sum(value > 0.5 + 1.96 * null_sd for value in values)
    said = (f"{len(values):,} samples by area; {outside:,} lie above {0.5 + 1.96 * null_sd:.2f}, the upper end of the "
            f"chance range of one sample; {round(0.025 * len(values)):,} would by chance alone.")
    return draw(Chart(said, grid=grid, bars=_bars(plot, counts, colour), texts=texts, note=said,
                      lines=[Line(_places(plot, bell), REFERENCE, DASH)]))


def shares(curves: Mapping[str, tuple[Sequence[float], str]], null: Sequence[float]) -> Markup:
    """The share of samples below each KLoM, a curve a set; dashed what retrained models attain."""
    named = {**curves, "retrained": (null, REFERENCE)}
    most = max(max(values) for values, _ in named.values())
    plot = Plot(max(1.0, math.ceil(most)), 100.0, ticks=_ticks(max(1.0, math.ceil(most))))
    grid, texts = plot.axes("KLoM, nats", "samples below, %")
    lines = [Line(_places(plot, _below(values)), colour, DASH if name == "retrained" else "")
             for name, (values, colour) in named.items()]
    beside = [(HEIGHT - BOTTOM - 14 - 18 * at, name, colour) for at, (name, (_, colour)) in enumerate(named.items())]
    texts += [Text(WIDTH - RIGHT - 22, y, name, "end", strong=True) for y, name, _ in beside]
    dots = [Dot(WIDTH - RIGHT - 12, y - 4, colour, name == "retrained") for y, name, colour in beside]
    said = "; ".join(f"{name}: mean {sum(values) / len(values):.2f}, 95% below {_percentile(values, 95):.2f}"
                     for name, (values, _) in named.items())
    return draw(Chart(f"Shares of samples over KLoM. {said}", grid=grid, lines=lines, dots=dots, texts=texts,
                      note=f"{said}."))


def scores(values: Sequence[float], marked: Sequence[bool] | None, colours: tuple[str, str]) -> Markup:
    """How many samples have which memorisation score; those of changed labels in front."""
    low = min(-0.2, math.floor(10 * min(values)) / 10)
    bins = round((1.0 - low) * 20)
    counts = _counts(values, low, 1.0, bins)
    plot = Plot(1.0, _round_up(max(counts)), low, tuple(at / 4 for at in range(-4, 5) if at / 4 >= low))
    grid, texts = plot.axes("memorisation score", "samples")
    bars, said = _bars(plot, counts, colours[0], 0.5), f"{len(values):,} samples by memorisation score"
    if marked is not None:
        changed = [value for value, one in zip(values, marked, strict=True) if one]
        bars += _bars(plot, _counts(changed, low, 1.0, bins), colours[1], 0.95)
        if changed:
            said += f"; orange: the {len(changed):,} with a changed label, mean {sum(changed) / len(changed):.2f}"
    return draw(Chart(f"{said}.", grid=grid, bars=bars, texts=texts, note=f"{said}."))


def _counts(values: Sequence[float], low: float, high: float, bins: int) -> list[int]:
    """Samples a bin; the last is closed on the right."""
    counts = [0] * bins
    for value in values:
        at = int((value - low) / (high - low) * bins + 1e-9)
        counts[min(max(at, 0), bins - 1)] += 1
    return counts


def _bars(plot: Plot, counts: Sequence[int], colour: str, opacity: float = 0.75) -> list[Bar]:
    step = (plot.right - plot.left) / len(counts)
    wide = round(plot.x(plot.left + step) - plot.x(plot.left) - 1, 1)
    return [Bar(plot.x(plot.left + at * step), plot.y(count), wide, round(plot.y(0) - plot.y(count), 1), colour,
                opacity) for at, count in enumerate(counts) if count]


def _places(plot: Plot, points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{plot.x(x)},{plot.y(y)}" for x, y in points)


def _below(values: Sequence[float], points: int = 60) -> list[tuple[float, float]]:
    """The cumulative share in percent, at quantiles."""
    return [(_percentile(values, 100 * at / points), 100 * at / points) for at in range(points + 1)]


def _percentile(values: Sequence[float], percent: float) -> float:
    ordered = sorted(values)
    at = percent / 100 * (len(ordered) - 1)
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (at - low) * (ordered[high] - ordered[low])


def _normal(x: float, mean: float, sd: float) -> float:
    return math.exp(-0.5 * ((x - mean) / sd) ** 2) / (sd * math.sqrt(2 * math.pi))


def _ticks(most: float) -> tuple[float, ...]:
    step = 1 if most <= 5 else 2 if most <= 10 else 3
    return tuple(float(at) for at in range(0, int(most) + 1, step))


def _round_up(value: float) -> float:
    """The next number of one or two digits: 1, 2, 5, 12, 230."""
    size = 10 ** max(0, len(str(int(value))) - 2)
    return float(math.ceil(value / size) * size)
