"""An engine for machine unlearning: data sets, Originals, methods, attacks, runs.

``engine.load`` begins a notebook (see :mod:`engine.api`); ``python -m engine`` is the command line.
Importing the package imports no torch; asking for one of the names below does.
"""

from __future__ import annotations

from typing import Any

from engine.system.version import __version__

__all__ = ["Lab", "Parts", "Result", "__version__", "load"]


def __getattr__(name: str) -> Any:
    if name in ("Lab", "Parts", "Result", "load"):
        from engine import api

        return getattr(api, name)
    raise AttributeError(f"module 'engine' has no attribute {name!r}")
