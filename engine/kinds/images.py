"""Images: squares of pixels; loaded they are :mod:`engine.data.images`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.own import guessing, pictures
from engine.own.kind import Found, OwnKind, Report, Scale
from engine.own.layouts import PICTURES
from engine.own.part import Part
from engine.own.sizes import SMALL, passes
from engine.own.tables import Rows
from engine.system.words import plural
from engine.types import Model, Recipe

COLUMNS = ("img", "image", "picture", "pixel_values", "pixels",
           "photo", "file_name", "filename", "file", "path", "image_path")
CHANNELS = 3  # of a person's own pictures
LARGE = 32  # pixels a side from which ResNet18 is worth its time with many samples
_COLOURS = ("RGBA", "P", "PA", "CMYK", "YCbCr", "LAB", "HSV")  # Pillow's modes of colour beside RGB


class Images(OwnKind):
    """Pictures, read by convolutions and the like."""

    name, noun, plural, unit = "image", "picture", "images", "pixels a side"
    like = "nearest to it pixel by pixel"
    convolved = read_as_trained = True
    option, field = "--image COLUMN", "Column of pictures"
    option_help = "the column of pictures, or of their files' names"
    sized = True

    def sure(self, rows: Rows, label: str | None) -> tuple[str, ...] | None:
        others = [column for column in rows.columns if column != label]
        if encoded := [column for column in rows.pictures if column in others]:
            return (encoded[0],)
        likely = sorted(others, key=lambda column: guessing.place(column, COLUMNS))
        found = next((column for column in likely if _holds_pictures(rows, column)), None)
        return None if found is None else (found,)

    def read(self, splits: Mapping[str, Rows], columns: tuple[str, ...], size: int | None, report: Report) -> Found:
        seen = {split: pictures.seen(rows, columns[0]) for split, rows in splits.items()}
        sizes = sum((one.sizes for one in seen.values()), Counter[tuple[int, int]]())
        modes = sum((one.modes for one in seen.values()), Counter[str]())
        usual = pictures.usual_side(sizes) if sizes else pictures.USUAL
        side = pictures.checked_side(size) if size else usual
        found, bad = {}, {}
        for split, rows in splits.items():
            def decoded(fraction: float, split: str = split) -> None:
                report(f"Decoding the {split} split", fraction)

            found[split], bad[split] = pictures.arrays(rows, columns[0], side, decoded)
        return Found(found, bad, _measured(sizes), side, _conversions(sizes, modes, side))

    def channels(self, input_size: int) -> int:
        return CHANNELS

    def scale(self, part: Part) -> Scale:
        """Of each channel on the 0 to 1 scale, rounded. One colour has deviation 1."""
        import numpy as np

        levels = np.arange(256) / 255
        counts = [np.bincount(part.samples[..., one].reshape(-1), minlength=256) for one in range(CHANNELS)]
        means = [float(np.average(levels, weights=count)) for count in counts]
        spread = [float(np.average((levels - mean) ** 2, weights=count)) ** 0.5
                  for mean, count in zip(means, counts, strict=True)]
        return tuple(round(mean, 4) for mean in means), tuple(round(one, 4) or 1.0 for one in spread)

    def data(self, train: Part, heldout: Part, **about: Any) -> Any:
        import torch

        from engine.data.images import Data, Pool, shift_and_flip

        pools = [Pool(torch.from_numpy(part.samples), torch.from_numpy(part.labels)) for part in (train, heldout)]
        return Data(train=pools[0], heldout=pools[1], augment=shift_and_flip, **about)

    def usual_model(self, input_size: int, train: int) -> str:
        return "resnet18" if input_size >= LARGE and train > SMALL else "small_cnn"

    def usual_recipe(self, train: int, model: Model | None, augment: bool) -> Recipe:
        if model is not None and model.recipes:  # its own, such as a transformer's, on the data set that ships
            return replace(next(iter(model.recipes.values())), batch_size=256 if train > SMALL else 64,
                           augment=augment, epochs=passes(train, 50, 60, 200_000))
        small = model is not None and model.name == "small_cnn"
        return Recipe("sgd", learning_rate=0.1 if train > SMALL and not small else 0.05, momentum=0.9,
                      weight_decay=5e-4, batch_size=256 if train > SMALL else 64,
                      epochs=passes(train, 20 if small else 50, 60, 200_000), final_lr_fraction=0.001,
                      augment=augment and not small)


def _holds_pictures(rows: Rows, column: str) -> bool:
    """Whether a column holds encoded pictures, arrays of numbers or names of picture files."""
    value = guessing.first(rows, column)
    if isinstance(value, dict):
        return bool({"bytes", "path"} & set(value))
    if isinstance(value, (bytes, bytearray)):
        return not _reads_as_text(bytes(value))
    if hasattr(value, "__len__") and not isinstance(value, str):
        return len(value) > 15 or (len(value) > 0 and isinstance(value[0], list))
    return isinstance(value, str) and Path(value).suffix.lower() in PICTURES


def _reads_as_text(value: bytes) -> bool:
    """Whether bytes are a text that was stored as such, and no encoded picture."""
    try:
        return value.decode().isprintable()
    except UnicodeDecodeError:
        return False


def _measured(sizes: Counter[tuple[int, int]]) -> str:
    """``64x64 pixels``, or the smallest and the largest."""
    if not sizes:
        return "no pictures"
    small, large = min(sizes, key=_area), max(sizes, key=_area)
    shown = [f"{width}x{height}" for width, height in dict.fromkeys((small, large))]
    return f"{' to '.join(shown)} pixels"


def _area(size: tuple[int, int]) -> tuple[int, int]:
    return size[0] * size[1], size[0]


def _conversions(sizes: Counter[tuple[int, int]], modes: Counter[str], side: int) -> Sequence[str]:
    notes = []
    if any(width != height for width, height in sizes):
        notes.append("Pictures that are not square are cut to their middle square and brought to "
                     f"{side}x{side} pixels; choose another size with --size.")
    elif any(size != (side, side) for size in sizes):
        notes.append(f"Pictures are brought to {side}x{side} pixels; choose another size with --size.")
    if grey := sum(count for mode, count in modes.items() if mode in ("1", "L", "LA") or mode.startswith("I")):
        notes.append(f"{grey:,} grey {plural(grey, 'picture')} become{'s' if grey == 1 else ''} RGB.")
    if other := sum(count for mode, count in modes.items() if mode in _COLOURS):
        notes.append(f"{other:,} {plural(other, 'picture')} of another colour mode (RGBA, palette or CMYK) "
                     f"become{'s' if other == 1 else ''} RGB, transparent parts on white.")
    return notes


KIND = Images()
