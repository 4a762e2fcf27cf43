"""What a card's samples look like: a line of pictures or two short texts, of those that ship with the app."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui.unlearn.samples import plain

if TYPE_CHECKING:
    from engine.runs.excerpt import Sample
    from engine.runs.records import Run

PICTURES, TEXTS, SHORT = 6, 2, 60  # samples on a card, and the longest text in characters
SIDE = 48  # pixels on the screen


def show(run: Run) -> None:
    """Samples that the run had to forget, of as many classes; nothing where none ship."""
    from engine.runs.excerpt import one_a_class

    found = one_a_class(run, SHORT)
    if not found:
        return
    if "text" in found[0].shown:
        for sample in found[:TEXTS]:
            st.markdown(f"“{plain(sample.shown['text'])}” :gray[{plain(sample.label)}]")
    else:
        st.html(strip(found[:PICTURES]))


def strip(samples: Sequence[Sample]) -> str:
    """Pictures side by side, each with its label as its text alternative."""
    return "".join(f'<img src="{_png(one.shown["picture"])}" alt="{html.escape(one.label)}" width="{SIDE}" '
                   f'height="{SIDE}" style="image-rendering: pixelated; border-radius: .25rem; margin: 0 .3rem .3rem 0">'
                   for one in samples)


def _png(picture: Any) -> str:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(picture[..., 0] if picture.shape[2] == 1 else picture).save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
