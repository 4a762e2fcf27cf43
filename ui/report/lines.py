"""Curves over each other as an SVG that needs no script: names at their ends, the chance range in grey. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from ui.report.document import TEMPLATES
from ui.report.tradeoff import BOTTOM, HEIGHT, LEFT, LINE, TOP, WIDTH, Scale

LETTER = 7.5  # pixels of a name's letter
DASHES = {"solid": "", "dash": "8 5", "dot": "2 4"}


def draw(lines: Sequence[Mapping[str, Any]], x_title: str, y_title: str,
         band: Sequence[float] | None = None) -> Markup | None:
    """The lines as :func:`ui.charts.selected.plot_overlay` takes them; None where none of them has a point."""
    known = [line for line in lines if line["points"]]
    if not known:
        return None
    right = WIDTH - 16 - LETTER * max(len(line["name"]) for line in known)
    points = [point for line in known for point in line["points"]]
    across = Scale(0.0, max(point["x"] for point in points) or 1.0, LEFT, right)
    up = Scale.of([*(point["y"] for point in points), *(band or ())], HEIGHT - BOTTOM, TOP)
    said = "; ".join(f"{line['name']}: {line['points'][-1]['y']:.1f} at the end" for line in known)
    return Markup(TEMPLATES.get_template("lines.svg.j2").render(
        lines=[_line(line, across, up) for line in known], labels=_labels(known, up), ticks=_ticks(across), up=up,
        band=band and (up(band[1]), up(band[0]) - up(band[1])), x_title=x_title, y_title=y_title, said=said,
        width=WIDTH, height=HEIGHT, left=LEFT, right=right, top=TOP, bottom=BOTTOM))


def _line(line: Mapping[str, Any], across: Scale, up: Scale) -> dict[str, str]:
    places = " ".join(f"{across(point['x']):.1f},{up(point['y']):.1f}" for point in line["points"])
    return {"places": places, "colour": line["colour"], "dash": DASHES[line["dash"]]}


def _labels(lines: Sequence[Mapping[str, Any]], up: Scale) -> list[tuple[str, str, float]]:
    """Names at the ends of their lines, moved down where they would lie on one another."""
    found: list[tuple[str, str, float]] = []
    for line in sorted(lines, key=lambda line: -line["points"][-1]["y"]):
        at = up(line["points"][-1]["y"]) + 4
        found.append((line["name"], line["colour"], max(at, found[-1][2] + LINE) if found else at))
    return found


def _ticks(across: Scale) -> list[tuple[float, str]]:
    """Five round places at most."""
    size = 10 ** len(str(int(across.high))) / 10
    step = next(one * size for one in (0.1, 0.2, 0.5, 1, 2) if across.high / (one * size) <= 5)
    return [(across(at * step), f"{at * step:,g}") for at in range(int(across.high // step) + 1)]
