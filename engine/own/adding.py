"""Adds a data set: a look, a model with its recipe, and the TOML file that declares both."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import BadSource
from engine.own import look as looking
from engine.own.component import data_of
from engine.own.declaration import Counts, Declaration, load, save
from engine.own.folder import checked_name, place_of
from engine.own.kind import own_kind_of
from engine.own.look import Choices, Look
from engine.own.recipes import checked_model, usual_settings, with_epochs
from engine.own.samples import HUB_ID
from engine.system.paths import expanded
from engine.system.words import shortened


@dataclass(frozen=True)
class Training:
    """What a person may say about the Original; None is worked out."""

    model: str | None = None
    epochs: int | None = None
    augment: bool = True


@dataclass(frozen=True)
class Added:
    """A look with what would be declared of it, and the loaded data."""

    look: Look
    declaration: Declaration
    data: Any


def prepared(name: str, source: str, choices: Choices = Choices(), training: Training = Training(),
             title: str | None = None, report: looking.Report = lambda text, fraction: None,
             replace: bool = False) -> tuple[Look, Added | None]:
    """Looks at a source and works out its declaration, without writing anything.

    Returns the look, and None where its problems keep the data from being used. Raises BadSource where nothing can be
    read, or the name or the model cannot be had.
    """
    found, choices = looked(name, source, choices, report, replace)
    return found, None if found.problems else declared(name, found, choices, training, title)


def looked(name: str, source: str, choices: Choices = Choices(),
           report: looking.Report = lambda text, fraction: None, replace: bool = False) -> tuple[Look, Choices]:
    """A look under a name that can be had, and the choices with paths that mean the same everywhere."""
    _free(name, replace)
    choices = dataclasses.replace(choices, test=_absolute(choices.test)) if choices.test else choices
    return looking.look(_absolute(source), choices, report), choices


def write(name: str, added: Added) -> Path:
    """Declares the data set; every page and command knows it from now on."""
    place = place_of(name)
    save(place, added.declaration)
    return place


def take_over(name: str, file: Path, replace: bool = False) -> Path:
    """Adds a data set that ``export-dataset`` wrote; its source must be where the file says."""
    _free(name, replace)
    declaration = load(file)
    save(place_of(name), declaration)
    return place_of(name)


def declared(name: str, found: Look, choices: Choices, training: Training = Training(),
             title: str | None = None) -> Added:
    """What would be declared of a look without problems. Raises BadSource for a model or epochs that cannot be had."""
    train = found.totals["train"]
    kind = own_kind_of(found)
    model = checked_model(kind.name, found.input_size, training.model or kind.usual_model(found.input_size, train))
    recipe = kind.usual_recipe(train, model, training.augment)
    mean, std = kind.scale(found.parts["train"])
    data = data_of(name, found, mean, std)
    declaration = Declaration(
        title=title or name.replace("_", " ").capitalize(), kind=found.kind, source=found.source,
        classes=_distinct(found.classes), model=model.name, input_size=found.input_size, content=data.content,
        counts=Counts(found.counts["train"], found.counts["test"], found.counts.get("validation", ())),
        recipe=with_epochs(recipe, training.epochs), read=_fixed(choices, found), mean=mean, std=std,
        unlearning=usual_settings(model, train), heldout_drawn=found.drawn)
    return Added(found, declaration, data)


def _fixed(choices: Choices, found: Look) -> Choices:
    """What was guessed becomes what is written, so that a later version guesses nothing else."""
    named: dict[str, Any] = {found.kind: found.sample}
    size = found.input_size if own_kind_of(found).sized else None
    return dataclasses.replace(choices, label=found.label, size=size, **named)


def _distinct(classes: tuple[str, ...]) -> tuple[str, ...]:
    """Names that no two classes share, none of them empty."""
    return tuple(name if name.strip() and classes.count(name) == 1 else f"{name or 'class'} {number}"
                 for number, name in enumerate(classes))


def _absolute(source: str) -> str:
    """A path that means the same from every folder; a hub id as it is."""
    if not source.strip():
        raise BadSource("No data are named: give the path of a folder or a file, or an id of the Hugging Face hub.")
    if "://" in source:
        raise BadSource(f"{shortened(source)} is an address: give the path of a folder or a file on this machine, or "
                        "an id of the Hugging Face hub such as uoft-cs/cifar10.")
    if not source.isprintable():
        raise BadSource(f"The path {source!r} cannot be kept in a file: rename the folder.")
    path = expanded(source)
    try:
        there = path.exists()
    except OSError as error:
        raise BadSource(f"The path {shortened(source)!r} cannot be looked at ({error.strerror}): check it.") from error
    return str(path.absolute()) if there or not HUB_ID.fullmatch(source) else source


def _free(name: str, replace: bool) -> None:
    """Raises BadSource where a name is none, or is taken."""
    checked_name(name)
    if place_of(name).is_file() and not replace:
        raise BadSource(f"There is a data set of your own named {name!r} already: choose another name, or replace it "
                        "with --replace.")
