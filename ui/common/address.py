"""Warnings about what an address holds and a page cannot use."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

import streamlit as st

from engine.errors import Problem
from ui.common.words import short

HIDE = "hide"  # the parameter that names the controls that a teacher has hidden
PRESENT = "present"  # the parameter of present mode, which every page understands


def unused(understood: Sequence[str], page: str, instead: str) -> list[Problem]:
    """A sentence that names every parameter of the address that the page does not know; none where it knows all."""
    strange = [name for name in st.query_params if name not in (*understood, PRESENT)]
    if not strange:
        return []
    named = ", ".join(f"`{_short(name)}={_short(st.query_params[name])}`" for name in strange)
    takes = f"only {', '.join(understood)}" if understood else "nothing"
    near = [match for name in strange for match in difflib.get_close_matches(name, understood, n=1)]
    hint = f" Did you mean {' and '.join(dict.fromkeys(near))}?" if near else ""
    return [Problem(None, f"The link's {named} could not be used: the page {page} takes {takes} from its address."
                          f"{hint} {instead}")]


def warn(problems: Iterable[Problem]) -> None:
    """Shows what was wrong with a link."""
    for problem in problems:
        st.warning(problem, icon=":material/link_off:")


def _short(text: str) -> str:
    return short(text.replace("`", "'"))
