"""The usable samples of every split, pictures or texts, and what was left out and why."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.own import pictures
from engine.own.columns import Columns
from engine.own.labels import Numbered
from engine.own.tables import Rows
from engine.system.words import a_kind, plural

if TYPE_CHECKING:
    import numpy as np

HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
WORDS = 40  # of a text that models read
_COLOURS = ("RGBA", "P", "PA", "CMYK", "YCbCr", "LAB", "HSV")  # Pillow's modes of colour beside RGB
_SEED = 0  # which samples are held out never varies
Report = Callable[[str, float | None], None]


@dataclass(frozen=True)
class Part:
    """A split's samples, uint8 (N, side, side, 3) or N texts, their classes int64 (N,), and where each came from."""

    samples: Any
    labels: np.ndarray
    places: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)

    def counts(self, classes: int) -> tuple[int, ...]:
        import numpy as np

        return tuple(int(count) for count in np.bincount(self.labels, minlength=classes))

    def only(self, rows: Sequence[int]) -> Part:
        """These rows, in this order."""
        import numpy as np

        index = np.asarray(rows, dtype=np.int64)
        chosen = self.samples[index] if hasattr(self.samples, "shape") else [self.samples[row] for row in index]
        return Part(chosen, self.labels[index], tuple(self.places[row] for row in index))

    def without(self, rows: Iterable[int]) -> Part:
        out = set(rows)
        return self.only([row for row in range(len(self)) if row not in out]) if out else self


@dataclass(frozen=True)
class Read:
    """What reading came to beside the samples."""

    sizes: str
    input_size: int
    problems: tuple[str, ...]
    notes: tuple[str, ...]


def read(splits: Mapping[str, Rows], chosen: Columns, labels: Numbered, size: int | None,
         report: Report) -> tuple[dict[str, Part], Read]:
    """The samples of all splits that have a label and can be read."""
    reader = _images if chosen.kind == "image" else _texts
    found, bad, sizes, input_size, notes = reader(splits, chosen.sample, size, report)
    parts, problems = {}, []
    for split, rows in splits.items():
        out = {**bad[split], **{row: _unlabelled(value) for row, value in labels.strange[split].items()}}
        part = Part(found[split], _int64(labels.numbers[split]), tuple(rows.where(row) for row in range(len(rows))))
        parts[split] = part.without(out)
        said = _left_out(split, rows, out)
        if 2 * len(out) > len(rows) and split == "train":
            problems += said
        else:
            notes += said
    return parts, Read(sizes, input_size, tuple(problems), tuple(notes))


def held_out(part: Part, share: float) -> tuple[Part, Part]:
    """The training set and a share of it that is held out, drawn with a fixed seed."""
    from engine.system.rng import permutation

    order = permutation(len(part), _SEED, "own/heldout").tolist()
    count = round(share * len(part))
    return part.only(sorted(order[count:])), part.only(sorted(order[:count]))


def _unlabelled(value: Any) -> str:
    return f"its label is {value!r}"


def _left_out(split: str, rows: Rows, out: Mapping[int, str]) -> list[str]:
    """``2 of 60 training samples are left out: train.csv, row 17: its label is None.``"""
    if not out:
        return []
    shown = [f"{rows.said(row)}: {out[row]}" for row in sorted(out)[:3]]
    more = f"; and {len(out) - 3:,} more" if len(out) > 3 else ""
    return [f"{len(out):,} of the {len(rows):,} samples of the {split} split {'are' if len(out) > 1 else 'is'} left "
            f"out ({'; '.join(shown)}{more})."]


def _images(splits: Mapping[str, Rows], column: str, size: int | None,
            report: Report) -> tuple[dict[str, Any], dict[str, dict[int, str]], str, int, list[str]]:
    seen = {split: pictures.seen(rows, column) for split, rows in splits.items()}
    sizes = sum((one.sizes for one in seen.values()), Counter[tuple[int, int]]())
    modes = sum((one.modes for one in seen.values()), Counter[str]())
    usual = pictures.usual_side(sizes) if sizes else pictures.USUAL
    side = pictures.checked_side(size) if size else usual
    found, bad = {}, {}
    for split, rows in splits.items():
        def decoded(fraction: float, split: str = split) -> None:
            report(f"Decoding the {split} split", fraction)

        found[split], bad[split] = pictures.arrays(rows, column, side, decoded)
    return found, bad, _measured(sizes), side, _conversions(sizes, modes, side)


def _measured(sizes: Counter[tuple[int, int]]) -> str:
    """``64x64 pixels``, or the smallest and the largest."""
    if not sizes:
        return "no pictures"
    small, large = min(sizes, key=_area), max(sizes, key=_area)
    shown = [f"{width}x{height}" for width, height in dict.fromkeys((small, large))]
    return f"{' to '.join(shown)} pixels"


def _area(size: tuple[int, int]) -> tuple[int, int]:
    return size[0] * size[1], size[0]


def _conversions(sizes: Counter[tuple[int, int]], modes: Counter[str], side: int) -> list[str]:
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


def _texts(splits: Mapping[str, Rows], column: str, size: int | None,
           report: Report) -> tuple[dict[str, Any], dict[str, dict[int, str]], str, int, list[str]]:
    found = {split: rows.values(column) for split, rows in splits.items()}
    bad = {split: {row: why for row, text in enumerate(texts) if (why := _no_text(text))}
           for split, texts in found.items()}
    lengths = sorted(len(text.split()) for split, texts in found.items() for row, text in enumerate(texts)
                     if row not in bad[split])
    long = sum(length > WORDS for length in lengths)
    notes = [f"{long:,} {plural(long, 'text')} {'is' if long == 1 else 'are'} longer than the {WORDS} words that "
             "models read: their ends are not used."] if long else []
    if size:
        notes.append("--size is about pictures and has no effect on texts.")
    measured = _words(lengths) if lengths else "no texts"
    return found, bad, measured, WORDS, notes


def _words(lengths: Sequence[int]) -> str:
    """``1 to 31 words, half have at most 12``, of lengths in order."""
    low, high, half = lengths[0], lengths[-1], lengths[len(lengths) // 2]
    return f"{low} {plural(low, 'word')} each" if low == high else f"{low} to {high} words, half have at most {half}"


def _no_text(text: Any) -> str | None:
    """Why a cell is no text, None where it is one."""
    if text is None:
        return "there is no text"
    if not isinstance(text, str):
        return f"its text is {str(text)[:40]!r}, {a_kind(text)}"
    return None if text.strip() else "its text is empty"


def _int64(values: Sequence[int]) -> np.ndarray:
    import numpy as np

    return np.asarray(values, dtype=np.int64)
