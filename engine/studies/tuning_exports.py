"""A search as text, CSV and JSON: every trial, and what the chosen settings come to on other seeds."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

from engine.registry import get
from engine.studies.tuning_record import Interval, Measured, Record, Row, Trial, Tuned
from engine.studies.tuning_sampler import TITLES
from engine.system.files import to_json as json_text
from engine.system.words import numbered, plural

FIXED = ("method", "part", "trial", "by", "seed", "score", "run_id", "samples", "seconds", "failed", "parameters")
HEAD = ("Method", "Own setting", "Tuned", "Gain", "Trial", "Tuned values (own)")


def to_json(record: Record) -> str:
    """The whole record: question, spaces, every trial with its runs, reports, curves."""
    return json_text(record.to_json())


def to_csv(record: Record) -> str:
    """A row a run: ``part`` is search (scored on validation data), published or tuned (on test data, report seeds)."""
    rows = [row for one in record.methods for row in _runs(one)]
    gaps = tuple(dict.fromkeys(name for row in rows for name in row if name not in FIXED))
    text = io.StringIO()
    writer = csv.DictWriter(text, (*FIXED, *gaps), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _runs(one: Tuned) -> Iterator[dict[str, Any]]:
    for trial in one.trials:
        for run in trial.runs:
            yield _run(one, "search", trial, run)
    for part, runs, at in (("published", one.published, 0), ("tuned", one.tuned, one.best.number if one.best else 0)):
        for run in runs:
            yield _run(one, part, one.trials[at], run)


def _run(one: Tuned, part: str, trial: Trial, run: Measured) -> dict[str, Any]:
    return {"method": one.method, "part": part, "trial": trial.number, "by": trial.by, "seed": run.seed,
            "score": run.score, "run_id": run.run_id, "samples": run.samples, "seconds": run.seconds,
            "failed": run.failed, "parameters": json.dumps(one.values(trial), ensure_ascii=False),
            **{f"{name} gap": value for name, value in run.gaps.items()}}


def to_text(record: Record) -> str:
    """A row a method: both settings on the report seeds, the gain, what was chosen; then what was compared."""
    rows = [HEAD, *(cells(row) for row in record.rows())]
    widths = [max(len(row[at]) for row in rows) for at in range(len(HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, "", *about(record)])


def cells(row: Row) -> tuple[str, ...]:
    """A row's texts, in the order of ``HEAD``."""
    chosen = "-" if row.chosen is None else "own" if row.chosen == 0 else str(row.chosen)
    return (get("method", row.method).title, spread_text(row.published), spread_text(row.tuned),
            spread_text(row.gain, sign=True), chosen, values_text(row.values, row.own) if row.chosen else "")


def spread_text(found: Interval | None, sign: bool = False) -> str:
    """``3.1 ± 0.8``; a dash where there is nothing."""
    if found is None:
        return "-"
    half = "" if found.half is None else f" ± {found.half:.1f}"
    return f"{found.mean:+.1f}{half}" if sign else f"{found.mean:.1f}{half}"


def values_text(values: Mapping[str, Any], own: Mapping[str, Any]) -> str:
    """``learning_rate 0.004 (0.002)``, one after the other; those that stayed are left out."""
    return ", ".join(f"{name} {value:.3g} ({own[name]:.3g})" for name, value in values.items() if value != own[name])


def about(record: Record) -> list[str]:
    """What the numbers are, in sentences."""
    asked = record.tuning
    trials, failures = asked.trials, sum(one.failures for one in record.methods)
    said = [f"Average gap to retraining in points, lower is better; ± half a 95% interval over "
            f"{len(asked.report_seeds)} {plural(len(asked.report_seeds), 'seed')}; a gain counts from above 0.",
            f"Each method had {trials} {plural(trials, 'trial')}, its own setting first, on "
            f"{numbered('seed', asked.seeds)} by validation data and {_attack(asked.attack)}; proposed by: "
            f"{TITLES[asked.sampler]}.",
            f"Reported on {numbered('seed', asked.report_seeds)} by test data and {_attack(asked.report_attack)}."]
    short = [get("method", one.method).title for one in record.methods if one.exhausted]
    if short:
        said.append(f"Fewer trials, because no other setting is within the budget: {', '.join(short)}.")
    if failures:
        said.append(f"{failures} {plural(failures, 'run')} of the search failed and had the worst score.")
    if not record.complete:
        said.append("Not complete: run the same command again to continue.")
    return said


def _attack(name: str) -> str:
    return f"the {get('attack', name).short or get('attack', name).title}"
