"""Opens what :mod:`engine.own.layouts` found: every kind of source becomes a table a split."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from engine.errors import BadSource
from engine.own import cifar, tables
from engine.own.layouts import Layout, pictures_in
from engine.own.tables import Rows, described
from engine.system.hub import first_line

PICTURE, LABEL = "picture", "folder"


def opened(layout: Layout) -> dict[str, Rows]:
    """The splits as tables. Raises BadSource naming the file that cannot be read."""
    read = {"tables": tables.read, "saved": _saved, "cifar": cifar.read, "pictures": _pictures}[layout.kind]
    return {split: read(files) for split, files in layout.files.items()}


def of_dataset(rows: Any, name: str) -> Rows:
    """A split of ``datasets`` as a table."""
    table = rows.with_format("arrow")[:]
    table.validate(full=True)
    return described(table.replace_schema_metadata(rows.features.arrow_schema.metadata), (name,))


def _saved(folders: Iterable[Path]) -> Rows:
    """What ``save_to_disk`` wrote: arrow files and JSON, no pickle."""
    import datasets

    folder = next(iter(folders))
    try:
        return of_dataset(datasets.load_from_disk(str(folder)), folder.name)
    except Exception as error:  # a missing or a cut arrow file, or JSON that is none: whatever is raised for it
        raise BadSource(f"{folder} looks as if save_to_disk had written it, but cannot be read ({first_line(error)}): "
                        "write it again.") from error


def _utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _pictures(folders: Iterable[Path]) -> Rows:
    """The paths of pictures in a folder a class, with the class's name; only names are read yet."""
    import pyarrow as pa

    folder = next(iter(folders))
    found = [(path, path.relative_to(folder)) for path in pictures_in(folder)]
    found = [(path, inside) for path, inside in found if len(inside.parts) > 1]
    if strange := next((inside for path, inside in found if not _utf8(str(path))), None):
        shown = str(strange).encode("utf-8", "backslashreplace").decode()
        raise BadSource(f"{folder} has the picture '{shown}', whose name is no UTF-8: rename it, for example with "
                        "convmv.")
    table = pa.table({PICTURE: pa.array([str(path) for path, _ in found], pa.string()),
                      LABEL: pa.array([inside.parts[0] for _, inside in found], pa.string())})
    return Rows(table, tuple(str(inside) for _, inside in found), tuple(range(len(found))), folder,
                pictures=(PICTURE,), one_a_file=True)
