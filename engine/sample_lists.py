"""Lists of samples that a person names: read from files or texts, checked, and kept by what they hold.

A list has the name of its content, the first hex digits of the sha256 of its sorted numbers, and is kept under
``$UNLEARN_HOME/lists``: a spec holds the name alone. The same samples, however they were written, are one list.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.checks import LARGEST
from engine.errors import BadInput, BadSpec, Problem
from engine.list_formats import USUAL as USUAL
from engine.list_formats import Entry, entries
from engine.list_formats import columns as columns
from engine.system.files import write_json
from engine.system.paths import home

DIGITS = 16
FIELD = "selection.list"
MOST_SHOWN = 10  # problems of one list; the others are counted
MOST_BYTES = 20_000_000
NAME = re.compile(rf"[0-9a-f]{{{DIGITS}}}")
NUMBER = re.compile(r"([+-]?[0-9]{1,15})(?:\.0+)?")  # a table may have made 3.0 of 3


@dataclass(frozen=True)
class Asked:
    """What the samples of a list are numbers of: a data set's training set."""

    dataset: str
    size: int

    @property
    def most(self) -> int:
        """How many of them can be forgotten at once."""
        return int(LARGEST * self.size)


def read_file(path: Path | str, asked: Asked, column: str | None = None) -> tuple[int, ...]:
    """The samples that a file names, sorted. Raises BadSpec with what is wrong, by line and value."""
    return read_text(_content(Path(path)), asked, column, Path(path).name)


def read_text(text: str, asked: Asked, column: str | None = None, source: str = "the list") -> tuple[int, ...]:
    """The samples that a text names, sorted: JSON, a table with a header, or numbers apart by spaces or commas.

    Raises BadSpec with what is wrong, by line and value: nothing is dropped.
    """
    found = entries(text, column, source)
    numbers, problems = _numbers(found, asked, source)
    if not found:
        problems = [f"{source} names no sample: write at least one number from 0 to {asked.size - 1:,}."]
    if not problems and len(numbers) > asked.most:
        problems = [f"{source} names {len(numbers):,} of the {asked.size:,} training samples of {asked.dataset}, but "
                    f"at most {asked.most:,} ({100 * LARGEST:g}%) can be forgotten at once."]
    if problems:
        raise BadSpec([Problem(FIELD, one) for one in _shortened(problems)])
    return tuple(sorted(numbers))


def name_of(numbers: Iterable[int]) -> str:
    """The name of a list of samples."""
    written = ",".join(map(str, sorted(numbers)))
    return hashlib.sha256(written.encode()).hexdigest()[:DIGITS]


def keep(numbers: Sequence[int]) -> str:
    """Keeps a list under its name, which is returned. Raises BadSpec where it is no list of samples."""
    if not numbers or min(numbers) < 0 or len(set(numbers)) < len(numbers):
        raise BadSpec([Problem.about(FIELD, f"has {len(numbers):,} numbers, but must have at least one, none twice and "
                                     "none below 0.")])
    name, path = name_of(numbers), path_of(name_of(numbers))
    if not path.is_file():
        write_json(path, sorted(numbers))
    return name


def path_of(name: str) -> Path:
    """Where the list of that name is kept."""
    return home() / "lists" / f"{name}.json"


def load(name: str) -> tuple[int, ...]:
    """The samples of a kept list, sorted. Raises BadSpec where it is not at hand or not what its name says."""
    path = path_of(name)
    if not NAME.fullmatch(name):
        raise BadSpec([Problem.about(FIELD, f"is {name!r}, but the name of a list has {DIGITS} digits from 0 to f: "
                                     "give the list itself with --forget-list FILE, or paste it in the app.")])
    try:
        return _load(path, path.stat().st_mtime_ns, name)
    except OSError:
        raise BadSpec([Problem.about(FIELD, f"is {name!r}, but there is no such list on this machine: give it with "
                                     "--forget-list FILE, paste it in the app, or import an archive of its run.")
                       ]) from None


def checked(content: bytes | bytearray, name: str) -> tuple[int, ...]:
    """The samples of a kept list's content. Raises ValueError where they are not those of its name."""
    numbers = json.loads(content)
    if not isinstance(numbers, list) or not all(type(one) is int for one in numbers) or name_of(numbers) != name:
        raise ValueError(f"the list {name} was changed or damaged")
    return tuple(numbers)


@functools.lru_cache(maxsize=64)
def _load(path: Path, stamp: int, name: str) -> tuple[int, ...]:
    try:
        return checked(path.read_bytes(), name)
    except (ValueError, RecursionError):
        raise BadSpec([Problem.about(FIELD, f"is {name!r}, but {path} was changed or damaged: delete the file and give "
                                     "the list again.")]) from None


def _numbers(found: Sequence[Entry], asked: Asked, source: str) -> tuple[list[int], list[str]]:
    """The numbers of these entries, and a sentence for each that is none, is outside D or comes again."""
    seen: dict[int, Entry] = {}
    problems: list[str] = []
    for entry in found:
        where, match = f"{source}, {entry.where}:", NUMBER.fullmatch(entry.text)
        if match is None:
            problems.append(f"{where} {entry.shown} is no sample number: write a whole number from 0 to "
                            f"{asked.size - 1:,}.")
        elif not 0 <= (number := int(match[1])) < asked.size:
            problems.append(f"{where} {number} is outside the training set of {asked.dataset}, which has the samples 0 "
                            f"to {asked.size - 1:,}: remove it.")
        elif number in seen:
            problems.append(f"{where} {number} is named again, first in {seen[number].where}: once is enough, remove "
                            "one of them.")
        else:
            seen[number] = entry
    return list(seen), problems


def _shortened(problems: list[str]) -> list[str]:
    rest = len(problems) - MOST_SHOWN
    return problems if rest <= 0 else [*problems[:MOST_SHOWN], f"{rest:,} more entries of the list are wrong."]


def _content(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadInput(f"{path} has {path.stat().st_size:,} bytes, but a list of samples may have {MOST_BYTES:,}.")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8 text (byte {error.start:,}): save the list as UTF-8.") from None
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror or error}): name a file with sample numbers.") from None
