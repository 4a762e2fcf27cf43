"""Humps as short texts: what goes over the line while a run lasts is mostly these.

A density of 80 numbers is its highest value and two signs for each number, in 4,095ths of it: finer than a pixel.
``unpacked`` in points.js reads it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
STEPS = len(SIGNS) ** 2 - 1
HUMPS = ("forget", "test")


def packed(point: Mapping[str, Any]) -> dict[str, Any]:
    """A point of a scene, or its retrained model, with its two humps as texts; where there are none it is as it was."""
    return {**point, **{name: _text(point[name]) for name in HUMPS if point.get(name)}}


def _text(density: Sequence[float]) -> str:
    top = max(density)
    levels = [round(STEPS * value / top) if top > 0 else 0 for value in density]
    return f"{top:.4f} " + "".join(SIGNS[level // len(SIGNS)] + SIGNS[level % len(SIGNS)] for level in levels)
