"""Small pictures side by side, each with a text alternative: whole pixels, so that nothing is blurred."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Picture:
    """``pixels``, uint8 (H, W, 1 or 3), what it is in words, and what is written under it."""

    pixels: Any
    alt: str
    caption: str = ""


def strip(pictures: Iterable[Picture], side: int) -> str:
    """The pictures in one line as HTML, ``side`` pixels each or less where there is no room."""
    return f'<div style="display: flex; gap: .4rem">{"".join(_figure(one, side) for one in pictures)}</div>'


def _figure(one: Picture, side: int) -> str:
    image = (f'<img src="{data_uri(one.pixels)}" alt="{html.escape(one.alt)}" style="width: 100%; aspect-ratio: 1; '
             f'image-rendering: pixelated; border-radius: .25rem">')
    caption = (f'<figcaption style="font-size: .75rem; line-height: 1.2; opacity: .8">{html.escape(one.caption)}'
               "</figcaption>") if one.caption else ""
    return f'<figure style="margin: 0; flex: 0 1 {side}px; min-width: 0">{image}{caption}</figure>'


def data_uri(pixels: Any) -> str:
    """A picture as a PNG in an address."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
