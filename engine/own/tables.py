"""Reads tables as pyarrow does, without a copy in a cache and without reading a path as a pattern.

Every row knows the file that it came from and its number there, so that a sentence can name it.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import BadSource
from engine.system.hub import first_line
from engine.system.words import a_kind, shortened

if TYPE_CHECKING:
    import pyarrow as pa

SAMPLE = 65_536  # characters that a CSV's separator is guessed from
SHEETS = (".csv", ".tsv")  # that a spreadsheet opens
BLOCK = 2**26  # bytes of a line of JSON or CSV at most
MOST_COLUMNS, LONGEST_NAME = 10_000, 200


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
        doubles = [name for name, count in Counter(table.column_names).items() if count > 1]
    except UnicodeDecodeError as error:
        raise BadSource(f"{path} is not UTF-8 (byte {error.start:,}): save it again as UTF-8.") from error
    except (pa.ArrowException, OSError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise BadSource(f"{path} cannot be read as {path.suffix.lstrip('.').upper()} ({first_line(error)}): write it "
                        "again.") from error
    _check_columns(path, table.num_columns)
    if doubles:
        raise BadSource(f"{path} has two columns named {shortened(doubles[0])!r}: rename one of them.")
    if long := next((name for name in table.column_names if len(name) > LONGEST_NAME), ""):
        raise BadSource(f"{path} has a column whose name has {len(long):,} characters ({shortened(long)!r}), and at "
                        f"most {LONGEST_NAME} are read: is its first line no header?")
    return table


def _check_columns(path: Path, count: int) -> None:
    if count > MOST_COLUMNS:
        raise BadSource(f"{path} has {count:,} columns, but may have {MOST_COLUMNS:,}: keep those of the samples, the "
                        "labels, and what samples are chosen by.")


def _parquet(path: Path) -> pa.Table:
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:  # not read_table, which takes a folder's name for a column
        _check_columns(path, len(file.schema_arrow))
        return file.read()


def _csv(path: Path) -> pa.Table:
    """A CSV with a header. Texts stay texts: a comment that reads ``NA`` or ``null`` is no gap."""
    from pyarrow import csv as reader

    with path.open(encoding="utf-8-sig", newline="") as file:
        separator = "\t" if path.suffix.lower() == ".tsv" else _separator(file.read(SAMPLE))
        file.seek(0)
        _check_columns(path, file.readline(BLOCK).count(separator) + 1)  # before each costs memory

    def read(threads: bool) -> pa.Table:
        return reader.read_csv(
            path, read_options=reader.ReadOptions(block_size=BLOCK, use_threads=threads),
            parse_options=reader.ParseOptions(delimiter=separator, newlines_in_values=True),
            convert_options=reader.ConvertOptions(null_values=[""], strings_can_be_null=False))

    try:
        return read(True)
    except ValueError:  # with one thread the reader counts rows, so its error names one
        return read(False)


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
    return pa.table({name: _json_column(name, [row.get(name) for row in rows]) for name in names})


def _json_column(name: str, values: list[Any]) -> Any:
    """A column of one type. Raises ValueError that names the column and the first row of another kind."""
    import pyarrow as pa

    try:
        return pa.array(values)
    except (pa.ArrowException, OverflowError, TypeError, ValueError) as error:
        there = [(row, value) for row, value in enumerate(values, start=1) if value is not None]
        first, begun = there[0][0], type(there[0][1])
        other = next(((row, value) for row, value in there if type(value) is not begun), None)
        why = first_line(error) if other is None else (
            f"row {other[0]:,} has {shortened(repr(other[1]))}, {a_kind(other[1])}, but row {first:,} "
            f"{a_kind(there[0][1])}")
        raise ValueError(f"column {shortened(name)!r}: {why}") from error


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
