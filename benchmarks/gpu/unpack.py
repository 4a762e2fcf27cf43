"""Writes the data once more with plain pixels, so that no later process decodes 60,000 pictures.

``python -m benchmarks.gpu.unpack FROM TO``; pixels and labels are the same, and with them every fingerprint.
"""

from __future__ import annotations

import io
import shutil
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from engine.system.machine import cores

CHUNK = 2_000


def plain(pictures: list[bytes]) -> list[bytes]:
    """Pictures of any format as uncompressed ones."""
    from PIL import Image

    found = []
    for picture in pictures:
        made = io.BytesIO()
        Image.open(io.BytesIO(picture)).convert("RGB").save(made, "PPM")
        found.append(made.getvalue())
    return found


def unpack(source: Path, target: Path) -> None:
    """One parquet file; its column ``img`` becomes plain pixels, the others stay."""
    table = pq.read_table(source).replace_schema_metadata(None)  # it names a library that need not be there
    if "img" in table.column_names:
        cells = [cell["bytes"] for cell in table.column("img").to_pylist()]
        parts = [cells[at:at + CHUNK] for at in range(0, len(cells), CHUNK)]
        with ProcessPoolExecutor(cores()) as pool:
            pictures = [{"bytes": one, "path": None} for part in pool.map(plain, parts) for one in part]
        at = table.column_names.index("img")
        cell = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
        table = table.set_column(at, "img", pa.array(pictures, cell))
    target.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, target, compression="none", use_dictionary=False)


def main() -> None:
    source, target = map(Path, sys.argv[1:])
    for file in sorted(source.rglob("*")):
        if file.is_file():
            to = target / file.relative_to(source)
            to.parent.mkdir(parents=True, exist_ok=True)
            unpack(file, to) if file.suffix == ".parquet" else shutil.copy(file, to)
    (target / "unpacked").touch()


if __name__ == "__main__":
    main()
