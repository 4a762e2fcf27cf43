"""What relearning found about the runs that ship with it, a row a method, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.registry import get
from engine.runs.recorded_findings import FOLDER, shipped_finding
from engine.studies.relearn_numbers import Relearned
from engine.types import Spec

HEAD = ("Method", "At first, %", "After the last step, %", "Retrained then, %", "Mean above retrained, points",
        "A second retrained", "Steps to half", "Answer")


@dataclass(frozen=True)
class Row:
    """What relearning found about one run that ships, and the run's spec."""

    spec: Spec
    found: Relearned

    def cells(self) -> tuple[str, ...]:
        """The row's texts: the worst rate's curves on retain data alone."""
        worst = self.found.worst(0)
        title = get("method", self.spec.method).title
        if worst is None:
            return (title, *["-"] * 6, self.found.said())
        mine, theirs = (self.found.curve(who, worst.rate, 0) for who in ("unlearned", "retrained"))
        attainable = "-" if worst.attainable is None else f"{worst.attainable:+.1f}"
        return (title, f"{mine[0]:.1f}", f"{mine[-1]:.1f}", f"{theirs[-1]:.1f}", f"{worst.aurc:+.1f}", attainable,
                "-" if worst.half is None else str(worst.half), self.found.said())


def shipped_rows(seed: int, folder: Path = FOLDER) -> list[Row]:
    """The runs of a seed of which a finding ships, by the titles of their methods."""
    found = [row for row in _all(folder) if row.spec.seed == seed]
    return sorted(found, key=lambda row: row.cells()[0].casefold())


def _all(folder: Path) -> Iterator[Row]:
    for path in sorted(folder.glob("*.json.gz")):
        kept: Any = shipped_finding(path.name.removesuffix(".json.gz"), folder)
        if kept and kept["about"]:
            yield Row(Spec(**kept["about"]), Relearned.from_json({**kept["finding"], "run_id": ""}))


def to_markdown(rows: list[Row]) -> str:
    """A table with a row a run."""
    lines = [HEAD, ("---",) * len(HEAD), *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
