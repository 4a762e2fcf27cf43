"""A box for a list of samples: pasted, uploaded or ticked elsewhere; what is wrong with it is said below it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from engine import sample_lists
from engine.errors import BadSpec
from engine.registry import all_of
from engine.sample_lists import Asked
from engine.types import Dataset, declared
from ui.common.said import plain
from ui.common.state import Slot

SHOWN = "3, 17, 256"


class Said:
    """The place of a problem that is said already."""

    def error(self, *_: Any, **__: Any) -> None:
        """Says nothing."""


def box(dataset: Dataset, key: str, label: str, help: str) -> tuple[str, Any]:
    """The name of the kept list, empty where there is none; and the place for what else is wrong with it."""
    text: str = st.text_area(label, key=key, persist_state="session", placeholder=SHOWN, height=100,
                             help=f"{help} Paste numbers from 0 to {dataset.train_size - 1:,}, apart by spaces, commas "
                                  "or lines; a table with a column “sample”; or a JSON list.")
    below = st.container()  # what is wrong with the text stands right under it
    st.file_uploader("Upload a list", type=["csv", "tsv", "txt", "json"], key=f"{key}.file", on_change=_take,
                     args=(key,), help="CSV, JSON or text. Its content is put into the box above.")
    for said in Slot[tuple[str, ...]](f"{key}.said", ()).get():
        st.error(plain(said), icon=":material/error:")
    if not text.strip():
        return "", below.empty()
    try:
        with below:
            column = _column(text, key)
        numbers = sample_lists.read_text(text, Asked(dataset.name, dataset.train_size), column)
    except BadSpec as error:
        for problem in error.problems:
            below.error(plain(problem), icon=":material/error:")
        return "", Said()
    return sample_lists.keep(numbers), below.empty()


def _column(text: str, key: str) -> str | None:
    """The column that holds the numbers, asked where a table has several and none is called as usual."""
    columns = sample_lists.columns(text)
    if len(columns) < 2 or sample_lists.USUAL in columns:
        return None
    return st.selectbox("Column with the sample numbers", columns, key=f"{key}.column")


def _take(key: str) -> None:
    """Puts an uploaded file's content into the box."""
    file, said = st.session_state.get(f"{key}.file"), Slot[tuple[str, ...]](f"{key}.said", ())
    if file is None:
        return
    try:
        Slot(key, "").put(file.getvalue().decode("utf-8-sig"))
        said.put(())
    except UnicodeDecodeError as error:
        said.put((f"{file.name} is not UTF-8 text (byte {error.start:,}): save the list as UTF-8.",))


def written(name: str) -> str:
    """A kept list as the box shows it; empty where it is not at hand."""
    try:
        return ", ".join(map(str, sample_lists.load(name))) if name else ""
    except BadSpec:
        return ""


def scenario_with_list() -> tuple[str, str] | None:
    """The first scenario that goes by a list, and the parameter that holds it; None without one."""
    return next(((one.name, h.name) for one in all_of("scenario") for h in declared(one.parameters)
                 if h.kind == "samples"), None)


def merged(text: str, numbers: Sequence[int]) -> str:
    """A box's text with more samples, those that are in it already left as they are."""
    there = {word for word in text.replace(",", " ").split() if word.isdigit()}
    more = [str(number) for number in numbers if str(number) not in there]
    return ", ".join([*([text.strip().rstrip(",")] if text.strip() else []), *more])
