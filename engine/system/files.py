"""Whole files or none: what is written here appears under its name only when it is complete."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from engine.errors import NotWritten
from engine.system.paths import home
from engine.system.read_only import read_only, refuse
from engine.system.unfinished import Note, beside, noted

_OF_THE_SYSTEM = re.compile(r"\b(?:code:|os error) (\d+)")  # in what a library written in Rust says of a failed write


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Lets ``write`` fill a temporary file beside ``path`` and renames it; a failure leaves nothing behind.

    Its mode is as the umask has it. Raises NotWritten, which is an OSError as well, where the file cannot be written.
    Raises ReadOnly for a file in the home folder of a process that only shows.
    """
    if read_only() and path.absolute().is_relative_to(home()):
        refuse()
    temporary = beside(path.absolute())
    with noted(Note((str(temporary),))):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            mode = _made(temporary)
            write(temporary)
            temporary.chmod(mode)  # some writers put a file of their own in its place, for its owner only
            os.replace(temporary, path)
        except Exception as error:
            if (sentence := _sentence(error, path, temporary)) is None:
                raise
            raise sentence from error
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def write_folder(folder: Path, write: Callable[[Path], object]) -> None:
    """The same for a folder that is absent or empty: it appears with all of its files or not at all."""
    folder = folder.resolve()
    temporary = beside(folder)
    with noted(Note((str(temporary),))):
        try:
            temporary.mkdir(parents=True)
            write(temporary)
            os.replace(temporary, folder)
        except Exception as error:
            if (sentence := _sentence(error, folder, temporary)) is None:
                raise
            raise sentence from error
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


@contextlib.contextmanager
def work_folder() -> Iterator[Path]:
    """A folder in the home folder for as long as it is needed; a kill leaves it to the next start."""
    folder = beside(home() / "work")
    with noted(Note((str(folder),))):
        try:
            folder.mkdir(mode=0o700)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _made(path: Path) -> int:
    """Makes an empty file and returns the mode that it has by the umask, which no thread can ask for alone."""
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
    try:
        return stat.S_IMODE(os.fstat(handle).st_mode)
    finally:
        os.close(handle)


def _sentence(error: Exception, path: Path, temporary: Path) -> NotWritten | None:
    """What to say where ``path`` could not be written, whichever library tried; None for any other error."""
    number = None
    if isinstance(error, NotWritten):
        return error if error.filename != str(temporary) else NotWritten(error.errno, error.strerror, str(path))
    if isinstance(error, OSError) and _is_of(error, temporary):
        number = error.errno
    elif type(error).__name__ == "SafetensorError" and (found := _OF_THE_SYSTEM.search(str(error))):
        number = int(found[1])
    return None if number is None else NotWritten(number, os.strerror(number), str(path))


def _is_of(error: OSError, temporary: Path) -> bool:
    """Whether an error is about a file that is written; one that names another file is about reading that."""
    about = error.filename
    return not isinstance(about, str) or Path(about) in (temporary, *temporary.parents) or temporary in Path(
        about).parents


def write_json(path: Path, content: Any) -> None:
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def short_hash(content: Any, digits: int = 12) -> str:
    """The first hex digits of the sha256 of a JSON-able value, the same whatever the order of its keys."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:digits]


def parquet_of(frame: Any) -> bytes:
    """A pandas DataFrame as the parquet file that :func:`write_whole` could write."""
    table = io.BytesIO()
    frame.to_parquet(table, index=False)
    return table.getvalue()


def frame_of(parquet: bytes) -> Any:
    """The DataFrame that :func:`parquet_of` was given."""
    import pandas as pd

    return pd.read_parquet(io.BytesIO(parquet))


def to_json(value: Any) -> str:
    """JSON text that is valid everywhere: infinite and undefined numbers become null."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError:  # rare, so that only then every number is looked at
        return json.dumps(_clean(value), ensure_ascii=False)


def valid_json(text: str) -> str:
    """The text as it is where it is valid everywhere, else written once more by :func:`to_json`."""
    return to_json(json.loads(text)) if "NaN" in text or "Infinity" in text else text


def to_plain_json(value: Any) -> str:
    """The same in ASCII: signs that an encoding has no place for are written as escapes."""
    return json.dumps(_clean(value))


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _clean(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(item) for item in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value
