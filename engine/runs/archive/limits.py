"""How large an archive may be, before and after its members are unpacked and parsed: an import stays under 1 GiB.

A megabyte of zip may hold a gigabyte of text, and a megabyte of JSON a hundred of Python objects. So the directory is
measured before it is read, a member before it is unpacked, and JSON before it is parsed: what it comes to is bounded
by the signs that begin a value.
"""

from __future__ import annotations

import json
import re
import struct
import zipfile
from pathlib import Path
from typing import Any

MIB = 2**20
MOST_RUNS = 5_000
MOST_MEMBERS, MOST_DIRECTORY = 4 * MOST_RUNS, 8 * MIB  # the directory lists the members, in about 100 bytes each
MOST_BYTES = {"": 384 * MIB, ".json": 64 * MIB, ".parquet": 256 * MIB, ".toml": MIB}  # of a member, by its suffix
MOST_TOTAL = 4096 * MIB  # of all members, which are read one after another
MOST_RATIO = 1000  # unpacked to packed
SIGNS = ",{["  # each of them begins a value in JSON
MOST_VALUES = 1_500_000  # of one JSON text, and of all events of a run
MOST_ROWS, MOST_UNCOMPRESSED = 3_000_000, 384 * MIB  # of a table
MOST_EVENTS, LONGEST_EVENT, MOST_COURSES = 500_000, MIB, 256 * MIB  # events, characters of one and of all together
LONGEST_COURSE = 32 * MIB  # characters of a run's events
END, END_64 = b"PK\x05\x06", b"PK\x06\x07"


class TooLarge(ValueError):
    """Beyond a limit; the text says which, as the end of a sentence."""


def check_directory(path: Path) -> None:
    """Raises TooLarge where a zip's directory is itself too large to be read; damage is found by who reads it."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 2**16 - 22))
        tail = file.read()
    place = tail.rfind(END)
    if place < 0 or len(tail) < place + 22:
        return
    members, length = struct.unpack("<H4xI", tail[place + 8:place + 10] + b"\0" * 4 + tail[place + 12:place + 16])
    if members > MOST_MEMBERS or length > MOST_DIRECTORY or tail[max(0, place - 20):place].startswith(END_64):
        raise TooLarge(f"it has more than {MOST_MEMBERS:,} members, or is over 4 GiB")


def check_members(infos: list[zipfile.ZipInfo]) -> None:
    """Raises TooLarge for a member, or for all of them together."""
    if len(infos) > MOST_MEMBERS:
        raise TooLarge(f"it has {len(infos):,} members, but the limit is {MOST_MEMBERS:,}")
    for info in infos:
        most = MOST_BYTES.get(Path(info.orig_filename).suffix, MOST_BYTES[""])
        if info.file_size > most:
            raise TooLarge(f"its member {named(info.orig_filename)} would unpack to {info.file_size / MIB:,.0f} MiB, "
                           f"but the limit is {most / MIB:,.0f}")
        if info.file_size > MOST_RATIO * info.compress_size:
            raise TooLarge(f"its member {named(info.orig_filename)} would unpack to over {MOST_RATIO} times its size")
    if (total := sum(info.file_size for info in infos)) > MOST_TOTAL:
        raise TooLarge(f"its members would unpack to {total / MIB:,.0f} MiB, but the limit is {MOST_TOTAL // MIB:,}")


def unpacked(archive: zipfile.ZipFile, name: str) -> bytearray:
    """A member's bytes, never more than its directory says: that was measured. Raises zipfile's errors.

    They are read in parts, since a read of all at once holds them twice.
    """
    content, place = bytearray(archive.getinfo(name).file_size), 0
    with archive.open(name) as member, memoryview(content) as view:
        while part := member.read(MIB):
            view[place:place + len(part)] = part
            place += len(part)
    del content[place:]
    return content


def strict_json(text: str | bytes | bytearray) -> Any:
    """JSON as the standard has it. Raises ValueError, also for NaN and Infinity, and TooLarge for too many values."""
    def refuse(word: str) -> Any:
        raise ValueError(f"{word} is not JSON")

    if not isinstance(text, str):
        text = text.decode("utf-8")
    if (count := sum(map(text.count, SIGNS))) > MOST_VALUES:
        raise TooLarge(f"it holds about {count:,} values, but the limit is {MOST_VALUES:,}")
    return json.loads(text, parse_constant=refuse, parse_int=_whole)


def _whole(digits: str) -> int:
    if len(digits) > 400:  # Python itself refuses from 4,300 on; no number that is meant has so many
        raise ValueError("a number with too many digits")
    return int(digits)


def named(name: str) -> str:
    """A name out of an archive for a sentence: cut, and without signs that break a line."""
    return repr(re.sub(r"\s+", " ", name)[:80])
