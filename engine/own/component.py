"""A declaration as a data set of the registry: its record, and how it is loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from engine.errors import BadData, BadSource, DataMissing
from engine.own import look as looking
from engine.own.declaration import Declaration
from engine.own.kind import OwnKind, own_kind_of
from engine.own.layouts import stamp
from engine.own.look import Look
from engine.own.part import Part
from engine.own.samples import HUB_ID
from engine.own.sizes import SMALL
from engine.system.paths import expanded
from engine.types import Dataset

AVAILABLE = "own"
Report = Callable[[str, float | None], None]


def component(name: str, declared: Declaration) -> Dataset:
    """The record that every page, command and study takes for a data set like any other."""
    counts = declared.counts
    heldout = tuple(map(sum, zip(counts.test, counts.validation, strict=True))) if counts.validation else counts.test
    test = counts.test if counts.validation else tuple(count - count // 2 for count in heldout)
    kind = own_kind_of(declared)

    def load(options: dict[str, Any], on_progress: Report | None = None) -> Any:
        return loaded(name, declared, on_progress or (lambda text, fraction: None))

    return Dataset(
        name=name, title=declared.title, kind=kind.name, classes=declared.classes, train_size=sum(counts.train),
        heldout_size=sum(heldout), input_size=declared.input_size, default_model=declared.model,
        recipe=kind.usual_recipe(sum(counts.train), None, True), recipes={declared.model: declared.recipe},
        load=load, threads=1 if sum(counts.train) <= SMALL else None, stamp=lambda: stamp_of(declared),
        available=lambda: AVAILABLE if is_there(declared) else None,
        summary=declared.summary or (f"Your own data: {sum(counts.train):,} {kind.plural} in {len(declared.classes)} "
                                     "classes."),
        source=declared.source, unlearning=declared.unlearning, class_counts=(counts.train, test, heldout),
        attributes=declared.read.attributes,
        test_size=sum(counts.test) if counts.validation else None, absent=_absent(name, declared), code=declared.code)


def loaded(name: str, declared: Declaration, report: Report) -> Any:
    """The data as they were added. Raises DataMissing where they are gone and BadData where they have changed."""
    if not is_there(declared):
        raise DataMissing(_absent(name, declared))
    again = f"add them again as they are now: python -m engine add-dataset {name} {declared.source} --replace"
    try:
        found = looking.look(declared.source, declared.read, report)
    except BadSource as error:
        raise BadData(f"The data of {name} have changed since they were added: {error} "
                      f"If that is right, {again}") from error
    data = data_of(name, found, declared.mean, declared.std)
    if len(found.classes) != len(declared.classes) or data.content != declared.content:
        raise BadData(f"The data of {name} in {declared.source} have changed since they were added "
                      f"({_changes(found, declared)}): put the files back, or {again}")
    return replace(data, classes=declared.classes)


def data_of(name: str, found: Look, mean: tuple[float, ...], std: tuple[float, ...]) -> Any:
    """What was found as :class:`engine.data.base.Data`."""
    kind = own_kind_of(found)
    heldout = _joined(kind, [found.parts[split] for split in ("test", "validation") if split in found.parts])
    data = kind.data(found.parts["train"], heldout, name=name, classes=found.classes, mean=mean, std=std,
                     origin=found.source, test_count=found.test_size)
    return replace(data, about=_about(found, heldout))


def is_there(declared: Declaration) -> bool:
    """Whether the source is on this machine, or can be asked of the hub."""
    place = expanded(declared.source)
    return (place.is_absolute() and place.exists()) or bool(HUB_ID.fullmatch(declared.source))


def stamp_of(declared: Declaration) -> str:
    """What changes when one of the source's files does."""
    places = [expanded(place) for place in (declared.source, declared.read.test) if place]
    return "\n".join(stamp(place) for place in places if place.exists())


def _absent(name: str, declared: Declaration) -> str:
    if not expanded(declared.source).is_absolute() and not HUB_ID.fullmatch(declared.source):
        return (f"The data of {name} are not on this machine: they lay in {declared.source} where its runs were made. "
                f"Set source in $UNLEARN_HOME/datasets/{name}.toml to where they are here.")
    return (f"The data of {name} are no longer in {declared.source}: put them back, or remove the data set with "
            f"python -m engine remove-dataset {name}.")


def _changes(found: Look, declared: Declaration) -> str:
    """``train 60 -> 61 samples``; other content where the numbers are the same."""
    before = {"train": sum(declared.counts.train), "test": sum(declared.counts.test),
              "validation": sum(declared.counts.validation)}
    parts = [f"{split} {before[split]:,} -> {found.totals.get(split, 0):,} samples" for split in before
             if before[split] != found.totals.get(split, 0)]
    return ", ".join(parts) or "other samples or labels"


def _about(found: Look, heldout: Part) -> dict[str, Any]:
    """Where the samples of both pools came from, and their further columns."""
    from engine.data.about import About

    order = [split for split in ("test", "validation") if split in found.parts]
    columns = {name: tuple(value for split in order for value in found.about[split][name])
               for name in found.about["train"]}
    return {"train": About(found.parts["train"].places, found.about["train"]),
            "heldout": About(heldout.places, columns)}


def _joined(kind: OwnKind, parts: list[Part]) -> Part:
    import numpy as np

    return Part(kind.joined(parts), np.concatenate([part.labels for part in parts]),
                tuple(place for part in parts for place in part.places))
