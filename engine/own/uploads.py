"""What a person uploads: kept under ``$UNLEARN_HOME/uploads`` by its content, whole or not at all.

A zip is unpacked, and nothing of it is taken on trust: names that lead out of the folder, links, encrypted parts and
absurd sizes are refused before anything is written, and sizes are counted again while it is unpacked.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from engine.errors import BadSource
from engine.own.layouts import TABLES
from engine.system.files import work_folder, write_folder
from engine.system.paths import home
from engine.system.read_only import refuse

MB = 2**20
MOST_BYTES, MOST_UNPACKED, MOST_FILES = 200 * MB, 1024 * MB, 100_000  # of an upload; of all that comes out of a zip
ENDINGS = (".zip", *sorted(TABLES))
WEIGHTS = (".safetensors", ".pt", ".pth", ".bin", ".ckpt")
_PLAIN = re.compile(r"[^A-Za-z0-9._-]+")


def keep(name: str, content: bytes) -> Path:
    """Keeps an uploaded table, or unpacks a zip; the file or folder that it lies in. Raises BadSource."""
    if Path(name).suffix.lower() not in ENDINGS:
        raise BadSource(f"{name} cannot be read as data: upload a zip of a folder, or one of {', '.join(ENDINGS[1:])}.")
    _checked_size(name, content)
    if name.lower().endswith(".zip"):
        return _kept(name, content, "", lambda folder: _unpack(name, content, folder))
    return keep_file(name, content)


def keep_file(name: str, content: bytes) -> Path:
    """Keeps an uploaded file as it is; where it lies. Raises BadSource where it is too large or empty."""
    _checked_size(name, content)
    plain = _plain(name)
    return _kept(name, content, plain, lambda folder: (folder / plain).write_bytes(content))


@contextlib.contextmanager
def lent(name: str, content: bytes) -> Iterator[Path]:
    """An uploaded file for as long as it is read, then removed. Raises BadSource where it is too large or empty."""
    _checked_size(name, content)
    with contextlib.ExitStack() as stack:
        try:
            place = stack.enter_context(work_folder()) / _plain(name)
            place.write_bytes(content)
        except OSError as error:
            raise BadSource(f"{name} cannot be kept in {home()} ({error.strerror or error}): make room, or give the "
                            "path of the file instead.") from error
        yield place


def _checked_size(name: str, content: bytes) -> None:
    if not content:
        raise BadSource(f"{name} is empty: choose another file.")
    if len(content) > MOST_BYTES:
        raise BadSource(f"{name} has {len(content) / MB:,.0f} MB, but an upload may have {MOST_BYTES // MB}: copy it "
                        "to the machine that the app runs on, and give its path.")


def _kept(name: str, content: bytes, inside: str, write: Callable[[Path], object]) -> Path:
    """The folder of this content, or a file in it, written beside its place and moved there when it is whole."""
    refuse()
    folder = home() / "uploads" / hashlib.sha256(content).hexdigest()[:16] / _plain(Path(name).stem)
    if folder.is_dir():
        with contextlib.suppress(OSError):
            os.utime(folder.parent)  # used again: see engine.own.unused
        return folder / inside if inside else folder
    try:
        write_folder(folder, write)
    except OSError as error:
        if not folder.is_dir():  # else another upload of the same was quicker
            raise BadSource(f"{name} cannot be kept in {folder.parent} ({error.strerror or error}): make room, or give "
                            "the path of the data instead.") from error
    return folder / inside if inside else folder


def _unpack(name: str, content: bytes, folder: Path) -> None:
    """Every file of a zip into the folder. Raises BadSource where it is damaged, or holds what no zip of data does."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = _checked(name, archive)
            left = MOST_UNPACKED
            for part in parts:
                left -= _write(archive, part, folder, left, name)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError) as error:
        said = str(error).strip().splitlines()
        raise BadSource(f"{name} is no zip file that can be unpacked ({said[0][:100] if said else 'damaged'}): make it "
                        "again.") from error


def _checked(name: str, archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The files of a zip, judged by its directory. Raises BadSource."""
    files = [part for part in archive.infolist() if not part.is_dir()]
    if not files:
        raise BadSource(f"{name} holds no file: zip the folder with the data.")
    if len(files) > MOST_FILES:
        raise BadSource(f"{name} holds {len(files):,} files, but may hold {MOST_FILES:,}: give the folder's path.")
    for part in files:
        _check_part(name, part)
    names = [_inside(part) for part in files]
    if len(set(names)) < len(names):
        twice = next(one for one in names if names.count(one) > 1)
        raise BadSource(f"{name} holds two files named {str(twice)!r}: make it again.")
    if (size := sum(part.file_size for part in files)) > MOST_UNPACKED:
        raise BadSource(f"{name} would unpack to {size / MB:,.0f} MB, but may to {MOST_UNPACKED // MB:,}: give the "
                        "folder's path instead.")
    return files


def _check_part(name: str, part: zipfile.ZipInfo) -> None:
    """Raises BadSource for a part that leads out of the folder, is a link, or cannot be read as it is."""
    shown, kind = repr(part.orig_filename[:80]), stat.S_IFMT(part.external_attr >> 16)
    inside = part.orig_filename
    if inside.startswith(("/", "\\")) or ":" in inside or "\0" in inside or ".." in re.split(r"[/\\]", inside):
        raise BadSource(f"{name} holds a file named {shown}, which leads out of the folder: make it again.")
    if kind not in (0, stat.S_IFREG):
        raise BadSource(f"{name} holds {shown}, which is {'a link' if kind == stat.S_IFLNK else 'no plain file'}: put "
                        "the file itself into it.")
    if part.flag_bits & 1:
        raise BadSource(f"{name} holds {shown}, which is encrypted: make it again without a password.")


def _write(archive: zipfile.ZipFile, part: zipfile.ZipInfo, folder: Path, left: int, name: str) -> int:
    """Writes one file and returns its size, which the zip's directory may have understated."""
    place = folder / _inside(part)
    place.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with archive.open(part) as source, place.open("xb") as target:
        while block := source.read(MB):
            written += len(block)
            if written > left:
                raise BadSource(f"{name} unpacks to more than {MOST_UNPACKED // MB:,} MB: give the folder's path "
                                "instead.")
            target.write(block)
    return written


def _inside(part: zipfile.ZipInfo) -> PurePosixPath:
    return PurePosixPath(part.filename.replace("\\", "/"))


def _plain(name: str) -> str:
    """A file's name without signs that mean something in a path."""
    return _PLAIN.sub("_", Path(name.replace("\\", "/")).name).lstrip(".")[:80] or "upload"
