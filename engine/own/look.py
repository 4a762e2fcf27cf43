"""A look at a person's data before they are added: what is there, what happens to it, and what cannot be used.

The same reading makes the data of a run, so that what was shown is what is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import BadSource
from engine.own import attributes, cifar, columns, duplicates, samples
from engine.own.kind import own_kinds
from engine.own.labels import Numbered, numbered
from engine.own.layouts import look_into
from engine.own.opened import PICTURE, of_dataset, opened
from engine.own.part import Part
from engine.own.suspicions import one_class, suspicions
from engine.own.tables import Rows
from engine.system.paths import expanded

FEWEST_TRAIN, FEWEST_HELDOUT, FEW = 20, 10, 500
OWN_COLUMNS = (PICTURE, cifar.PIXELS_OF)  # of sources that have no columns
HELD_OUT = 0.2  # of the training set where there is no test split
Report = Callable[[str, float | None], None]


@dataclass(frozen=True)
class Choices:
    """What a person may say about a source; None is worked out.

    The fields with the name of a kind name its columns of samples, those of points separated by commas.
    ``test`` is another source for the test split, ``size`` the pixels a side that pictures are brought to, ``heldout``
    the share that is held out where there is no test split, ``drop_duplicates`` whether test samples that are in the
    training set are left out, ``attributes`` the further columns that samples may be chosen by.
    """

    label: str | None = None
    image: str | None = None
    text: str | None = None
    points: str | None = None
    test: str | None = None
    size: int | None = None
    heldout: float = HELD_OUT
    drop_duplicates: bool = False
    attributes: tuple[str, ...] = ()

    @property
    def named(self) -> dict[str, str]:
        """By kind, the columns of samples that were named."""
        return {kind.name: text for kind in own_kinds() if (text := getattr(self, kind.name, None))}


@dataclass(frozen=True)
class Look:
    """What was found. ``problems`` keep the data from being used; ``notes`` say what happens to them.

    ``counts`` are samples a class by split (``train``, ``test``, ``validation``), ``sizes`` what the samples
    measured, ``input_size`` the pixels a side, words or coordinates that are read, ``found`` the source in words.
    """

    source: str
    found: str
    kind: str
    columns: tuple[str, ...]
    sample: str
    label: str
    classes: tuple[str, ...]
    counts: Mapping[str, tuple[int, ...]]
    sizes: str
    input_size: int
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    parts: Mapping[str, Part]
    about: Mapping[str, Mapping[str, tuple[str, ...]]]  # further columns by split
    drawn: bool = False  # whether the test set was drawn here, since the source has none

    @property
    def totals(self) -> dict[str, int]:
        return {split: sum(counts) for split, counts in self.counts.items()}

    @property
    def heldout(self) -> int:
        return sum(total for split, total in self.totals.items() if split != "train")

    @property
    def test_size(self) -> int | None:
        """Samples of the test set where a validation set is apart; None where the two are drawn by a run's seed."""
        return self.totals["test"] if {"test", "validation"} <= set(self.counts) else None

    def described(self) -> dict[str, Any]:
        """As JSON: everything but the samples."""
        return {"source": self.source, "found": self.found, "kind": self.kind, "columns": list(self.columns),
                "sample": self.sample, "label": self.label, "classes": list(self.classes),
                "counts": {split: list(counts) for split, counts in self.counts.items()}, "sizes": self.sizes,
                "input_size": self.input_size, "problems": list(self.problems), "notes": list(self.notes)}


def look(source: str, choices: Choices = Choices(), report: Report = lambda text, fraction: None) -> Look:
    """Reads a source to its last sample. Raises BadSource where nothing of it can be read."""
    if not 0.05 <= choices.heldout <= 0.5:
        raise BadSource(f"--heldout is {choices.heldout:g}, but must be a share from 0.05 to 0.5.")
    report("Opening the data", None)
    found, splits, notes = _splits(source, choices)
    chosen = columns.chosen(splits["train"], choices.named, choices.label)
    attributes.check(splits, choices.attributes, (*chosen.samples, chosen.label))
    splits, left_out = _with_columns(splits, chosen)
    labels = numbered(splits, chosen.label)
    parts, read = samples.read(splits, chosen, labels, choices.size, report)
    drawn = not any(len(part) for split, part in parts.items() if split != "train")
    parts, more = _heldout(parts, labels, choices)
    twins = duplicates.between(parts, chosen.kind)
    others = columns.likely_labels(splits["train"], (*chosen.samples, chosen.label))
    odd = list(suspicions(splits["train"], parts, None if choices.drop_duplicates else twins, chosen.label, others))
    if choices.drop_duplicates:
        parts = {split: part.without(twins.of(split)) for split, part in parts.items()}
    counts = {split: part.counts(len(labels.classes)) for split, part in parts.items()}
    if (only := _only_class(counts, labels.classes)) is not None:
        odd.insert(0, one_class(splits["train"], only))
    return Look(source, found, chosen.kind.name, tuple(splits["train"].columns), chosen.sample, chosen.label,
                labels.classes, counts, read.sizes, read.input_size, (*odd, *_problems(counts, read)),
                (*notes, *_guessed(chosen), *left_out, *labels.notes, *read.notes, *more,
                 *twins.notes(choices.drop_duplicates), *_remarks(counts, labels.classes)), parts,
                attributes.of_parts(splits, parts, choices.attributes), drawn)


def _splits(source: str, choices: Choices) -> tuple[str, dict[str, Rows], tuple[str, ...]]:
    """The source in words, its splits as tables, and what was noticed on the way."""
    found, splits, notes = _opened(source)
    if "train" not in splits:
        if len(splits) > 1:
            raise BadSource(f"{source} has the splits {' and '.join(splits)} but no training split: name a source "
                            "for it, and with --test one for the test split.")
        splits = {"train": next(iter(splits.values()))}
    if choices.test:
        _, others, more = _opened(choices.test)
        test = others.get("test") or others.get("validation") or others["train"]
        splits, notes = {"train": splits["train"], "test": test}, (*notes, *more)
    return found, splits, notes


def _opened(source: str) -> tuple[str, dict[str, Rows], tuple[str, ...]]:
    place = expanded(source)
    if not place.exists() and samples.HUB_ID.fullmatch(source):
        return f"the data set {source} of the Hugging Face hub", _from_hub(source), ()
    layout = look_into(place)
    return layout.words, opened(layout), layout.notes


def _from_hub(hub_id: str) -> dict[str, Rows]:
    """All splits of a data set of the hub, downloaded once to the library's own cache."""
    from engine.datasets._hub import downloaded
    from engine.own.layouts import split_of

    found = downloaded(hub_id)
    return {split_of(split) or split: of_dataset(rows, f"{hub_id} ({split})") for split, rows in found.items()
            if split_of(split) or len(found) == 1}


def _with_columns(splits: Mapping[str, Rows], chosen: columns.Columns) -> tuple[dict[str, Rows], list[str]]:
    """The splits that have both columns, and a note on each that has not."""
    kept, notes = {}, []
    for split, rows in splits.items():
        absent = [column for column in (*chosen.samples, chosen.label) if column not in rows.columns]
        if absent:
            notes.append(f"The {split} split ({rows.files[0]}) is not used: it has no column {absent[0]!r}.")
        else:
            kept[split] = rows
    return kept, notes


def _heldout(parts: Mapping[str, Part], labels: Numbered, choices: Choices) -> tuple[dict[str, Part], list[str]]:
    """With a test split; where there is none, validation takes its place, or a part of the training set does."""
    kept = {split: part for split, part in parts.items() if len(part) or split == "train"}
    notes = [f"The {split} split is not used: none of its samples is usable." for split in parts if split not in kept]
    if "test" not in kept and "validation" in kept:
        kept["test"] = kept.pop("validation")
        notes.append("There is no test split: the validation split takes its place.")
    if "test" in kept:
        return kept, notes
    train, test = samples.held_out(kept["train"], choices.heldout)
    return {"train": train, "test": test}, [*notes, f"There is no test split: {len(test):,} samples "
                                            f"({100 * choices.heldout:g}%), drawn with a fixed seed, are held out. "
                                            "Name another one with --test. A run tests on one half of them and "
                                            "validates on the other."]


def _problems(counts: Mapping[str, tuple[int, ...]], read: samples.Read) -> Iterator[str]:
    yield from read.problems
    train, heldout = sum(counts["train"]), sum(sum(row) for split, row in counts.items() if split != "train")
    if train < FEWEST_TRAIN:
        yield f"There are {train:,} usable training samples, and at least {FEWEST_TRAIN} are needed: add some."
    elif heldout < FEWEST_HELDOUT:
        yield (f"There are {heldout:,} usable test samples, and at least {FEWEST_HELDOUT} are needed: add some, or "
               "name a larger test split with --test.")


def _only_class(counts: Mapping[str, tuple[int, ...]], classes: tuple[str, ...]) -> str | None:
    """The class of all training samples, where they are of one."""
    present = [name for name, count in zip(classes, counts["train"], strict=True) if count]
    return present[0] if len(present) == 1 else None


def _guessed(chosen: columns.Columns) -> Iterator[str]:
    if chosen.guessed and chosen.sample not in OWN_COLUMNS:
        what = {chosen.sample: chosen.kind.plural, chosen.label: "labels"}
        said = " and ".join(f"{column!r} for the {what[column]}" for column in chosen.guessed)
        yield f"Taken for the columns: {said}. Name others with --{chosen.kind.name} and --label."


def _remarks(counts: Mapping[str, tuple[int, ...]], classes: tuple[str, ...]) -> Iterator[str]:
    train = counts["train"]
    if absent := [name for name, count in zip(classes, train, strict=True) if not count]:
        yield f"No training sample is of the class {', '.join(absent[:5])}{', ...' if len(absent) > 5 else ''}."
    if 0 < sum(train) < FEW:
        yield (f"With {sum(train):,} training samples the chance ranges of attacks are wide: expect clear results from "
               f"about {FEW} on.")
    present = [count for count in train if count]
    if len(present) > 1 and max(present) > 20 * min(present):
        yield f"Classes differ much in size, from {min(present):,} to {max(present):,} samples."
