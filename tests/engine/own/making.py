"""What tests of own data share: folders of pictures and tables that they write."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
from PIL import Image

CLASSES = ("circle", "square")


def picture(seed: int, size=(12, 12), mode: str = "RGB") -> Image.Image:
    channels = {"L": (), "RGB": (3,), "RGBA": (4,), "CMYK": (4,)}[mode]
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], *channels), dtype=np.uint8)
    return Image.fromarray(pixels, mode)


def pictures(folder: Path, classes=CLASSES, each: int = 30, first: int = 0, **more) -> Path:
    """A folder a class with PNG files, no two alike."""
    for place, name in enumerate(classes):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(each):
            picture(first + place * each + number, **more).save(folder / name / f"{number:03}.png")
    return folder


def texts(count: int, first: int = 0) -> tuple[list[str], list[str]]:
    """Comments and moods, no two comments alike."""
    moods = ["happy" if number % 2 else "sad" for number in range(count)]
    return [f"comment {first + number} is {mood}" for number, mood in enumerate(moods)], moods


def table(path: Path, columns: dict[str, list]) -> Path:
    """A CSV, TSV, JSON lines or parquet file, by its ending."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = list(zip(*columns.values(), strict=True))
    if path.suffix == ".parquet":
        import pyarrow as pa
        from pyarrow import parquet

        parquet.write_table(pa.table(columns), path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(dict(zip(columns, row, strict=True))) + "\n" for row in rows))
    elif path.suffix == ".json":
        path.write_text(json.dumps([dict(zip(columns, row, strict=True)) for row in rows]))
    else:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, delimiter="\t" if path.suffix == ".tsv" else ",")
            writer.writerows([list(columns), *rows])
    return path


def comments(path: Path, count: int = 60, first: int = 0) -> Path:
    said, moods = texts(count, first)
    return table(path, {"comment": said, "mood": moods})


def rings(path: Path, count: int = 60, **more) -> Path:
    """A table of two rings around (10, 0), no two points alike."""
    outer = [number % 2 for number in range(count)]
    columns = {"x": [10 + (1 + one) * math.cos(0.7 * number) for number, one in enumerate(outer)],
               "y": [(1 + one) * math.sin(0.7 * number) for number, one in enumerate(outer)],
               "ring": ["outer" if one else "inner" for one in outer]}
    return table(path, columns | more)
