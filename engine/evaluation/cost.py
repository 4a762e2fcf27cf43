"""What forgetting cost: accuracy lost on what was to be kept. A verdict about forgetting alone would hide it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

COSTLY = 5.0  # points of accuracy under both the Original and the retrained model, from which on it is said
KEPT = {"retain_accuracy": "retain accuracy", "test_accuracy": "test accuracy"}


def cost(metrics: Mapping[str, Any]) -> str:
    """In a sentence; empty where it is little, or as much as the retrained model lacks too.

    >>> cost({"retain_accuracy": 72.6, "original": {"retain_accuracy": 100.0}, "retrained": {"retain_accuracy": 99.0}})
    'Forgetting cost accuracy: retain accuracy fell from 100.0 to 72.6% (the retrained model: 99.0%).'
    >>> cost({"retain_accuracy": 72.6, "original": {"retain_accuracy": 100.0}, "retrained": {"retain_accuracy": 74.0}})
    ''
    """
    before, truth = metrics.get("original") or {}, metrics.get("retrained") or {}
    lost = [_lost(words, metrics.get(name), before.get(name), truth.get(name)) for name, words in KEPT.items()]
    return f"Forgetting cost accuracy: {', and '.join(filter(None, lost))}." if any(lost) else ""


def _lost(words: str, now: float | None, before: float | None, truth: float | None) -> str:
    if now is None or before is None or min(before, before if truth is None else truth) - now < COSTLY:
        return ""
    known = "" if truth is None else f" (the retrained model: {truth:.1f}%)"
    return f"{words} fell from {before:.1f} to {now:.1f}%{known}"
