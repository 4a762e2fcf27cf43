"""Teacher mode beyond the lessons: ``hide=method,settings`` in an address takes controls out of sight.

They are hidden by style alone, also from the Tab key: a form keeps what its hidden controls say.
"""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from engine.errors import Problem
from ui.common import address as link
from ui.common.address import HIDE
from ui.common.said import short
from ui.common.state import Slot

PRESENT_CORNER = ".st-key-present-corner"
UNLEARN: Mapping[str, str] = {
    "form": ".stMain [data-testid=stColumn]:has(.st-key-settings), .st-key-drawer",
    "data": ".st-key-dataset, .st-key-original, .st-key-continues",
    "forget": ".st-key-scenario, .st-key-scenario-about, .st-key-forget, .st-key-settings [class*=st-key-class], "
              ".st-key-settings [class*=st-key-select-], .st-key-settings [class*=st-key-who]",
    "method": ".st-key-method", "settings": ".st-key-settings [data-testid=stExpander]",
    "launch": ".st-key-launch, .st-key-view :is([class*=st-key-again], [class*=st-key-more-])",
    "picture": ".st-key-view .stage",
    "keys": PRESENT_CORNER}
PLAYGROUND: Mapping[str, str] = {
    "data": ".pg label:has(.pg-data)", "noise": ".pg label:has(.pg-noise)", "alpha": ".pg label:has(.pg-alpha)",
    "brake": ".pg label:has(.pg-brake)", "size": ".pg label:has(.pg-size)", "forget": ".pg-group:has(.pg-wrong)",
    "play": ".pg-group:has(.pg-play), .pg-time", "picture": ".pg-maps", "numbers": ".pg-numbers",
    "keys": PRESENT_CORNER}


def apply(page: str, parts: Mapping[str, str]) -> None:
    """Hides what the address names, for the whole session; what it cannot name is said."""
    kept: Slot[str] = Slot(f"hide.{page}", "")
    if asked := st.query_params.get(HIDE, ""):
        kept.put(asked)
    elif kept.get():
        st.query_params[HIDE] = kept.get()
    named = [name for name in kept.get().split(",") if name]
    link.warn(problems(named, parts))
    if hidden := [parts[name] for name in named if name in parts]:
        st.html(f"<style>{', '.join(hidden)} {{ display: none !important; }}</style>")


def problems(named: list[str], parts: Mapping[str, str]) -> list[Problem]:
    """A sentence about names that the page does not have."""
    if not (strange := sorted(set(named) - parts.keys())):
        return []
    return [Problem(HIDE, f"The link's hide: {short(', '.join(strange))!r} is not valid. Valid: {', '.join(parts)}, "
                          "with commas between them. It was ignored.")]
