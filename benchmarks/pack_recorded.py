"""Packs the tables of the archives that ship as small as they go, without changing what they say.

    python benchmarks/pack_recorded.py     # rewrites cached_checkpoints/recorded/*.zip where that makes them smaller

Exports are compressed quickly; what every copy of the repository carries may take longer once. Each table is read back
and compared before it takes the old one's place. One line an archive: its bytes before and after.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

RECORDED = Path(__file__).resolve().parents[1] / "cached_checkpoints" / "recorded"
MANIFEST = "manifest.json"
FLOATS = ("loss", "entropy", "phi")


def smallest(content: bytes) -> bytes:
    """The same table in the smallest file of those tried, its old one among them."""
    table = pq.read_table(io.BytesIO(content))
    tried = [_written(table, codec, level) for codec, level in (("brotli", 11), ("zstd", 22))]
    return min([content, *(one for one in tried if pq.read_table(io.BytesIO(one)).equals(table))], key=len)


def _written(table: pa.Table, codec: str, level: int) -> bytes:
    columns, buffer = table.column_names, io.BytesIO()
    pq.write_table(table, buffer, compression=codec, compression_level=level, store_schema=False,
                   write_statistics=False,
                   use_dictionary=[name for name in ("run", "set") if name in columns],
                   column_encoding={name: "BYTE_STREAM_SPLIT" if name in FLOATS else "DELTA_BINARY_PACKED"
                                    for name in (*FLOATS, "sample") if name in columns})
    return buffer.getvalue()


def packed(path: Path) -> bytes:
    """An archive with its tables as small as they go, and the sums in its manifest as they are then."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new:
        manifest = json.loads(old.read(MANIFEST))
        for name, content in ((name, old.read(name)) for name in old.namelist() if name != MANIFEST):
            kept = smallest(content) if name.endswith(".parquet") else content
            manifest["members"][name] = {"sha256": hashlib.sha256(kept).hexdigest(), "bytes": len(kept)}
            new.writestr(_dateless(name), kept)
        new.writestr(_dateless(MANIFEST), json.dumps(manifest))
    return buffer.getvalue()


def _dateless(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
    return info


def main() -> None:
    for path in sorted(RECORDED.glob("*.zip")):
        before, content = path.stat().st_size, packed(path)
        if len(content) < before:
            path.write_bytes(content)
        print(f"{path.name}: {before:,} -> {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
