"""Read-only mode, for a public show: recorded and existing runs can be looked at, and nothing is started or changed.

``UNLEARN_READ_ONLY=1`` turns it on for a process. One gate, :func:`refuse`: the store asks it before every statement
that writes, :mod:`engine.system.files` before every file in the home folder, and whatever computes before it begins.
"""

from __future__ import annotations

import os

from engine.errors import ReadOnly

NAME = "UNLEARN_READ_ONLY"
OFF = ("", "0", "no", "off", "false")


def read_only() -> bool:
    """Whether this process only shows; any value but 0, no, off, false and an empty one turns it on."""
    return os.environ.get(NAME, "").strip().lower() not in OFF


def refuse() -> None:
    """Raises ReadOnly where this process only shows."""
    if read_only():
        raise ReadOnly(f"This lab only shows results ({NAME} is set): nothing can be started, changed or deleted here. "
                       "Install your own copy to compute.")
