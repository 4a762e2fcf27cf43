"""What an Original's sidecar must say before anything reads it: its shape down to the last value."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine.errors import BadCheckpoint
from engine.system.shapes import (
    MOST,
    Unfit,
    listed,
    maybe,
    number,
    plain,
    record,
    scalar,
    shown,
    table,
    text,
    whole,
    wrong,
)

FORMAT = 1
LARGEST = 2**20  # bytes
PERCENT = number(0, 100, "a percentage")


def _format(value: Any) -> None:
    if value != FORMAT or type(value) is not int:
        raise Unfit(value, f"{FORMAT}, the only one that this version reads")


SHAPE = record({
    "format": _format, "dataset": text(200), "model": text(200), "seed": maybe(whole()), "options": table(scalar),
    "recipe": maybe(table(plain)), "code": table(text(200)), "imported": text(200), "file": text(4096),
    "sha256": text(64), "fingerprint": text(64),
    "metrics": record({"train_accuracy": PERCENT, "heldout_accuracy": PERCENT}, ("train_accuracy", "heldout_accuracy"),
                      maybe(number())),
    "seconds": number(0, MOST, "a number of seconds"), "samples": whole(), "steps": whole(),
    "changes": listed(text(2000)), "doubts": listed(text(2000))},
    ("dataset", "model", "seed", "recipe", "options", "sha256", "fingerprint", "metrics"), plain,
    "an object with dataset, model, seed, recipe, options, sha256, fingerprint and metrics")


def read(path: Path) -> dict[str, Any]:
    """A sidecar. Raises BadCheckpoint with the file, the place, the value and the mend."""
    try:
        if path.stat().st_size > LARGEST:
            raise _bad(path, f"it has over {LARGEST:,} bytes")
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise _bad(path, f"{type(error).__name__}: {error}") from error
    if unfit := wrong(SHAPE, found):
        raise _bad(path, f"{unfit.place or 'it'} is {shown(unfit.value)}, but must be {unfit.what}")
    return dict(found)


def _bad(path: Path, why: str) -> BadCheckpoint:
    return BadCheckpoint(f"The sidecar {path.name} in {path.parent} cannot be read ({why}). Delete it and its "
                         ".safetensors.")
