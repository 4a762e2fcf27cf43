"""A declaration as a data set of the registry: its record, and how it is loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from engine.errors import BadData, BadSource, DataMissing
from engine.own import look as looking
from engine.own.declaration import Declaration
from engine.own.layouts import stamp
from engine.own.look import Look
from engine.own.recipes import SMALL, usual_recipe
from engine.own.samples import HUB_ID, Part
from engine.system.paths import expanded
from engine.types import Dataset

AVAILABLE = "own"
Report = Callable[[str, float | None], None]


def component(name: str, declared: Declaration) -> Dataset:
    """The record that every page, command and study takes for a data set like any other."""
    counts = declared.counts
    heldout = tuple(map(sum, zip(counts.test, counts.validation, strict=True))) if counts.validation else counts.test
    test = counts.test if counts.validation else tuple(count - count // 2 for count in heldout)
    kind: Any = declared.kind

    def load(options: dict[str, Any], on_progress: Report | None = None) -> Any:
        return loaded(name, declared, on_progress or (lambda text, fraction: None))

    return Dataset(
        name=name, title=declared.title, kind=kind, classes=declared.classes, train_size=sum(counts.train),
        heldout_size=sum(heldout), input_size=declared.input_size, default_model=declared.model,
        recipe=usual_recipe(kind, declared.input_size, sum(counts.train)), recipes={declared.model: declared.recipe},
        load=load, threads=1 if sum(counts.train) <= SMALL else None, stamp=lambda: stamp_of(declared),
        available=lambda: AVAILABLE if is_there(declared) else None,
        summary=declared.summary or f"Your own data: {sum(counts.train):,} {kind}s in {len(declared.classes)} classes.",
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
    """What was found as :class:`engine.data.images.Data` or :class:`engine.data.texts.TextData`."""
    from engine.data.images import Data, shift_and_flip
    from engine.data.texts import TextData

    pools: Mapping[str, Any] = {split: _pool(part) for split, part in found.parts.items()}
    heldout = _joined([found.parts[split] for split in ("test", "validation") if split in found.parts])
    common: dict[str, Any] = {
        "name": name, "classes": found.classes, "train": pools["train"], "heldout": _pool(heldout), "mean": mean,
        "std": std, "origin": found.source, "test_count": found.test_size, "about": _about(found, heldout)}
    return Data(**common, augment=shift_and_flip) if found.kind == "image" else TextData(**common)


def scale(part: Part) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and deviation of each channel on the 0 to 1 scale, rounded; none for texts. One colour has deviation 1."""
    if not hasattr(part.samples, "shape"):
        return (), ()
    import numpy as np

    levels = np.arange(256) / 255
    counts = [np.bincount(part.samples[..., channel].reshape(-1), minlength=256) for channel in range(3)]
    means = [float(np.average(levels, weights=count)) for count in counts]
    spread = [float(np.average((levels - mean) ** 2, weights=count)) ** 0.5
              for mean, count in zip(means, counts, strict=True)]
    return tuple(round(mean, 4) for mean in means), tuple(round(one, 4) or 1.0 for one in spread)


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
    return ", ".join(parts) or "other pictures, texts or labels"


def _about(found: Look, heldout: Part) -> dict[str, Any]:
    """Where the samples of both pools came from, and their further columns."""
    from engine.data.about import About

    order = [split for split in ("test", "validation") if split in found.parts]
    columns = {name: tuple(value for split in order for value in found.about[split][name])
               for name in found.about["train"]}
    return {"train": About(found.parts["train"].places, found.about["train"]),
            "heldout": About(heldout.places, columns)}


def _pool(part: Part) -> Any:
    import torch

    from engine.data.images import Pool
    from engine.data.texts import TextPool

    labels = torch.from_numpy(part.labels)
    if hasattr(part.samples, "shape"):
        return Pool(torch.from_numpy(part.samples), labels)
    return TextPool(tuple(part.samples), labels, labels)


def _joined(parts: list[Part]) -> Part:
    import numpy as np

    pictures = hasattr(parts[0].samples, "shape")
    samples = (np.concatenate([part.samples for part in parts]) if pictures
               else [text for part in parts for text in part.samples])
    return Part(samples, np.concatenate([part.labels for part in parts]),
                tuple(place for part in parts for place in part.places))
