"""The attacker's seat as a component: humps, line, ROC and numbers, all moved in the browser (seat.js)."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).parent
HELD = ("seat_marks.js", "seat_hand.js")  # humps and the hand on the line, which a lesson uses as well
SCRIPTS = (*HELD, "seat_roc.js", "seat.js")  # in this order they are one module


def seat(data: dict[str, Any], key: str) -> None:
    """Show the seat of ``data`` (:func:`ui.inspect.payload.seat`) under ``key``."""
    _component()(key=key, data=data)


@functools.cache
def _component() -> Any:
    """Registered once a process; Streamlit registers it again by itself on a new runtime."""
    return st.components.v2.component("attackers_seat", js=code(), css=style(), html='<div class="seat"></div>',
                                      isolate_styles=False)


def code(names: Sequence[str] = SCRIPTS) -> str:
    """One module; with all of its parts its default export is named ``attackersSeat``."""
    return "\n".join(_read(name) for name in names)


def style() -> str:
    return _read("seat.css")


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
