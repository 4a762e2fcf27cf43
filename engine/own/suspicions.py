"""What can be read, but is hardly what a person meant: a wrong column, a folder too far up, known test samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from engine.own.duplicates import Twins
from engine.own.opened import LABEL
from engine.own.part import Part
from engine.own.tables import Rows
from engine.system.words import either

NEARLY_ALL = 0.9  # of the held-out samples, from which on they are no strangers
PER_CLASS = 2  # samples, under which most labels are each sample's own
SHOWN = 3  # folders that are named


def suspicions(rows: Rows, parts: Mapping[str, Part], twins: Twins | None, label: str,
               likely: list[str]) -> Iterator[str]:
    """A sentence on each, with the mend; ``likely`` are other columns that look like labels.

    ``twins`` is None where a person has them left out.
    """
    nested = _too_far_up(rows)
    if nested:
        yield nested
    elif (own := _labels_of_their_own(parts, label, likely, rows.one_a_file)) is not None:
        yield own
    elif twins and (known := _known_already(parts, twins)) is not None:
        yield known


def one_class(rows: Rows, name: str) -> str:
    """All training samples are of one class: what to name instead, a folder or a column."""
    if rows.one_a_file:
        return (f"All training samples are of one class ({name}), and a classifier needs at least two: give the folder "
                "that holds a folder for each class.")
    return (f"All training samples are of one class ({name}), and a classifier needs at least two. Is --label the "
            "right column?")


def _labels_of_their_own(parts: Mapping[str, Part], label: str, likely: list[str], folders: bool) -> str | None:
    """Where there are nearly as many classes as samples."""
    samples = sum(map(len, parts.values()))
    classes = len({int(one) for part in parts.values() for one in part.labels})
    if classes * PER_CLASS <= samples or classes < 2 * PER_CLASS:
        return None
    if folders or (label == LABEL and not likely):
        return (f"There are {classes:,} folders for {samples:,} pictures: give a folder that holds a folder for each "
                "class, with the pictures of that class in it.")
    other = f"; {either([repr(one) for one in likely[:SHOWN]])} looks more like it" if likely else ""
    return (f"The column {label!r} holds {classes:,} different values for {samples:,} samples: is it the column of "
            f"labels{other}? Name the column of labels with --label.")


def _known_already(parts: Mapping[str, Part], twins: Twins) -> str | None:
    """Where nearly every held-out sample is in the training set too."""
    held, known = sum(len(part) for split, part in parts.items() if split != "train"), twins.count
    if not held or known < NEARLY_ALL * held:
        return None
    return (f"{known:,} of the {held:,} held-out samples are in the training set too ({twins.first}), so nothing "
            "unseen is left to compare with. Are the columns the right ones (--label, --text or --image), and is "
            "--test another set than the training set?")


def _too_far_up(rows: Rows) -> str | None:
    """Where a folder that was taken for a class is a set of classes itself."""
    if not rows.one_a_file or rows.folder is None:
        return None
    inside: dict[str, set[tuple[str, ...]]] = {}
    for name in rows.files:
        first, *below = Path(name).parts[:-1]
        inside.setdefault(first, set()).add(tuple(below))
    nested = {name: {below[0] for below in places} for name, places in inside.items() if () not in places}
    sets = [name for name, classes in nested.items() if len(classes) > 1]
    if not sets and len(nested) < len(inside):
        return None
    found = either([str(rows.folder / name) for name in (sets or sorted(nested))[:SHOWN]])
    hold = "holds" if len(nested) == 1 else "hold"
    return (f"{len(nested):,} of the {len(inside):,} folders in {rows.folder} {hold} no pictures, only folders of "
            f"pictures ({_classes_in(nested)}): name the folder that holds the classes, such as "
            f"{found}. If these folders are the classes, move their pictures up into them.")


def _classes_in(nested: Mapping[str, set[str]]) -> str:
    """``shapes: circles, squares``, of the first folder with the most."""
    name = max(sorted(nested), key=lambda one: len(nested[one]))
    more = ", ..." if len(nested[name]) > SHOWN else ""
    return f"{name}: {', '.join(sorted(nested[name])[:SHOWN])}{more}"
