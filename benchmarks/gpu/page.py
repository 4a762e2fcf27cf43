"""What the kit found, as Markdown: ``python -m benchmarks.gpu.page FOLDER`` reads each ``*.jsonl`` there."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.studies.paper import paper_value

METRICS = ("retain_accuracy", "test_accuracy", "accuracy_gap", "mia_loss_gap", "mia_entropy_gap")
NOTHING = "No card has run the kit yet."


def page(folder: Path) -> str:
    """All calls, newest last."""
    files = sorted(folder.glob("*.jsonl"))
    return "\n\n".join(filter(None, (call(file) for file in files))) or NOTHING


def call(file: Path) -> str:
    """One file: where it ran, what became of each step, and the findings step by step."""
    records = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    where = next((one["device"] for one in records if one["step"] == "card" and "device" in one), "no card")
    machine = next(one for one in records if one["step"] == "machine")
    parts = [f"### {where}", f"{machine['time'][:10]}, torch {machine['torch']}, Python {machine['python']}, "
             f"{machine['cores']} cores, version {machine['code']}."]
    ends = [one for one in records if one.get("outcome") not in (None, "skipped") and one["step"] != "plan"]
    parts.append(table([{name: one.get(name) for name in ("step", "outcome", "seconds")} for one in ends]))
    for step in dict.fromkeys(one["step"] for one in ends):
        found = [{name: value for name, value in one.items() if name != "step"} for one in records
                 if one["step"] == step and "outcome" not in one]
        parts += [f"**{step}**", *findings(step, found)] if found and not step.startswith(("card", "keep")) else []
    return "\n\n".join(parts)


def findings(step: str, found: list[dict[str, Any]]) -> list[str]:
    """Tables of a step's records, those with the same keys in one."""
    if step == "tables":
        return [table(averages(found))]
    found = [one for one in found if "alpha" not in one]  # the grid's cells travel as runs
    kinds = dict.fromkeys(tuple(one) for one in found)
    return [table([one for one in found if tuple(one) == kind]) for kind in kinds]


def averages(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Means over the seeds of each method and size, with the paper's in brackets."""
    rows = []
    for key in dict.fromkeys((one["scenario"], one["forget"], one.get("method")) for one in found):
        mine = [one for one in found if (one["scenario"], one["forget"], one.get("method")) == key
                and one["status"] == "finished"]
        row: dict[str, Any] = dict(zip(("scenario", "forget", "method"), key)) | {"seeds": len(mine)}
        for metric in METRICS:
            values = [one[metric] for one in mine if one.get(metric) is not None]
            paper = paper_value("cifar10", key[0], key[1], key[2] or "", metric)
            mean = f"{statistics.mean(values):.1f}" if values else "none"
            row[metric] = f"{mean} ({paper[0]:.1f})" if paper else mean
        rows.append(row | {"seconds": statistics.mean(one["seconds"] for one in mine) if mine else None})
    return rows


def table(rows: Sequence[dict[str, Any]]) -> str:
    columns = list(rows[0]) if rows else []
    lines = [" | ".join(columns).replace("_", " "), " | ".join("---" for _ in columns)]
    lines += [" | ".join(shown(row.get(name)) for name in columns) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def shown(value: Any) -> str:
    """A value in a cell: three digits, yes and no, a list with commas."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, dict):
        return ", ".join(f"{name} {shown(one)}" for name, one in value.items())
    return ", ".join(map(shown, value)) if isinstance(value, list) else str(value)


if __name__ == "__main__":
    print(page(Path(sys.argv[1])))
