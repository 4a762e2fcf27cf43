"""Which buttons work for the person who looks: in a lab that only shows none that write, and none on others' runs.

The engine refuses all of it as well; a button that would be refused is grey and says why.
"""

from __future__ import annotations

from typing import Any

from engine.runs import people
from engine.system.read_only import read_only
from ui.common.words import plain

SHOWS_ONLY = "This lab only shows results."


def starts(disabled: bool = False, help: str | None = None) -> dict[str, Any]:
    """``disabled`` and ``help`` of a button that starts or adds something, for Streamlit."""
    return {"disabled": disabled or read_only(), "help": SHOWS_ONLY if read_only() else help}


def changes(owner: str | None, disabled: bool = False, help: str | None = None) -> dict[str, Any]:
    """The same of a button that stops, changes or deletes what somebody started."""
    if read_only() or people.may(owner):
        return starts(disabled, help)
    whose = f"{plain(owner)} started this" if owner else "This was started without a login"
    return {"disabled": True, "help": f"{whose}: only its owner and teachers can change it."}


def mine(owner: str | None) -> bool:
    """Whether the one who looks may stop, change or delete what somebody started."""
    return not read_only() and people.may(owner)
