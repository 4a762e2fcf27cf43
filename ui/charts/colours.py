"""The lab's colours, the same in every chart and legible on a light and on a dark page."""

from __future__ import annotations

import colorsys
from collections.abc import Iterable

FORGET = "#ff7f0e"
TEST = "#1f77b4"
RETAIN = "#2ca02c"
BY_SET = {"retain": RETAIN, "forget": FORGET, "test": TEST}

ATTACK_LOSS = "#9467bd"
ATTACK_ENTROPY = "#1b9e8f"
BY_ATTACK = {"mia_loss": ATTACK_LOSS, "mia_entropy": ATTACK_ENTROPY}
MORE_ATTACKS = ("#c2557a", "#6b8e23", "#b8860b", "#4a8db7", "#8c6d5a")  # for attacks that are added later
WEIGHT = "#a0785a"  # of an objective's term

# Far apart in OKLab and from the sets' colours, each at 3:1 or more against both pages: tests/ui/charts holds them.
BY_METHOD = {"nabla_tau": "#ff0011", "finetune": "#3399ee", "scrub": "#8822ff", "ssd": "#666600", "amnesiac": "#ff0099",
             "gradient_ascent": "#bb00bb", "random_label": "#999911", "salun": "#ff00ff", "neggrad_plus": "#1155ff",
             "l1_sparse": "#7755aa", "bad_teacher": "#aa77ff", "not_first": "#aa4444", "retrain": "#808080"}
MORE_METHODS = ("#8a6d3b", "#3f8a8a", "#a0522d", "#5f7a1f")  # for methods that are added later

REFERENCE = "#808080"  # the retrained model, always dashed; 4:1 against white and against Streamlit's dark page
COIN_TOSS = "#808080"
NULL_BAND = "rgba(128,128,128,0.2)"
CLEAR = "rgba(0,0,0,0)"


_added: dict[str, str] = {}  # in the order in which they were met


def attack_colours(names: Iterable[str]) -> dict[str, str]:
    """A colour for every attack: its own where it has one, the others in turn from a small palette."""
    names = list(names)
    added = [name for name in names if name not in BY_ATTACK]
    return {name: BY_ATTACK.get(name) or MORE_ATTACKS[added.index(name) % len(MORE_ATTACKS)] for name in names}


def method_colour(name: str) -> str:
    """A method's colour, the same whatever it is shown with; an added one gets the next that is free."""
    if name not in BY_METHOD and name not in _added:
        _added[name] = _free(len(_added))
    return BY_METHOD.get(name) or _added[name]


def know(names: Iterable[str]) -> None:
    """Gives added methods their colours in this order, so that they do not depend on what is drawn first."""
    for name in names:
        method_colour(name)


def _free(place: int) -> str:
    """The colour of the added method in this place: a palette of a few, then hues a golden ratio apart.

    Only olive and violet to red: the hues between are those of the forget, test and retain set.
    """
    if place < len(MORE_METHODS):
        return MORE_METHODS[place]
    along = place * 0.618034 % 1 * 0.47
    hue, light = (0.1 + along, 0.38) if along < 0.1 else ((0.6 + along) % 1, 0.55)
    red, green, blue = colorsys.hls_to_rgb(hue, light, 0.5)
    return f"#{round(255 * red):02x}{round(255 * green):02x}{round(255 * blue):02x}"
