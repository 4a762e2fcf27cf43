"""What a form changed by itself after another data set was chosen: a sentence, as long as the form stays so."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from ui.common import words
from ui.common.state import Slot

Query = Mapping[str, str]  # a form as its address


def note(slot: Slot[tuple[str, Query]], dataset: str, before: Query, now: Query, spoken: Mapping[str, str],
         shown: Mapping[str, str] | None = None) -> None:
    """Keeps the sentence; ``spoken`` names the fields worth a word, ``shown`` says values that need other words."""
    said = {name: (shown or {}).get(name, now.get(name, "none").replace(" ", ", ")) for name in spoken
            if before.get(name, "") != now.get(name, "")}
    changed = "; ".join(f"{spoken[name]} {value}" for name, value in said.items() if value)
    slot.put((f"Changed for {words.title_of('dataset', dataset)}: {changed}." if changed else "", now))


def show(slot: Slot[tuple[str, Query]], now: Query) -> None:
    """The sentence, while the form is as it was left then."""
    said, then = slot.get()
    if said and now == then:
        st.caption(f":material/swap_horiz: {said}")
