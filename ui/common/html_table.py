"""A table as HTML: what is in it as records, drawn by the templates beside, which escape every text.

HTML, because a person selects it and pastes it into a paper, with bold and colour.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

TEMPLATES = Environment(loader=FileSystemLoader(Path(__file__).parents[1] / "templates"), autoescape=True,
                        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
NOTHING = Markup()
INSIDE = "rgba(44,160,110,.16)"  # chance alone explains the distance to the reference; over the page's background


@dataclass(frozen=True)
class Small:
    """A line of small print; ``hover`` is shown while the mouse rests on it."""

    text: str
    hover: str = ""


@dataclass(frozen=True)
class Name:
    """The head of a row or a column; ``dot`` and ``link`` are a colour and an address, ``more`` stands behind."""

    text: str
    hover: str = ""
    small: tuple[Small, ...] = ()
    dot: str = ""
    link: str = ""
    more: str = ""


@dataclass(frozen=True)
class Box:
    """A value; ``colour`` fills it, and ``number`` keeps it on one line.

    ``picture`` stands under it, drawn already by a template that escapes; ``value`` is what a column is sorted by.
    """

    text: str
    hover: str = ""
    small: tuple[Small, ...] = ()
    bold: bool = False
    colour: str = ""
    number: bool = True
    picture: Markup = NOTHING
    value: float | None = None


@dataclass(frozen=True)
class Row:
    """A row of boxes, or one sentence in their place; ``kind``: over, failed, one (a single seed), group or nothing."""

    name: Name
    boxes: tuple[Box, ...] = ()
    note: str = ""
    kind: str = ""


def draw(template: str, head: Iterable[Name], rows: Iterable[Row], foot: Iterable[str] = (), **more: Any) -> str:
    """The table as HTML; ``more`` is what the template's own key to the table needs."""
    page = TEMPLATES.get_template(f"{template}.html.j2")
    return page.render(head=list(head), rows=list(rows), foot=list(foot), **more)
