"""What to try after a run that damaged its model: the method's own settings that decide how hard it works."""

from __future__ import annotations

from engine.evaluation.verdict import verdict_of
from engine.registry import find
from engine.runs.records import Run
from engine.system.words import either
from engine.types import declared


def remedy(run: Run) -> str:
    """``Next, try a smaller learning_rate.``; empty where the model is sound or has no such setting."""
    found, method = verdict_of(run), find("method", run.spec.method)
    if found is None or found.kind != "damaged" or method is None:
        return ""
    tried = [f"a smaller {h.name}" for h in declared(method.parameters) if h.name.endswith("learning_rate")]
    if method.knob and f"a smaller {method.knob.name}" not in tried:
        tried.append(f"another {method.knob.name}")
    return f"Next, try {either(tried)}." if tried else ""
