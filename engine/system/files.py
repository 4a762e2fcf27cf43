"""Whole files or none: what is written here appears under its name only when it is complete."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Lets ``write`` fill a temporary file beside ``path`` and renames it; a failure leaves nothing behind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        write(temporary)
        temporary.chmod(0o644)  # some writers create files that only their owner may read
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, content: Any) -> None:
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def short_hash(content: Any, digits: int = 12) -> str:
    """The first hex digits of the sha256 of a JSON-able value, the same whatever the order of its keys."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:digits]


def parquet_of(frame: Any) -> bytes:
    """A pandas DataFrame as the parquet file that :func:`write_whole` could write."""
    table = io.BytesIO()
    frame.to_parquet(table, index=False)
    return table.getvalue()


def frame_of(parquet: bytes) -> Any:
    """The DataFrame that :func:`parquet_of` was given."""
    import pandas as pd

    return pd.read_parquet(io.BytesIO(parquet))


def to_json(value: Any) -> str:
    """JSON text that is valid everywhere: infinite and undefined numbers become null."""
    return json.dumps(_clean(value), ensure_ascii=False)


def valid_json(text: str) -> str:
    """The text as it is where it is valid everywhere, else written once more by :func:`to_json`."""
    return to_json(json.loads(text)) if "NaN" in text or "Infinity" in text else text


def to_plain_json(value: Any) -> str:
    """The same in ASCII: signs that an encoding has no place for are written as escapes."""
    return json.dumps(_clean(value))


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _clean(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(item) for item in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value
