"""Classes in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from engine.types import Spec


def named(spec: Spec, classes: Sequence[str]) -> str:
    """``3 (cat)``, ``3, 5 (cat, dog)``: the forgotten classes of a resolved spec by number and name."""
    numbers = spec.class_numbers
    return f"{', '.join(map(str, numbers))} ({', '.join(classes[number] for number in numbers)})"
