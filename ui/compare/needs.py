"""Methods by what they need: which are shown, and under which headings. Pure.

A method that needs no retain data is *source-free*: it works where the training data are gone. One that never looks at
the forget set forgets by training on the rest. Declared by each method (``engine.method.Method.needs``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from engine.registry import get
from engine.studies.comparison import REFERENCE
from engine.studies.notes import ORIGINAL
from engine.types import Method

ALL = "all"
SHOWN: Mapping[str, tuple[str, Callable[[Method], bool]]] = {
    ALL: ("All methods", lambda method: True),
    "source_free": ("Source-free: need no retain data", lambda method: method.source_free),
    "retain_only": ("Never look at the forget set", lambda method: not _looks_at_forget(method)),
    "no_labels": ("Need no labels of the forget set", lambda method: "forget_labels" not in method.needs),
    "class": ("Meant for a class", lambda method: method.meant_for in ("class", "any")),
    "random": ("Meant for random samples", lambda method: method.meant_for in ("random", "any"))}
GROUPS: Sequence[tuple[str, str, Callable[[Method], bool]]] = (
    ("Look at both sets", "forget set and retain set",
     lambda method: _looks_at_forget(method) and not method.source_free),
    ("Source-free", "the forget set alone, as where the training data are gone",
     lambda method: method.source_free),
    ("Never look at the forget set", "the retain set alone", lambda method: not _looks_at_forget(method)))
ALWAYS = (ORIGINAL, REFERENCE)


def _looks_at_forget(method: Method) -> bool:
    return bool({"forget", "forget_labels"} & set(method.needs))


def title_of(name: str) -> str:
    """What a choice is called."""
    return SHOWN[name][0]


def kept(order: Sequence[str], choice: str) -> list[str]:
    """The rows that a choice leaves; the Original and retraining stay.

    Examples
    --------
    >>> kept(["original", "retrain", "finetune", "gradient_ascent"], "source_free")
    ['original', 'retrain', 'gradient_ascent']
    """
    fits = SHOWN[choice][1]
    return [name for name in order if name in ALWAYS or fits(get("method", name))]


def grouped(order: Sequence[str]) -> tuple[list[str], dict[str, tuple[str, str]]]:
    """The rows group by group, in their order within each, and the heading that stands before a row.

    Examples
    --------
    >>> grouped(["retrain", "gradient_ascent", "finetune"])[1]["finetune"][0]
    'Never look at the forget set'
    """
    top, found, headings = [name for name in order if name in ALWAYS], list[str](), {}
    for heading, what, fits in GROUPS:
        mine = [name for name in order if name not in ALWAYS and fits(get("method", name))]
        if mine:
            headings[mine[0]] = heading, what
        found += mine
    return top + found, headings
