"""The address of the page that is shown, and warnings about what an address holds and a page cannot use."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from engine.errors import Problem
from ui.common.said import code, plain, short

HIDE = "hide"  # the parameter that names the controls that a teacher has hidden
PRESENT = "present"  # the parameter of present mode, which every page understands
PAGES = ("learn", "playground", "unlearn", "exposed", "compare", "robustness", "evidence", "runs", "selected")


class Marked(Problem):
    """A problem whose sentence is Markdown already, with what was asked for in it as code."""


def here() -> str:
    """The address of the page that is shown, without parameters; empty where no browser has given one."""
    return mended(st.context.url or "", st.get_option("server.baseUrlPath"))


def mended(url: str, base: str = "") -> str:
    """A page's address as Streamlit gives it, without what Streamlit leaves of another page's name.

    To change the page in an address, Streamlit cuts off the first page's name that the address ends with: of
    ``/unlearn`` it cuts ``learn``, and comes to ``/un/unlearn``. ``base`` is the server's own base path.
    """
    parts = urlsplit(url)
    *before, page = parts.path.strip("/").split("/")
    rest = bool(before) and any(before[-1] + name in PAGES for name in PAGES)
    if page in PAGES and rest and before != base.strip("/").split("/"):
        before.pop()
    return urlunsplit((parts.scheme, parts.netloc, "/".join(["", *before, page]) if page else "", "", ""))


def to(query: Mapping[str, str]) -> str:
    """The address of the page that is shown, with these parameters."""
    return f"{here()}?{urlencode(query)}"


def unused(understood: Sequence[str], page: str, instead: str) -> list[Problem]:
    """A sentence that names every parameter of the address that the page does not know; none where it knows all."""
    strange = [name for name in st.query_params if name not in (*understood, PRESENT)]
    if not strange:
        return []
    named = ", ".join(code(f"{short(name)}={short(st.query_params[name])}") for name in strange)
    takes = f"only {', '.join(understood)}" if understood else "nothing"
    near = [match for name in strange for match in difflib.get_close_matches(name, understood, n=1)]
    hint = f" Did you mean {' and '.join(dict.fromkeys(near))}?" if near else ""
    return [Marked(None, f"The link's {named} could not be used: the page {page} takes {takes} from its address."
                         f"{hint} {instead}")]


def warn(problems: Iterable[Problem]) -> None:
    """Shows what was wrong with a link."""
    for problem in problems:
        st.warning(as_markdown(problem), icon=":material/link_off:")


def as_markdown(problem: Problem) -> str:
    """A problem's sentence as Markdown, escaped where it is not Markdown already."""
    return problem if isinstance(problem, Marked) else plain(problem)
