"""Which code made a stored run, and whether it would be made the same way today."""

from __future__ import annotations

from engine import registry
from engine.runs.records import Run
from engine.spec import MADE_BY


def outdated(run: Run) -> list[str]:
    """The kinds of component whose code has changed since a stored run: ``["method"]``; empty where none has.

    Components that are not known here any more are left out: nothing can be said of them.
    """
    spec, made_by = run.spec, run.code or {}
    return [kind for kind in MADE_BY if registry.find(kind, getattr(spec, kind)) is not None
            and registry.code(kind, getattr(spec, kind)) != made_by.get(kind, "")]
