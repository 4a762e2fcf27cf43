"""Pictures of any size, colour and encoding to one uint8 array (N, side, side, 3), and which cannot be read."""

from __future__ import annotations

import io
import math
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import BadSource
from engine.own.layouts import special
from engine.own.tables import Rows

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

SMALLEST, LARGEST_KEPT, USUAL = 8, 64, 32  # pixels a side: models need 8; up to 64 pictures keep their size
CHUNK = 500
Report = Callable[[float], None]


@dataclass(frozen=True)
class Seen:
    """What the pictures of a split are before they are converted: sizes and modes with their numbers."""

    sizes: Counter[tuple[int, int]]
    modes: Counter[str]
    damaged: dict[int, str]  # by row, why it cannot be read


def seen(rows: Rows, column: str) -> Seen:
    """The headers of all pictures; the pixels are read by :func:`arrays`."""
    sizes: Counter[tuple[int, int]] = Counter()
    modes: Counter[str] = Counter()
    damaged: dict[int, str] = {}
    for row, value in _values(rows, column):
        try:
            picture = _picture(value, rows.folder)
        except Exception as error:  # Pillow raises nearly everything for what is no picture
            damaged[row] = _reason(error)
        else:
            sizes[picture.size] += 1
            modes[picture.mode] += 1
    return Seen(sizes, modes, damaged)


def usual_side(sizes: Counter[tuple[int, int]]) -> int:
    """The side that pictures are brought to unless another is asked for: their own where all are small squares."""
    (width, height), _ = sizes.most_common(1)[0]
    alike = len(sizes) == 1 and width == height
    return width if alike and SMALLEST <= width <= LARGEST_KEPT else USUAL


def arrays(rows: Rows, column: str, side: int, report: Report) -> tuple[np.ndarray, dict[int, str]]:
    """Pictures uint8 (N, side, side, 3) of all rows, and why some cannot be read, by row; those are black."""
    import numpy as np

    found = np.zeros((len(rows), side, side, 3), dtype=np.uint8)
    damaged: dict[int, str] = {}
    for row, value in _values(rows, column):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of odd metadata in a picture that can be read all the same
                found[row] = _fitted(_picture(value, rows.folder), side)
        except Exception as error:  # the same for a part of one
            damaged[row] = _reason(error)
        if row % CHUNK == 0:
            report(row / len(rows))
    return found, damaged


def _values(rows: Rows, column: str) -> Iterator[tuple[int, Any]]:
    for start in range(0, len(rows), CHUNK):
        yield from enumerate(rows.values(column, start, CHUNK), start)


def _picture(value: Any, folder: Path | None) -> Image:
    """A cell as a picture; its pixels are not decoded yet."""
    import numpy as np
    from PIL import Image

    if isinstance(value, dict) and ("bytes" in value or "path" in value):
        value = value.get("bytes") or value.get("path")
    if value is None:
        raise ValueError("there is no picture")
    if isinstance(value, (list, np.ndarray)):
        return Image.fromarray(_pixels(np.asarray(value)))
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        if isinstance(value, (bytes, bytearray)):
            return Image.open(io.BytesIO(value))
        return Image.open(_inside(str(value), folder))


def _inside(name: str, folder: Path | None) -> Path:
    """The file that a table names, beside the table or in a folder below; never one outside of it by ``..``."""
    path = Path(name)
    if ".." in path.parts and not path.is_absolute() and folder is not None:
        raise ValueError("its path leads out of the folder")
    found = path if path.is_absolute() or folder is None else folder / path
    if special(found):
        raise ValueError("it is a pipe or a device")
    return found


def _pixels(values: np.ndarray) -> np.ndarray:
    """Numbers as pixels (H, W) or (H, W, 3), uint8; a flat row is a grey square, or 3x32x32 as CIFAR has it."""
    import numpy as np

    if values.dtype == object or values.dtype.kind not in "uif":
        raise ValueError("its numbers do not make a rectangle")
    if values.min() < 0 or values.max() > 255 or values.dtype.kind == "f":
        raise ValueError("its numbers are no whole numbers from 0 to 255")
    values = values.astype(np.uint8)
    if values.ndim == 1 and (side := math.isqrt(len(values))) ** 2 == len(values):
        return values.reshape(side, side)
    if values.ndim == 1 and len(values) == 3 * 32 * 32:
        return values.reshape(3, 32, 32).transpose(1, 2, 0)
    if values.ndim == 3 and values.shape[0] == 3 and values.shape[2] not in (1, 3, 4):
        return values.transpose(1, 2, 0)
    if values.ndim == 3 and values.shape[2] == 1:
        return values[:, :, 0]
    if values.ndim == 2 or (values.ndim == 3 and values.shape[2] in (3, 4)):
        return values
    raise ValueError(f"its {values.size:,} numbers have the shape {values.shape}, which is no picture")


def _fitted(picture: Image, side: int) -> np.ndarray:
    """The middle square of a picture in RGB, transparent parts on white, brought to ``side`` pixels."""
    import numpy as np
    from PIL import Image, ImageOps

    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith(("I", "F")):
        picture = _eight_bits(picture)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    picture = picture.convert("RGB")
    if picture.size != (side, side):
        picture = ImageOps.fit(picture, (side, side), Image.Resampling.BICUBIC)
    return np.asarray(picture)


def _eight_bits(picture: Image) -> Image:
    """A grey picture of 16 bits by its upper eight; Pillow alone would cut off whatever is above 255."""
    import numpy as np
    from PIL import Image

    values = np.asarray(picture)
    if values.dtype.kind == "f" or values.min() < 0 or values.max() > 65_535:
        raise ValueError("its pixels are no whole numbers of 8 or 16 bits")
    return Image.fromarray((values // 256 if values.max() > 255 else values).astype(np.uint8))


def _reason(error: BaseException) -> str:
    from PIL import Image, UnidentifiedImageError

    if isinstance(error, UnidentifiedImageError):
        return "it is no picture"
    if isinstance(error, FileNotFoundError):
        return f"there is no file {error.filename}"
    if isinstance(error, (Image.DecompressionBombWarning, Image.DecompressionBombError)):
        return "it has too many pixels"
    return str(error).splitlines()[0][:100] if str(error) else type(error).__name__


def checked_side(side: int) -> int:
    """The side that was asked for. Raises BadSource where no model reads it."""
    if not SMALLEST <= side <= 256:
        raise BadSource(f"--size is {side}, but must be from {SMALLEST} to 256 pixels a side.")
    return side
