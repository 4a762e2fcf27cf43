"""Held-out samples that were drawn here because a source has no test split: whoever trains elsewhere must know them."""

from __future__ import annotations

from collections.abc import Iterator

from engine.own import folder
from engine.own import look as looking
from engine.own.look import Look

COLUMNS = ("set", "file", "row", "class")


def drawn(dataset: str) -> int:
    """How many held-out samples of a person's own data set were drawn here; 0 where they came apart, or for others."""
    declared = folder.own().declared.get(dataset)
    if declared is None:
        return 0
    known = declared.heldout_drawn  # files of earlier versions do not say
    return sum(declared.counts.test) if (looked(dataset).drawn if known is None else known) else 0


def looked(dataset: str) -> Look:
    """The data as they are now. Raises BadSource where there is no such data set of one's own, or it cannot be read."""
    folder.text_of(dataset)
    declared = folder.own().declared[dataset]
    return looking.look(declared.source, declared.read)


def samples(dataset: str) -> Iterator[tuple[str, ...]]:
    """Every sample by :data:`COLUMNS`: its set, the file it lies in, its row there (empty for a file of its own), its
    class."""
    found = looked(dataset)
    for split, part in found.parts.items():
        for place, label in zip(part.places, part.labels, strict=True):
            file, comma, row = place.rpartition(", row ")
            yield (split, file if comma else place, row.replace(",", "") if comma else "", found.classes[int(label)])
