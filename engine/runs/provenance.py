"""Which code made a stored run, and whether it would be made the same way today."""

from __future__ import annotations

from typing import Any

from engine import registry
from engine.spec import MADE_BY


def outdated(run: dict[str, Any]) -> list[str]:
    """The kinds of component whose code has changed since a stored run: ``["method"]``; empty where none has.

    Components that are not known here any more are left out: nothing can be said of them.
    """
    spec, made_by = run["spec"], run.get("code") or {}
    return [kind for kind in MADE_BY if registry.find(kind, spec.get(kind)) is not None
            and registry.code(kind, spec[kind]) != made_by.get(kind, "")]
