"""Which code made a stored run, and whether it would be made the same way today."""

from __future__ import annotations

from engine.runs.records import Run, outdated


def remark(run: Run) -> str | None:
    """What a page says where a run would come out differently today; None where it would not."""
    titles = {"dataset": "data set"}
    if not (kinds := outdated(run)):
        return None
    changed = " and ".join(f"this {titles.get(kind, kind)}" for kind in kinds)
    return f"Made by an earlier version of {changed}: its code has changed since. Run it again for today's numbers."
