"""Reads the project's Markdown: tables, code, links, commands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))


def table(text: str, first: str) -> list[list[str]]:
    """The rows of the first table whose first heading is ``first``."""
    block = text.split(f"| {first} |", 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split(" | ")]
            for line in block.splitlines()[2:]]


def python_blocks(text: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def first_python_block(text: str, heading: str) -> str:
    """The first Python block behind a heading of the second level."""
    return python_blocks(text.split(f"## {heading}\n", 1)[1])[0]


def links(text: str) -> list[str]:
    """The targets of links and pictures that are not on the internet."""
    return re.findall(r"\]\((?!http)([^)]+)\)", text)


def command_lines(text: str) -> list[list[str]]:
    """The arguments of every ``python -m engine ...`` that is written out, in code blocks and in lines of text."""
    lines = re.findall(r"^(?:    )?(?:UNLEARN_\w+=\S+ )?python -m engine (.+)$", text, re.MULTILINE)
    spans = [line.partition("  #")[0] for line in lines]
    spans += re.findall(r"`python\s-m\sengine\s([^`]+)`", text)
    spans += re.findall(r"<!-- generated: python -m engine (.+) -->", text)
    return [words for span in spans if (words := shlex.split(span)) and len(words) > 1 and "COMMAND" not in words]


def anchor(heading: str) -> str:
    """A heading as Python-Markdown makes an anchor of it."""
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower())
