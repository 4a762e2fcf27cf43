"""What a card's samples look like: a line of pictures or two short texts, of those that ship with the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine.system.shown import is_text
from ui.common.pictures import Picture, strip
from ui.common.said import plain

if TYPE_CHECKING:
    from engine.runs.records import Run

PICTURES, SHORT = 6, 60  # pictures on a card, and the longest text in characters
FEELINGS = ("joy", "sadness")  # the classes that texts are shown of
SIDE = 48  # pixels on the screen


def show(run: Run) -> None:
    """Samples that the run had to forget, one a class; nothing where none ship."""
    from engine.runs.excerpt import one_a_class

    found = one_a_class(run, SHORT)
    if found and is_text(found[0].shown):
        for sample in [one for one in found if one.label in FEELINGS]:
            st.markdown(f"“{plain(sample.shown['text'])}” :gray[{plain(sample.label)}]")
    elif found:
        st.html(strip([Picture(one.shown["picture"], one.label) for one in found[:PICTURES]], SIDE))
