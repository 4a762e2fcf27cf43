"""Which columns hold the samples, and which the labels: as named, else guessed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.errors import BadSource
from engine.kind import listed
from engine.own.guessing import LABELS, LOOKED_AT, place
from engine.own.kind import OwnKind, own_kinds
from engine.own.tables import Rows
from engine.system.words import unknown

MOST_CLASSES = 100  # a column of labels is guessed with at most so many values in the first rows


@dataclass(frozen=True)
class Columns:
    """The kind of data, the columns of samples and that of labels; ``guessed`` says which of them nobody named."""

    kind: OwnKind
    samples: tuple[str, ...]
    label: str
    guessed: tuple[str, ...] = ()

    @property
    def sample(self) -> str:
        """The columns of samples as a person names them."""
        return ",".join(self.samples)


def chosen(rows: Rows, named: Mapping[str, str], label: str | None) -> Columns:
    """The columns of a training split; ``named`` are those of samples by kind, as a person named them.

    Raises BadSource where one does not exist or cannot be guessed.
    """
    kind, samples = _named(named) or _guessed(rows, label)
    for flag, column in (*((f"--{kind.name}", one) for one in samples), *((("--label", label),) if label else ())):
        if column not in rows.columns:
            raise BadSource(f"{flag}: {unknown(f'column in {rows.files[0]}', column, rows.columns)}")
    found = label or _guessed_label(rows, samples)
    if found in samples:
        raise BadSource(f"The column {found!r} cannot be both sample and label: name another one with --label.")
    guesses = ((",".join(samples), bool(named)), (found, label is not None))
    return Columns(kind, samples, found, tuple(column for column, given in guesses if not given))


def _named(named: Mapping[str, str]) -> tuple[OwnKind, tuple[str, ...]] | None:
    """The kind of which a person named columns. Raises BadSource where there are two."""
    mine = [kind for kind in own_kinds() if kind.name in named]
    if len(mine) > 1:
        raise BadSource(f"{' and '.join(f'--{kind.name}' for kind in mine)} were both given: samples are "
                        f"{listed(f'{kind.noun}s' for kind in mine)}.")
    return (mine[0], mine[0].named(named[mine[0].name])) if mine else None


def _guessed(rows: Rows, label: str | None) -> tuple[OwnKind, tuple[str, ...]]:
    """The first kind that is sure of columns, else the first that finds likely ones."""
    for ask in ("sure", "likely"):
        for kind in own_kinds():
            if found := getattr(kind, ask)(rows, label):
                return kind, found
    raise BadSource(f"No column of {rows.files[0]} is surely one of {listed(f'{kind.noun}s' for kind in own_kinds())} "
                    f"(columns: {_listed(rows.columns)}): name it with "
                    f"{listed(kind.option for kind in own_kinds())}.")


def _guessed_label(rows: Rows, samples: tuple[str, ...]) -> str:
    others = [column for column in rows.columns if column not in samples]
    if classes := [column for column in rows.names if column in others]:
        return classes[0]
    if known := [column for column in sorted(others, key=lambda one: place(one, LABELS)) if column.lower() in LABELS]:
        return known[0]
    likely = [column for column in others if _looks_like_labels(rows, column)]
    if len(likely) == 1:
        return likely[0]
    said = f"could be {' or '.join(likely)}" if likely else "is none of them for sure"
    raise BadSource(f"The column of labels of {rows.files[0]} {said} (columns: {_listed(rows.columns)}): name it with "
                    "--label COLUMN.")


def _looks_like_labels(rows: Rows, column: str) -> bool:
    values = [value for value in rows.values(column, 0, LOOKED_AT) if value is not None]
    if not values or not all(isinstance(value, (str, int)) for value in values):
        return False
    return 1 < len(set(values)) <= min(MOST_CLASSES, max(2, len(values) // 2))


def _listed(columns: Iterable[str]) -> str:
    names = list(columns)
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
