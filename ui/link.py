"""What an address asks for and a page does not know, told in a sentence."""

from __future__ import annotations

import streamlit as st

from ui.words import short


def tell_unused(understood: tuple[str, ...], page: str, instead: str) -> None:
    """Names everything in the address that the page cannot use, and what is shown instead."""
    unused = [f"`{_short(name)}={_short(st.query_params[name])}`" for name in st.query_params if name not in understood]
    if unused:
        takes = f"only {', '.join(understood)}" if understood else "nothing"
        st.warning(f"The link's {', '.join(unused)} could not be used: the page {page} takes {takes} from its address. "
                   f"{instead}", icon=":material/link_off:")


def _short(text: str) -> str:
    return short(text.replace("`", "'"))
