"""Two or three attacks as circles with the number of forget samples in each part, drawn by overlap.js."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui.charts.colours import attack_colours

if TYPE_CHECKING:
    from engine.evaluation.roc import Overlap

CENTRES = {2: ((115, 110), (205, 110)), 3: ((120, 100), (200, 100), (160, 170))}
RADIUS, WIDTH, HEIGHT = 78, 320, 290
NAMES = {2: ((70, 22), (250, 22)), 3: ((70, 16), (250, 16), (160, 268))}


def circles(found: Overlap, titles: Mapping[str, str]) -> dict[str, Any]:
    """What overlap.js draws. The circles are not in proportion to the numbers; these stand in them."""
    count, colours = len(found.attacks), attack_colours(found.attacks)
    places = dict(zip(found.attacks, CENTRES[count], strict=True))
    texts = [{"x": x, "y": y, "size": 13, "text": titles[name]}
             for name, (x, y) in zip(found.attacks, NAMES[count], strict=True)]
    for size in range(1, count + 1):
        for some in combinations(found.attacks, size):
            x, y = _middle(some, places)
            texts.append({"x": round(x), "y": round(y), "size": 16, "text": f"{found.members.get(some, 0):,}"})
    said = "; ".join(f"{' and '.join(titles[name] for name in some)}: {number:,}"
                     for some, number in found.members.items())
    return {"circles": [{"x": x, "y": y, "colour": colours[name]} for name, (x, y) in places.items()], "texts": texts,
            "radius": RADIUS, "label": f"Forget samples caught by {said or 'no attack: 0'}", "box": [WIDTH, HEIGHT]}


def draw(data: dict[str, Any], key: str) -> None:
    """Show :func:`circles`; names come as texts, never as markup."""
    _component()(key=key, data=data)


@functools.cache
def _component() -> Any:
    script = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
    return st.components.v2.component("attack_overlap", js=script,
                                      html='<div class="overlap"></div>', isolate_styles=False)


def _middle(some: tuple[str, ...], places: Mapping[str, tuple[int, int]]) -> tuple[float, float]:
    """Inside the circles of these attacks and away from the others."""
    x, y = (sum(places[name][i] for name in some) / len(some) for i in (0, 1))
    cx, cy = (sum(place[i] for place in places.values()) / len(places) for i in (0, 1))
    push = 1.0 if len(some) == len(places) else 1.9 if len(some) == 1 else 2.1
    return cx + push * (x - cx), cy + push * (y - cy) + 5
