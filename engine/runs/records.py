"""Runs as values: what is stored of a run, and how scripts read it."""

from __future__ import annotations

from typing import Any

from engine.evaluation.verdict import remarks, verdict_of
from engine.runs.store import Run


def described(run: Run) -> dict[str, Any]:
    """A run as scripts read it; its verdict is that of the present rules, whatever it was stored with."""
    kept = ("status", "spec", "effective", "metrics", "seconds", "steps", "samples", "device", "reason", "notice",
            "identity", "code_version", "created", "started", "ended", "tags")
    found = verdict_of(run)
    return {"run_id": run["id"], "recorded": bool(run.get("recorded")), **{name: run[name] for name in kept},
            "metrics": run["metrics"] and _numbers(run["metrics"]),
            "verdict": found and {"kind": found.kind, "text": found.text}}


def _numbers(metrics: dict[str, Any]) -> dict[str, Any]:
    """Stored metrics without what older versions concluded from them."""
    kept = {name: value for name, value in metrics.items() if name not in ("verdict", "over_forgotten")}
    return kept | {"notes": remarks(metrics)}
