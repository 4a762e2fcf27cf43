"""What one takes away from a page: files to export, and the address that shows the same again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from ui.common import address

REPORT = "Report, one HTML file"


@dataclass(frozen=True)
class Export:
    """A file on offer: its title in the list, its ending and media type, what makes its text, a sentence of help."""

    title: str
    ending: str
    media_type: str
    write: Callable[[], str]
    help: str


def show(page: str, stem: str, files: Sequence[Export], charts: str, query: Mapping[str, str], link: str = "") -> None:
    """[Export] and [Link] side by side.

    ``page`` begins the buttons' keys, ``stem`` is the files' name, ``charts`` a sentence on pictures, ``link`` one on
    the address with the parameters ``query``.
    """
    export, copied, _ = st.columns([1, 1, 2])
    with export.popover("Export", icon=":material/download:", width="stretch"):
        for file in files:
            st.download_button(file.title, file.write, f"{stem}.{file.ending}", file.media_type, on_click="ignore",
                               key=f"{page}.export.{file.ending}", width="stretch", help=file.help)
        st.caption(charts)
    with copied.popover("Link", icon=":material/link:", width="stretch"):
        if link:
            st.caption(link)
        st.code(address.to(query), language=None, wrap_lines=True)
