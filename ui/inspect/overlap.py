"""Two or three attacks as circles with the number of forget samples in each part: a picture in SVG."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from itertools import combinations
from typing import TYPE_CHECKING

from ui.charts.colours import attack_colours

if TYPE_CHECKING:
    from engine.evaluation.roc import Overlap

CENTRES = {2: ((115, 110), (205, 110)), 3: ((120, 100), (200, 100), (160, 170))}
RADIUS, WIDTH, HEIGHT = 78, 320, 290
NAMES = {2: ((70, 22), (250, 22)), 3: ((70, 16), (250, 16), (160, 268))}


def circles(found: Overlap, titles: Mapping[str, str]) -> str:
    """The circles are not in proportion to the numbers; these stand in them."""
    count, colours = len(found.attacks), attack_colours(found.attacks)
    places = dict(zip(found.attacks, CENTRES[count], strict=True))
    parts = [f'<circle cx="{x}" cy="{y}" r="{RADIUS}" fill="{colours[name]}" fill-opacity="0.28" '
             f'stroke="{colours[name]}" stroke-width="2.5"></circle>' for name, (x, y) in places.items()]
    parts += [_text(*at, escape(titles[name]), 13) for name, at in zip(found.attacks, NAMES[count], strict=True)]
    for size in range(1, count + 1):
        for some in combinations(found.attacks, size):
            parts.append(_text(*_middle(some, places), f"{found.members.get(some, 0):,}", 16))
    said = "; ".join(f"{' and '.join(titles[name] for name in some)}: {number}"
                     for some, number in found.members.items())
    return (f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" style="max-width:22rem;width:100%" '
            f'aria-label="Forget samples caught by {escape(said or "no attack")}">{"".join(parts)}</svg>')


def _text(x: float, y: float, text: str, size: int) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" text-anchor="middle" fill="currentColor">{text}</text>'


def _middle(some: tuple[str, ...], places: Mapping[str, tuple[int, int]]) -> tuple[float, float]:
    """Inside the circles of these attacks and away from the others."""
    x, y = (sum(places[name][i] for name in some) / len(some) for i in (0, 1))
    cx, cy = (sum(place[i] for place in places.values()) / len(places) for i in (0, 1))
    push = 1.0 if len(some) == len(places) else 1.9 if len(some) == 1 else 2.1
    return cx + push * (x - cx), cy + push * (y - cy) + 5
