"""A person's own data sets in an archive: what they are travels with their runs, the data themselves do not.

Of paths only the last name is kept, so that no folder of the machine is named; a hub id stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from engine.errors import BadArchive, BadSource
from engine.own.declaration import Declaration, parse, save, to_toml
from engine.own.folder import NAME, own, place_of
from engine.own.samples import HUB_ID
from engine.registry import find
from engine.runs.archive.columns import anonymous


def member(name: str) -> str:
    """The archive's member with the declaration of a data set."""
    return f"datasets/{name}.toml"


def members(datasets: Iterable[str]) -> dict[str, str]:
    """The members that may declare these data sets, by name; names that no data set of a person has are left out."""
    return {name: member(name) for name in sorted(set(datasets)) if NAME.fullmatch(name)}


def portable(datasets: Iterable[str]) -> dict[str, str]:
    """The declarations of the person's own among these data sets, as TOML by name."""
    declared = own().declared
    return {name: to_toml(name, _without_folders(declared[name])) for name in sorted(set(datasets)) if name in declared}


def read(content: bytes | bytearray, name: str, bad: Callable[[str], BadArchive]) -> Declaration:
    """The declaration of a member. Raises what ``bad`` makes of a sentence, where it is none or names a folder."""
    try:
        found = parse(content.decode("utf-8"))
        if found != _without_folders(found):
            raise BadSource("it names a folder of another machine")
    except (BadSource, UnicodeDecodeError) as error:
        raise bad(f"its member {name} declares no data set ({str(error)[:200]})") from None
    return found


def places(declarations: Iterable[str]) -> dict[str, Path]:
    """The files of those data sets whose names are free here, by name."""
    new = {name: place_of(name) for name in declarations if find("dataset", name) is None}
    return {name: place for name, place in new.items() if not place.is_file()}


def adopt(declarations: Mapping[str, Declaration], new: Mapping[str, Path]) -> None:
    """Declares these data sets in these files."""
    for name, place in new.items():
        save(place, declarations[name])


def take_back(places: Iterable[Path]) -> None:
    """Removes files that :func:`adopt` wrote."""
    for place in places:
        place.unlink(missing_ok=True)


def said(name: str, place: Path) -> str:
    """What to know about a data set that came with an archive, as a sentence."""
    record = find("dataset", name)
    if record is not None and record.available() is not None:
        return f"The data set {name} came with them."
    source = own().declared[name].source if name in own().declared else "another machine"
    return (f"The data set {name} came with them, without its data ({source}): its runs are shown, and to compute with "
            f"it set source in {place} to where the data are here.")


def _without_folders(one: Declaration) -> Declaration:
    test = one.read.test and _last(one.read.test)
    return replace(one, source=_last(one.source), read=replace(one.read, test=test),
                   summary=anonymous(one.summary) or "")


def _last(source: str) -> str:
    return source if HUB_ID.fullmatch(source) and not Path(source).is_absolute() else (
        re.split(r"[/\\]", source.rstrip("/\\"))[-1] or "data")
