"""Which column holds the pictures or texts, and which the labels: as named, else guessed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from engine.errors import BadSource
from engine.own.layouts import PICTURES
from engine.own.tables import Rows
from engine.system.words import unknown

Kind = Literal["image", "text"]
LABELS = ("label", "labels", "fine_label", "class", "target", "category", "y", "folder", "class_name", "sentiment",
          "emotion", "topic")
IMAGES = ("img", "image", "picture", "pixel_values", "pixels",
          "photo", "file_name", "filename", "file", "path", "image_path")
TEXTS = ("text", "sentence", "comment", "content", "review", "tweet", "document", "message", "body", "title")
MOST_CLASSES, LOOKED_AT = 100, 1_000  # a column of labels is guessed with at most so many values in the first rows


@dataclass(frozen=True)
class Columns:
    """The kind of data, the column of samples and that of labels; ``guessed`` says which of them nobody named."""

    kind: Kind
    sample: str
    label: str
    guessed: tuple[str, ...] = ()


def chosen(rows: Rows, image: str | None, text: str | None, label: str | None) -> Columns:
    """The columns of a training split. Raises BadSource where one does not exist or cannot be guessed."""
    for flag, column in (("--image", image), ("--text", text), ("--label", label)):
        if column is not None and column not in rows.columns:
            raise BadSource(f"{flag}: {unknown(f'column in {rows.files[0]}', column, rows.columns)}")
    if image and text:
        raise BadSource("--image and --text were both given: samples are pictures or texts.")
    kind: Kind = "text" if text else "image"
    sample = text or image or _guessed_image(rows, label)
    if sample is None:
        kind, sample = "text", _guessed_text(rows, label)
    found = label or _guessed_label(rows, sample)
    if found == sample:
        raise BadSource(f"The column {sample!r} cannot be both sample and label: name another one with --label.")
    return Columns(kind, sample, found, tuple(name for name, given in ((sample, text or image), (found, label))
                                              if given is None))


def _guessed_image(rows: Rows, label: str | None) -> str | None:
    others = [column for column in rows.columns if column != label]
    if pictures := [column for column in rows.pictures if column in others]:
        return pictures[0]
    likely = sorted(others, key=lambda column: _place(column, IMAGES))
    return next((column for column in likely if _holds_pictures(rows, column)), None)


def _holds_pictures(rows: Rows, column: str) -> bool:
    """Whether a column holds encoded pictures, arrays of numbers or names of picture files."""
    value = _first(rows, column)
    if isinstance(value, dict):
        return bool({"bytes", "path"} & set(value))
    if isinstance(value, (bytes, bytearray)):
        return True
    if hasattr(value, "__len__") and not isinstance(value, str):
        return len(value) > 15 or (len(value) > 0 and isinstance(value[0], list))
    return isinstance(value, str) and Path(value).suffix.lower() in PICTURES


def _guessed_text(rows: Rows, label: str | None) -> str:
    texts = [column for column in rows.columns if column != label and isinstance(_first(rows, column), str)]
    known = [column for column in sorted(texts, key=lambda column: _place(column, TEXTS)) if column.lower() in TEXTS]
    if known:
        return known[0]
    varied = [column for column in texts if len(set(rows.values(column, 0, LOOKED_AT))) > 1
              and column.lower() not in LABELS]
    if len(varied) == 1:
        return varied[0]
    raise BadSource(f"No column of {rows.files[0]} is surely one of pictures or texts (columns: "
                    f"{_listed(rows.columns)}): name it with --image COLUMN or --text COLUMN.")


def _guessed_label(rows: Rows, sample: str) -> str:
    others = [column for column in rows.columns if column != sample]
    if classes := [column for column in rows.names if column in others]:
        return classes[0]
    if known := [column for column in sorted(others, key=lambda one: _place(one, LABELS)) if column.lower() in LABELS]:
        return known[0]
    likely = likely_labels(rows, (sample,))
    if len(likely) == 1:
        return likely[0]
    said = f"could be {' or '.join(likely)}" if likely else "is none of them for sure"
    raise BadSource(f"The column of labels of {rows.files[0]} {said} (columns: {_listed(rows.columns)}): name it with "
                    "--label COLUMN.")


def likely_labels(rows: Rows, but: Sequence[str]) -> list[str]:
    """The columns that look like labels, those of ``but`` left out."""
    return [column for column in rows.columns if column not in but and _looks_like_labels(rows, column)]


def _looks_like_labels(rows: Rows, column: str) -> bool:
    values = [value for value in rows.values(column, 0, LOOKED_AT) if value is not None]
    if not values or not all(isinstance(value, (str, int)) for value in values):
        return False
    return 1 < len(set(values)) <= min(MOST_CLASSES, max(2, len(values) // 2))


def _first(rows: Rows, column: str) -> Any:
    """The first value of a column that is there."""
    return next((value for value in rows.values(column, 0, 50) if value is not None), None)


def _place(column: str, known: tuple[str, ...]) -> int:
    return known.index(column.lower()) if column.lower() in known else len(known)


def _listed(columns: Iterable[str]) -> str:
    names = list(columns)
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
