"""The tables of an archive, parquet or safetensors: what they have, and how one is read that may be hostile."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.runs.archive.limits import MOST_ROWS, MOST_UNCOMPRESSED

if TYPE_CHECKING:
    import pyarrow
    from pandas import DataFrame

LATER = {"predicted": "int16", "phi": "float32"}  # columns of samples that older versions lack, in this order


def events_schema() -> pyarrow.Schema:
    import pyarrow as pa

    return pa.schema({"run": pa.string(), "seq": pa.int32(), "payload": pa.string()})


def samples_schema(later: int = 0) -> pyarrow.Schema:
    """The columns of a per-sample table, with the first ``later`` of those that came in later versions."""
    import pyarrow as pa

    return pa.schema({"set": pa.string(), "sample": pa.int32(), "loss": pa.float32(), "entropy": pa.float32(),
                      "correct": pa.bool_()}
                     | {name: pa.type_for_alias(LATER[name]) for name in list(LATER)[:later]})


def read_table(content: bytes | bytearray, schemas: Sequence[pyarrow.Schema],
               texts: Sequence[str] = ()) -> pyarrow.Table:
    """A table of one of these schemas, without gaps. Raises ValueError, its text the end of a sentence.

    ``texts`` stay in dictionaries: a file may say a long text a million times in a few bytes.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        fits = any(file.schema_arrow.equals(one) for one in schemas) and file.metadata.num_rows <= MOST_ROWS
        fits = fits and _unpacked(file.metadata) <= MOST_UNCOMPRESSED
        table = pq.ParquetFile(pa.BufferReader(content), read_dictionary=list(texts)).read() if fits else None
    except (pa.ArrowException, OSError, ValueError, MemoryError):
        raise ValueError("is not a parquet file that can be read") from None
    if table is None or any(column.null_count for column in table.columns):
        raise ValueError(f"does not have the columns {', '.join(schemas[0].names)}, full and of the right kinds")
    return table


def is_safetensors(content: bytes | bytearray) -> bool:
    """Whether its header fits its length; the tensors, which the library would copy, are not looked at."""
    from safetensors import SafetensorError, safe_open

    with tempfile.NamedTemporaryFile() as file:
        file.write(content[:8 + int.from_bytes(content[:8], "little")])
        file.truncate(len(content))  # a hole in place of the tensors, which takes no room
        file.flush()
        try:
            with safe_open(file.name, "numpy"):
                return True
        except (SafetensorError, OSError, ValueError):
            return False


def impossible(frame: DataFrame) -> str | None:
    """What no table of samples says, as the end of a sentence; None where all its values can be shown."""
    import numpy as np

    for name in ("loss", "entropy", "phi"):
        if name in frame and not np.isfinite(frame[name]).all():
            return f"has a value of {name} that is not a finite number"
    for name in ("sample", "predicted"):
        if name in frame and len(frame) and frame[name].min() < 0:
            return f"has a {name} of {frame[name].min()}, but must be a whole number from 0"
    return None


def _unpacked(metadata: pyarrow.parquet.FileMetaData) -> int:
    return sum(metadata.row_group(place).total_byte_size for place in range(metadata.num_row_groups))
