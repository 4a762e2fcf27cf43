"""A few samples of the recorded runs whose data do not come with the app: pictures or texts, and what was said of them.

One zip a data set in ``cached_checkpoints/excerpts``, written by ``python -m engine archive excerpt``
(:mod:`engine.runs.excerpting` has the rule by which the samples are chosen):

    manifest.json   format, version, data set, fingerprint of the data, credit, rule, sizes of the sets, runs and their
                    splits, and the sha256 of every other member
    pool.parquet    a row a sample: pool, sample, label, truth, before, loss_before, right_before, twin (a row or -1),
                    and text where the data are texts
    sprite.webp     the pictures in the order of the rows, 32 in a line; not for texts
    lists.parquet   split, set, row: which samples belong to the runs of a split
    said.parquet    run, set, sample, loss, entropy, correct, predicted: of runs that ship without a per-sample table

An excerpt is used for the runs that it lists only, where their data and split are those it was made of.
"""

from __future__ import annotations

import functools
import hashlib
import io
import json
import logging
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from engine.errors import BadArchive
from engine.originals.checkpoints import SHIPPED
from engine.registry import find
from engine.runs.records import Run
from engine.runs.sources import Pool
from engine.system.decency import is_clean
from engine.system.files import frame_of
from engine.system.shown import text_of

if TYPE_CHECKING:
    from pandas import DataFrame

FOLDER, SUFFIX = SHIPPED / "excerpts", ".zip"
FORMAT, VERSION = "machine-unlearning-excerpt", 1
MANIFEST, POOL, SPRITE, LISTS, SAID = ("manifest.json", "pool.parquet", "sprite.webp", "lists.parquet", "said.parquet")
IN_A_LINE = 32
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Excerpt:
    """The samples of one data set that ship, a :class:`engine.runs.sources.Source` without the data.

    ``pool`` has the columns of ``pool.parquet``, ``tiles`` the pictures, uint8 (N, H, W, C), in its order.
    """

    about: Mapping[str, Any]
    pool: DataFrame
    lists: DataFrame
    said: DataFrame | None
    tiles: np.ndarray | None

    @property
    def classes(self) -> Sequence[str]:
        dataset = find("dataset", self.about["dataset"])
        return () if dataset is None else tuple(dataset.classes)

    def shown(self, pool: Pool, number: int) -> Mapping[str, Any]:
        row = self._rows.get((pool, number))
        if row is None:
            return {}
        return {"picture": self.tiles[row]} if self.tiles is not None else {"text": str(self.pool.at[row, "text"])}

    def label(self, pool: Pool, number: int) -> str | None:
        return self._cell(pool, number, "label") or None

    def truth(self, pool: Pool, number: int) -> str | None:
        return self._cell(pool, number, "truth") or None

    def with_before(self, rows: DataFrame) -> DataFrame:
        mine = self.pool[self.pool["pool"] == "train"]
        mine = mine.assign(said_before=mine["before"])[["sample", "said_before", "loss_before", "right_before"]]
        kept: DataFrame = rows.merge(mine, on="sample")
        return kept

    def right_before(self, number: int) -> bool:
        """Whether the Original classified a training sample rightly."""
        return bool(self._cell("train", number, "right_before"))

    def twin(self, number: int) -> int | None:
        row = self._cell("train", number, "twin")
        return int(cast(int, self.pool.at[row, "sample"])) if row is not None and row >= 0 else None

    def numbers(self, run: Run, name: str) -> list[int]:
        """The numbers of the samples of the run's set ``forget`` or ``test`` that ship."""
        mine = self.lists[(self.lists["split"] == run.split) & (self.lists["set"] == name)]
        return [int(number) for number in self.pool["sample"].to_numpy()[mine["row"]]]

    def total(self, run: Run, name: str) -> int:
        """How many samples that set has in all."""
        return int(self.about["sizes"][run.split][name])

    def frame(self, run: Run, table: DataFrame | None) -> DataFrame | None:
        """The rows of a run's per-sample table that are here, of its ``table`` or of the one in the excerpt."""
        import pandas as pd

        if table is None and self.said is not None:
            table = self.said[self.said["run"] == run.id]
        if table is None or table.empty:
            return None
        parts = [table[(table["set"] == name) & table["sample"].isin(self.numbers(run, name))]
                 for name in ("forget", "test")]
        return pd.concat(parts, ignore_index=True)

    def _cell(self, pool: Pool, number: int, column: str) -> Any:
        row = self._rows.get((pool, number))
        return None if row is None else self.pool.at[row, column]

    @functools.cached_property
    def _rows(self) -> dict[tuple[str, int], int]:
        return {(pool, int(number)): row
                for row, (pool, number) in enumerate(zip(self.pool["pool"], self.pool["sample"], strict=True))}


@dataclass(frozen=True)
class Sample:
    """A sample to look at: its ``picture`` or ``text``, and its label."""

    shown: Mapping[str, Any]
    label: str


def one_a_class(run: Run, longest: int, folder: Path = FOLDER) -> list[Sample]:
    """The first forget sample of each class of a run that ships, of those that the Original classifies rightly.

    Texts are the longest of at most ``longest`` characters without strong language; samples with several labels are
    left out.
    """
    found = excerpt_of(run, folder)
    if found is None:
        return []
    rows = {number: found.shown("train", number) for number in found.numbers(run, "forget")
            if found.right_before(number)}
    first: dict[str, Sample] = {}
    for number, shown in sorted(rows.items(), key=lambda one: (-len(text_of(one[1])), one[0])):
        label = found.label("train", number) or ""
        text = text_of(shown)
        if label in found.classes and len(text) <= longest and is_clean(text):
            first.setdefault(label, Sample(shown, label))
    return list(first.values())


def excerpt_of(run: Run, folder: Path = FOLDER) -> Excerpt | None:
    """The excerpt with samples of this run; None where none ships. A damaged one is left out and logged."""
    found = excerpt(run.spec.dataset, folder)
    if found is None or run.data is None or found.about["runs"].get(run.id) != run.split:
        return None
    return found if found.about["data"].startswith(run.data) else None


def excerpt(dataset: str, folder: Path = FOLDER) -> Excerpt | None:
    """The excerpt of a data set, read once a process; None where there is none."""
    path = folder / f"{dataset}{SUFFIX}"
    return _read(path, path.stat().st_mtime_ns) if path.is_file() else None


@functools.lru_cache(maxsize=8)
def _read(path: Path, stamp: int) -> Excerpt | None:
    try:
        return read_excerpt(path)
    except BadArchive as error:
        log.warning("the samples of %s cannot be shown: %s", path.stem, error)
        return None


def read_excerpt(path: Path) -> Excerpt:
    """An excerpt's file, checked against the hashes in its manifest. Raises BadArchive."""
    try:
        with zipfile.ZipFile(path) as archive:
            about = json.loads(archive.read(MANIFEST))
            if (about["format"], about["version"]) != (FORMAT, VERSION):
                raise BadArchive(f"{path.name} is not an excerpt of samples that this version knows.")
            parts = {name: archive.read(name) for name in about["members"]}
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
        raise BadArchive(f"{path.name} cannot be read as an excerpt of samples ({type(error).__name__}): fetch it "
                         "again from the repository.") from error
    for name, content in parts.items():
        if hashlib.sha256(content).hexdigest() != about["members"][name]:
            raise BadArchive(f"{path.name} is damaged: the sha256 of its member {name} is not the one in {MANIFEST}.")
    pool = frame_of(parts[POOL])
    tiles = _tiles(parts[SPRITE], len(pool), about["tile"]) if SPRITE in parts else None
    return Excerpt(about, pool, frame_of(parts[LISTS]), frame_of(parts[SAID]) if SAID in parts else None, tiles)


def sprite_of(tiles: np.ndarray, quality: int | None) -> bytes:
    """Pictures, uint8 (N, H, W, 1 or 3), as one WebP file, without loss where ``quality`` is None."""
    from PIL import Image

    count, high, wide, _ = tiles.shape
    lines = -(-count // IN_A_LINE)
    sheet = np.zeros((lines * IN_A_LINE, high, wide, 3), np.uint8)
    sheet[:count] = tiles  # one channel fills all three
    whole = sheet.reshape(lines, IN_A_LINE, high, wide, 3).swapaxes(1, 2).reshape(lines * high, IN_A_LINE * wide, 3)
    buffer = io.BytesIO()
    Image.fromarray(whole).save(buffer, "WEBP", lossless=quality is None, quality=quality or 100, method=6)
    return buffer.getvalue()


def _tiles(sprite: bytes, count: int, tile: Sequence[int]) -> np.ndarray:
    """What :func:`sprite_of` was given."""
    from PIL import Image

    high, wide, channels = tile
    whole = np.asarray(Image.open(io.BytesIO(sprite)).convert("RGB"))
    lines = whole.shape[0] // high
    sheet = whole.reshape(lines, high, IN_A_LINE, wide, 3).swapaxes(1, 2).reshape(-1, high, wide, 3)
    return sheet[:count, ..., :channels]
