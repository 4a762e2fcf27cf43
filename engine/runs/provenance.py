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


def remark(run: Run) -> str | None:
    """What a page says where a run would come out differently today; None where it would not."""
    titles = {"dataset": "data set"}
    if not (kinds := outdated(run)):
        return None
    changed = " and ".join(f"this {titles.get(kind, kind)}" for kind in kinds)
    return f"Made by an earlier version of {changed}: its code has changed since. Run it again for today's numbers."
