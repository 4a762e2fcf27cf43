"""What a form changed by itself after another data set was chosen: a sentence, as long as the form stays so."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from ui.common import words
from ui.common.state import Slot

Query = Mapping[str, str]  # a form as its address


def note(slot: Slot[tuple[str, Query]], dataset: str, before: Query, now: Query, said: Mapping[str, str]) -> None:
    """Keeps the sentence: ``said`` has for each field, by its name in the address, what it is now, in words."""
    changed = dict.fromkeys(text for name, text in said.items() if before.get(name) != now.get(name))
    title = words.title_of("dataset", dataset)
    slot.put((f"Changed for {title}: {'; '.join(changed)}." if changed else "", now))


def show(slot: Slot[tuple[str, Query]], now: Query) -> None:
    """The sentence, while the form is as it was left then."""
    said, then = slot.get()
    if said and now == then:
        st.caption(f":material/swap_horiz: {said}")
