"""Further columns of a person's table, by which samples may be chosen: the breed of an animal, the site of a scan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.errors import BadSource
from engine.own.part import Part
from engine.own.tables import Rows
from engine.system.words import unknown


def check(splits: Mapping[str, Rows], names: Sequence[str], taken: Sequence[str]) -> None:
    """Raises BadSource where a split lacks one of these columns, or one is the sample or the label already."""
    for name in names:
        if name in taken:
            raise BadSource(f"--attribute is {name!r}, which is the column of samples or labels already: name another "
                            "column.")
        if names.count(name) > 1:
            raise BadSource(f"--attribute {name} is given twice: give it once.")
        for rows in splits.values():
            if name not in rows.columns:
                others = [column for column in rows.columns if column not in taken]
                raise BadSource(f"--attribute: {unknown(f'column in {rows.files[0]}', name, others)}" if others else
                                f"--attribute is {name!r}, but {rows.files[0]} has no column beside samples and "
                                "labels: leave it out.")


def of_parts(splits: Mapping[str, Rows], parts: Mapping[str, Part],
             names: Sequence[str]) -> dict[str, dict[str, tuple[str, ...]]]:
    """The values of these columns for the samples of every part, as texts, by their places."""
    values = {name: {split: _by_place(rows, name) for split, rows in splits.items()} for name in names}
    return {split: {name: _of_part(part, split, values[name]) for name in names} for split, part in parts.items()}


def _by_place(rows: Rows, name: str) -> dict[str, str]:
    return {rows.where(row): _text(value) for row, value in enumerate(rows.values(name))}


def _of_part(part: Part, split: str, values: Mapping[str, Mapping[str, str]]) -> tuple[str, ...]:
    """A part's values; a test set without a split of its own was taken from another one."""
    for source in dict.fromkeys([split, "validation", *values]):
        if all(place in values.get(source, {}) for place in part.places):
            return tuple(values[source][place] for place in part.places)
    raise KeyError(split)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
