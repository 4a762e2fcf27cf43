"""Reads tables as pyarrow does, without a copy in a cache and without reading a path as a pattern.

Every row knows the file that it came from and its number there, so that a sentence can name it.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import BadSource
from engine.system.hub import first_line

if TYPE_CHECKING:
    import pyarrow as pa

SAMPLE = 65_536  # characters that a CSV's separator is guessed from
SHEETS = (".csv", ".tsv")  # that a spreadsheet opens
BLOCK = 2**26  # bytes of a line of JSON or CSV at most


@dataclass(frozen=True)
class Rows:
    """A split as a table.

    ``begins`` are the rows that ``files`` begin at, ``names`` the classes of a column by number where the file tells
    them, ``folder`` what paths in the table are relative to, ``pictures`` the columns of encoded pictures.
    """

    table: pa.Table
    files: tuple[str, ...]
    begins: tuple[int, ...] = (0,)
    folder: Path | None = None
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pictures: tuple[str, ...] = ()
    one_a_file: bool = False

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @property
    def columns(self) -> list[str]:
        return list(self.table.column_names)

    def values(self, column: str, start: int = 0, count: int | None = None) -> list[Any]:
        """A column's values as Python's own; rows of equally many numbers as arrays, which is far faster."""
        import pyarrow as pa

        chunk = self.table.column(column).slice(start, count)
        kind = chunk.type
        if pa.types.is_fixed_size_list(kind) and pa.types.is_integer(kind.value_type) and not chunk.null_count:
            flat = pa.chunked_array([part.flatten() for part in chunk.chunks], kind.value_type).to_numpy()
            return list(flat.reshape(len(chunk), -1))
        return list(chunk.to_pylist())

    def where(self, row: int) -> str:
        """``train.csv, row 17``: rows of a file are counted from 1, a CSV's header left out."""
        part = bisect_right(self.begins, row) - 1
        if self.one_a_file:
            return self.files[part]
        return f"{self.files[part]}, row {row - self.begins[part] + 1:,}"

    def said(self, row: int) -> str:
        """The same for a sentence: of a CSV also as a spreadsheet counts, its header in row 1."""
        place = self.where(row)
        file, comma, number = place.rpartition(", row ")
        if not comma or Path(file).suffix.lower() not in SHEETS:
            return place
        return f"{file}, data row {number} ({int(number.replace(',', '')) + 1:,} with the header)"


def read(paths: Sequence[Path]) -> Rows:
    """Tables one below the other. Raises BadSource naming the file that cannot be read."""
    import pyarrow as pa

    tables = [_read(path) for path in paths]
    begins = [0]
    for table in tables[:-1]:
        begins.append(begins[-1] + table.num_rows)
    try:
        whole = pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException as error:
        raise BadSource(f"The files {paths[0].name} to {paths[-1].name} have different columns "
                        f"({first_line(error)}): give all the same columns.") from error
    return described(whole, tuple(path.name for path in paths), tuple(begins), paths[0].parent)


def described(table: pa.Table, files: tuple[str, ...], begins: tuple[int, ...] = (0,),
              folder: Path | None = None) -> Rows:
    """The table with what ``datasets`` wrote into its schema: names of classes, and which columns are pictures."""
    features = _features(table) if b"huggingface" in (table.schema.metadata or {}) else {}
    names = {column: tuple(one.names) for column, one in features.items() if type(one).__name__ == "ClassLabel"}
    pictures = tuple(column for column, one in features.items() if type(one).__name__ == "Image")
    return Rows(table, files, begins, folder, names, pictures)


def _features(table: pa.Table) -> Mapping[str, Any]:
    import datasets

    try:
        return dict(datasets.Features.from_arrow_schema(table.schema))
    except Exception:  # written by another version of the library: its columns can be read without
        return {}


def _read(path: Path) -> pa.Table:
    import pyarrow as pa

    reader = _READERS[path.suffix.lower()]
    if not path.stat().st_size:
        raise BadSource(f"{path} is empty: write it again.")
    try:
        table = reader(path)
        table.validate(full=True)  # a damaged file may open and still hold texts that are none
        doubles = [name for name in table.column_names if table.column_names.count(name) > 1]
    except UnicodeDecodeError as error:
        raise BadSource(f"{path} is not UTF-8 (byte {error.start:,}): save it again as UTF-8.") from error
    except (pa.ArrowException, OSError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise BadSource(f"{path} cannot be read as {path.suffix.lstrip('.').upper()} ({first_line(error)}): write it "
                        "again.") from error
    if doubles:
        raise BadSource(f"{path} has two columns named {doubles[0]!r}: rename one of them.")
    return table


def _parquet(path: Path) -> pa.Table:
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:  # not read_table, which takes a folder's name for a column
        return file.read()


def _csv(path: Path) -> pa.Table:
    """A CSV with a header. Texts stay texts: a comment that reads ``NA`` or ``null`` is no gap."""
    from pyarrow import csv as reader

    with path.open(encoding="utf-8-sig", newline="") as file:
        separator = "\t" if path.suffix.lower() == ".tsv" else _separator(file.read(SAMPLE))
    return reader.read_csv(
        path, read_options=reader.ReadOptions(block_size=BLOCK),
        parse_options=reader.ParseOptions(delimiter=separator, newlines_in_values=True),
        convert_options=reader.ConvertOptions(null_values=[""], strings_can_be_null=False))


def _separator(text: str) -> str:
    """What stands most often in the header among the usual separators."""
    header = text.lstrip().partition("\n")[0]
    return max(",;\t|", key=header.count)


def _json(path: Path) -> pa.Table:
    """JSON lines, or one JSON array of objects; by Python's own reader, since pyarrow's can crash on a damaged file."""
    import pyarrow as pa

    text = path.read_text(encoding="utf-8-sig")
    rows = json.loads(text) if text.lstrip().startswith("[") else [
        _object(line, number) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if not rows or not all(isinstance(row, dict) for row in rows):
        raise ValueError("its rows are no objects with names")
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.table({name: [row.get(name) for row in rows] for name in names})


def _object(line: str, number: int) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        raise ValueError(f"line {number:,}: {error}") from error


def _arrow(path: Path) -> pa.Table:
    """Arrow's file format, or its stream format, which ``datasets`` writes."""
    import pyarrow as pa

    with path.open("rb") as file:
        begins = file.read(6)
    with pa.OSFile(str(path)) as source:
        opened = pa.ipc.open_file if begins == b"ARROW1" else pa.ipc.open_stream
        return opened(source).read_all()


_READERS: dict[str, Callable[[Path], Any]] = {
    ".parquet": _parquet, ".csv": _csv, ".tsv": _csv, ".json": _json, ".jsonl": _json, ".ndjson": _json,
    ".arrow": _arrow, ".feather": _arrow}
