"""Runs as text for people: what the command line prints without ``--json``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.evaluation.metrics import ACCURACIES, headlines, metrics_in
from engine.naming import asked
from engine.registry import corrective, live_attacks
from engine.runs.records import spec_of


def run_text(result: dict[str, Any]) -> str:
    """A described run: how it ended, its metrics beside the Original's, its cost, the command that repeats it."""
    lines = [f"run {result['run_id']}: {result['status']}" + (f" - {result['reason']}" if result["reason"] else "")]
    metrics = result["metrics"] or {}
    for name in _shown(result["spec"]) if metrics else ():
        before, after = metrics["original"].get(name), metrics.get(name)  # older than an attack
        values = ["-" if value is None else f"{value:.1f}" for value in (before, after)]
        lines.append(f"  {name:<18} {values[0]:>6} -> {values[1]:>6}{_beside(name, result)}")
    if result["seconds"] is not None:
        lines.append(f"  {result['steps']:,} steps, {result['samples']:,} samples, {result['seconds']:.2f} s "
                     f"on {result['device']}")
        lines.append("  " + "  ".join(asked(spec_of(result["spec"]))))
    said = [result["verdict"]["text"]] if result["verdict"] else []
    if result["outdated"]:
        said.insert(0, f"Made by an earlier version of its {' and '.join(result['outdated'])}: run it again.")
    return "\n".join(lines + [f"  {line}" for line in said + metrics.get("notes", [])])


def _shown(spec: Mapping[str, Any]) -> list[str]:
    """The metrics that are printed, by what is forgotten."""
    if corrective(spec["scenario"]):
        return [metric.name for metric in metrics_in(spec["scenario"])]
    counted = [*(metric.name for metric in ACCURACIES), *(attack.name for attack in live_attacks())]
    # For a forgotten class the gap to the test set has no meaning.
    return [name for name in counted if name != "accuracy_gap" or spec["forget_class"] is None]


def _beside(name: str, result: dict[str, Any]) -> str:
    """The clean-trained model's value, which decides where manipulated samples are corrected."""
    theirs = (result["metrics"].get("retrained") or {}).get(name)
    return f"   clean-trained {theirs:.1f}" if theirs is not None and corrective(result["spec"]["scenario"]) else ""


def run_line(item: dict[str, Any]) -> str:
    """A described run in one line."""
    first = headlines()[0].name
    attack = (item["metrics"] or {}).get(first)
    return "  ".join([item["run_id"], f"{item['status']:<11}", *asked(spec_of(item["spec"]))]
                     + ([] if attack is None else [f"{first}={attack:.1f}"])
                     + (["earlier version"] if item["outdated"] else [])
                     + [f"#{tag}" for tag in item["tags"] or ()]
                     + ([f"({item['note']})"] if item["note"] else []))
