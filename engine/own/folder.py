"""The folder ``$UNLEARN_HOME/datasets``: a TOML file a data set, read again when one of them changes.

A file that cannot be used breaks nothing: it is passed over, and :func:`bad` has its sentence.
"""

from __future__ import annotations

import keyword
import os
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import BadInput, BadSource
from engine.own import unused
from engine.own.component import component
from engine.own.declaration import Declaration, load
from engine.own.recipes import checked_model
from engine.system.paths import datasets_folder
from engine.system.read_only import refuse
from engine.types import Dataset

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_lock = threading.Lock()


@dataclass(frozen=True)
class Own:
    """What the folder holds: usable declarations with their files, and sentences about the others by file name."""

    declared: Mapping[str, Declaration] = field(default_factory=dict)
    places: Mapping[str, Path] = field(default_factory=dict)
    bad: Mapping[str, str] = field(default_factory=dict)
    datasets: Mapping[str, Dataset] = field(default_factory=dict)


_kept: tuple[object, Own] = (None, Own())


def own() -> Own:
    """The folder as it is now; reading it again costs a look at its names and times."""
    global _kept
    folder = datasets_folder()
    seen = _seen(folder)
    with _lock:
        if _kept[0] != seen:
            _kept = (seen, _read(folder))
        return _kept[1]


def bad() -> tuple[str, ...]:
    """A sentence about each file that cannot be used, those with a name that is taken among them."""
    from engine.registry import table

    found, shipped = own(), table("dataset")
    return (*found.bad.values(), *(f"{place} is not used: a data set named {name!r} comes with the app. Rename the "
                                   "file." for name, place in found.places.items() if taken(name, shipped)))


def place_of(name: str) -> Path:
    """The file that a data set of that name is, or would be, declared in."""
    return _folder() / f"{name}.toml"


def checked_name(name: str) -> str:
    """The name, or BadSource with one that would do."""
    from engine.registry import table

    if not NAME.fullmatch(name) or keyword.iskeyword(name):
        near = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:40]
        near = near if NAME.fullmatch(near) and not keyword.iskeyword(near) else "my_data"
        raise BadSource(f"The name {name!r} cannot be used: take small letters, digits and underscores, such as "
                        f"{near!r}.")
    if taken(name, table("dataset")):
        raise BadSource(f"A data set named {name!r} comes with the app: choose another name, such as 'my_{name}'.")
    return name


def taken(name: str, shipped: Mapping[str, Dataset]) -> bool:
    """Whether a data set of the code has that name or once had it."""
    return any(name == record.name or name in record.aliases for record in shipped.values())


def remove(name: str) -> Path:
    """Takes a data set out of the folder, with the upload that it alone reads from; its runs and Originals stay.

    Raises BadSource where there is none.
    """
    place = _folder() / f"{name}.toml"
    if not place.is_file() or place.parent != _folder():
        known = ", ".join(own().declared) or "none yet"
        raise BadSource(f"There is no data set of your own named {name!r}. Yours: {known}.")
    refuse()
    try:
        said = place.read_text(encoding="utf-8", errors="replace")
    except OSError:
        said = ""
    place.unlink()
    unused.clear_of(said)
    return place


def text_of(name: str) -> str:
    """The TOML text of a data set of one's own. Raises BadSource where there is none."""
    place = _folder() / f"{name}.toml"
    if name not in own().declared:
        known = ", ".join(own().declared) or "none yet"
        raise BadSource(f"There is no data set of your own named {name!r}. Yours: {known}.")
    return place.read_text(encoding="utf-8")


def _folder() -> Path:
    folder = datasets_folder()
    if folder is None:
        raise BadSource("There is no folder for your data sets: set UNLEARN_HOME to a folder that can be written.")
    return folder


def _files(folder: Path | None) -> list[Path]:
    """The declarations in their order; asked at every look at the components, so that it costs one scan."""
    if folder is None:
        return []
    try:
        return sorted(folder / entry.name for entry in os.scandir(folder) if entry.name.endswith(".toml"))
    except OSError:  # most people have no data sets of their own
        return []


def _seen(folder: Path | None) -> object:
    """What changes when a file of the folder does."""
    found = []
    for path in _files(folder):
        try:
            state = path.stat()
        except OSError:
            continue
        found.append((str(path), state.st_mtime_ns, state.st_size))
    return found


def _check_model(path: Path, declared: Declaration) -> None:
    try:
        checked_model(declared.kind, declared.input_size, declared.model)
    except BadSource as error:
        raise BadSource(f"{path} cannot be used: {str(error).removeprefix('--')}") from error


def _read(folder: Path | None) -> Own:
    declared, places, wrong, datasets = {}, {}, {}, {}
    for path in _files(folder):
        try:
            if not NAME.fullmatch(path.stem):
                raise BadSource(f"{path} is not used: name it with small letters, digits and underscores.")
            declared[path.stem] = load(path)
            _check_model(path, declared[path.stem])
            datasets[path.stem] = component(path.stem, declared[path.stem])
            places[path.stem] = path
        except BadInput as error:
            declared.pop(path.stem, None)
            wrong[path.stem] = str(error)
    return Own(declared, places, wrong, datasets)
