"""The stage's script and style as texts, for a page of the app and for a file that is opened without it."""

from __future__ import annotations

import functools
from pathlib import Path

from ui.common import glossary

HERE = Path(__file__).parent
SCRIPTS = ("points.js", "draw.js", "tiles.js", "picture.js", "stage.js")  # one after the other they are one module


@functools.cache
def code() -> str:
    """One module; its default export is named ``stage``."""
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS)


@functools.cache
def style() -> str:
    return (HERE / "stage.css").read_text(encoding="utf-8") + glossary.style()
