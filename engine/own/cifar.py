"""CIFAR's batches for Python, which are pickles, without running them.

A pickle is a program: loading one can run any code, and even an unpickler that admits numpy's functions only hands
crafted input to functions that were never made for it (``dtype.__setstate__`` can make numpy follow made-up pointers).
So the program is not run here. ``pickletools`` lists its steps; of these the constants are taken that follow the names
``data`` and ``labels``: one long string of pixels, and numbers. Nothing else in the file has any effect.
"""

from __future__ import annotations

import pickletools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import BadSource
from engine.own.tables import Rows

if TYPE_CHECKING:
    import numpy as np

PIXELS = 3 * 32 * 32
PIXELS_OF, LABEL = "pixels", "label"  # the columns
LABELS, NAMES = ("labels", "fine_labels"), ("label_names", "fine_label_names")
MOST_BYTES = 2**29
_NUMBERS = {"BININT1", "BININT2", "BININT", "INT", "LONG1", "LONG"}
_ENDS = {"APPENDS", "SETITEM", "SETITEMS"}
_CALLS = {"GLOBAL", "STACK_GLOBAL", "PUT", "GET"}  # steps whose constant is no value of the file


def read(paths: Sequence[Path]) -> Rows:
    """The batches as a table of ``pixels``, 3,072 numbers by colour, row and column, and ``label``."""
    import numpy as np
    import pyarrow as pa

    batches = [_batch(path) for path in paths]
    begins = np.cumsum([0, *(len(labels) for _, labels in batches[:-1])])
    pixels = np.concatenate([pictures for pictures, _ in batches])
    flat = pa.FixedSizeListArray.from_arrays(pa.array(pixels.reshape(-1)), PIXELS)
    labels = pa.array([label for _, labels in batches for label in labels], pa.int64())
    names = class_names(paths[0].parent)
    return Rows(pa.table({PIXELS_OF: flat, LABEL: labels}), tuple(path.name for path in paths),
                tuple(int(begin) for begin in begins), names={LABEL: names} if names else {})


def class_names(folder: Path) -> tuple[str, ...]:
    """The classes by number, from ``batches.meta`` or ``meta``; empty where there is no such file."""
    for name in ("batches.meta", "meta"):
        if (folder / name).is_file():
            return tuple(str(word) for word in _after(folder / name, NAMES, str))
    return ()


def _batch(path: Path) -> tuple[np.ndarray, list[int]]:
    """Pictures, uint8 (N, 3072), and labels of a file."""
    import numpy as np

    pixels, by_column = _pixels(path)
    labels = [int(label) for label in _after(path, LABELS, int)]
    if not pixels or len(pixels) != PIXELS * len(labels):
        raise BadSource(f"{path} holds {len(labels):,} labels and {len(pixels):,} bytes of pixels, but CIFAR has "
                        f"{PIXELS:,} bytes a label: unpack the archive again.")
    flat = np.frombuffer(pixels, np.uint8)
    return flat.reshape(PIXELS, -1).T if by_column else flat.reshape(-1, PIXELS), labels


def _pixels(path: Path) -> tuple[bytes, bool]:
    """The long constant of the file, and whether it is stored column by column."""
    found, by_column = b"", False
    for name, value in _steps(path):
        if found:
            by_column |= name == "SHORT_BINUNICODE" and value == "F"  # numpy says so afterwards since protocol 5
        elif name in ("NEWFALSE", "NEWTRUE") or isinstance(value, bool):
            by_column = name == "NEWTRUE" or value is True
        elif isinstance(value, (str, bytes, bytearray)) and len(value) >= PIXELS and not len(value) % PIXELS:
            found = _bytes(value)
    return found, by_column


def _bytes(value: str | bytes | bytearray) -> bytes:
    """Python 2's strings are read as Latin-1; a text with other signs holds no pixels."""
    try:
        return value.encode("latin-1") if isinstance(value, str) else bytes(value)
    except UnicodeEncodeError:
        return b""


def _after(path: Path, keys: Sequence[str], kind: type) -> Iterator[Any]:
    """The constants of a kind that follow one of these names, up to the next step of another sort."""
    within = False
    for name, value in _steps(path):
        word = value.decode("latin-1") if isinstance(value, bytes) else value
        if not within:
            within = isinstance(word, str) and word in keys
        elif name in _ENDS and kind is str:
            return
        elif (kind is int and name in _NUMBERS) or (kind is str and isinstance(word, str) and name not in _CALLS):
            yield word
        elif isinstance(word, str) and kind is int and name not in _CALLS and word != "latin1":  # bytes of Python 3
            return


def _steps(path: Path) -> Iterator[tuple[str, Any]]:
    """The steps of a pickle by name with their constants; none is carried out."""
    if path.stat().st_size > MOST_BYTES:
        raise BadSource(f"{path} is larger than a batch of CIFAR: unpack the archive again.")
    try:
        yield from ((step.name, value) for step, value, _ in pickletools.genops(path.read_bytes()))
    except (ValueError, OSError, IndexError, OverflowError) as error:
        raise BadSource(f"{path} is no batch of CIFAR ({error}): unpack the archive again.") from error
