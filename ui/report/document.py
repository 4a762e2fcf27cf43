"""A report as records, and the one page that is drawn from them. Every text in it is escaped by the templates.

The page brings its own style and, where a run replays itself, its own script; its content security policy allows no
request, so that a browser refuses whatever would need the network.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from engine.system.version import code_version
from ui.common import words
from ui.common.html_table import Box, Name, Row, draw
from ui.common.stage import files
from ui.report.citation import PAPER, SOFTWARE

HERE = Path(__file__).parent
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:"
BEGIN = """
{}({{ data: JSON.parse(document.getElementById("report-data").textContent),
  parentElement: document.getElementById("report-picture") }});
"""
TEMPLATES = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined,
                        trim_blocks=True, lstrip_blocks=True)


@dataclass(frozen=True)
class Part:
    """A section: ``body`` is drawn already, by a template that escapes; sentences stand below it."""

    title: str
    body: Markup
    notes: tuple[str, ...] = ()
    folded: bool = False


@dataclass(frozen=True)
class Picture:
    """One that moves in the file, without the app.

    ``script`` is a module whose function ``begin`` draws ``data`` into the element of the class ``root``.
    """

    title: str
    data: Mapping[str, Any]
    root: str
    script: str
    style: str
    begin: str


@dataclass(frozen=True)
class Report:
    """What is handed in.

    Parameters
    ----------
    question : str
        What it is about, in one line.
    answer : str
        The largest text: what came out.
    verdict : sequence of str
        The answer in full, a paragraph each.
    damaged : bool
        Whether the verdict stands on a red ribbon.
    parts : sequence of Part
        Charts and tables, in their order.
    facts : mapping of str to str
        Device, date, version and identity.
    commands : sequence of str
        What repeats it, a line each.
    unrepeatable : str
        Why there is no command.
    scene : mapping, optional
        What the stage plays (:func:`ui.common.stage.scene.scene`), where the report is of a run.
    picture : Picture, optional
        Another moving picture, above the parts.
    """

    question: str
    answer: str
    verdict: Sequence[str]
    parts: Sequence[Part]
    facts: Mapping[str, str]
    commands: Sequence[str] = ()
    unrepeatable: str = ""
    damaged: bool = False
    scene: Mapping[str, Any] | None = None
    picture: Picture | None = None


def render(report: Report) -> str:
    """The whole file."""
    made = {"Report made": f"{words.when(time.time())}, by version {code_version()}",
            "On": f"Python {platform.python_version()}, PyTorch {version('torch')}"}
    style, script = _text("report.css"), []
    if report.scene:
        style, script = style + files.style(), [files.code() + _text("report.js")]
    if picture := report.picture:
        style, script = style + picture.style, [*script, picture.script + BEGIN.format(picture.begin)]
    return TEMPLATES.get_template("report.html.j2").render(
        report=report, facts={**report.facts, **made}, policy=POLICY, citations=(PAPER, SOFTWARE),
        style=Markup(style), scripts=[Markup(one) for one in script])


def table(head: Iterable[Name | str], rows: Iterable[Row]) -> Markup:
    """A table of the records that the pages' tables are made of."""
    return Markup(draw("table", [one if isinstance(one, Name) else Name(one) for one in head], rows))


def texts(head: Iterable[str], rows: Iterable[Sequence[str]]) -> Markup:
    """A table of plain texts, aligned as one reads them."""
    drawn = table(head, [Row(Name(one[0]), tuple(Box(text, number=False) for text in one[1:])) for one in rows])
    return Markup('<div class="texts">{}</div>').format(drawn)


def listed(facts: Mapping[str, str]) -> Markup:
    """Names with their values."""
    return Markup(TEMPLATES.get_template("facts.html.j2").render(facts=facts))


def _text(name: str) -> str:
    return (HERE / "templates" / name).read_text(encoding="utf-8")
