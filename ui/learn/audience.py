"""The teacher's tools: a link for the audience and its QR code, what that link hides, and the reset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from engine.errors import BadInput
from ui.common import qr
from ui.common.address import here
from ui.common.said import plain, short
from ui.frame import present
from ui.learn import predictions
from ui.learn.place import HIDEABLE, Place, write

LOCAL = ("localhost", "127.0.0.1", "::1", "")  # names by which a computer knows only itself


def show(place: Place) -> None:
    """A row of two buttons: the link with its QR code, and the reset."""
    with st.container(horizontal=True, key="lesson-teacher"):
        if st.button("For the audience", icon=":material/qr_code:", key="lesson-audience",
                     on_click=present.close_corner):  # its window would lie over the code
            _link(place)
        with st.popover("Next class", icon=":material/restart_alt:", key=predictions.key("next")):
            st.markdown("Clears this browser's predictions and answers and returns to lesson 1. Runs are kept.")
            st.button("Reset for the next class", key="lesson-reset", on_click=_reset)


def _reset() -> None:
    """For the next class, which finds no open window either: those of another class have other keys."""
    predictions.reset()
    present.close_corner()


@st.dialog("For the audience", width="large")
def _link(place: Place) -> None:
    """A dialog: the code has to be large enough for the last row."""
    settings, code = st.columns([3, 2], gap="large")
    with settings:
        hidden = st.multiselect("Hide for the audience", list(HIDEABLE), format_func=HIDEABLE.__getitem__,
                                default=sorted(place.hidden, key=list(HIDEABLE).index), key=predictions.key("hide"))
        host = st.text_input("Address of this computer in the room", placeholder="192.168.1.20:8501",
                             key=predictions.key("host"), persist_state="session",
                             help="Phones cannot open localhost. Type this computer's name or number in the network.")
        try:
            address = link(here(), host, replace(place, hidden=frozenset(hidden)))
        except BadInput as error:
            st.error(plain(error))
            return
        st.code(address, language=None, wrap_lines=True)
        if said := unreachable(here(), address, st.get_option("server.address"),
                               st.get_option("server.allowedHosts")):
            st.markdown(said)
    code.html(qr.picture(address))


def unreachable(opened: str, address: str, listens: str | None, allowed: Sequence[str] = ()) -> str:
    """Why no other machine can open an address, with the mend; nothing where one may.

    ``opened`` is the page's address in this browser, ``listens`` Streamlit's ``server.address``, None for everywhere;
    ``allowed`` are the names that the server answers to, all of them where there are none.
    """
    if listens in LOCAL and (urlsplit(opened).hostname or "") in LOCAL:
        return (f"**No other machine can open this.** The server listens on {listens} only, whatever address is typed. "
                "In a network that you trust, stop it and start it with `streamlit run app.py --server.address "
                "0.0.0.0` and, after `--server.allowedHosts`, this computer's address; then type the same above. Or "
                "let a web server forward to it (docs/deployment.md). Without a login, whoever reaches the page can "
                "start and delete runs.")
    name = urlsplit(address).hostname or ""
    if name in LOCAL:
        return "**Only this computer can open that address.** Type its address in the network above."
    if allowed and not any(_fits(name, one) for one in allowed):
        return (f"**The server does not answer to {plain(short(name))} yet.** Start it with `--server.allowedHosts` "
                "and that name, or put it into STREAMLIT_SERVER_ALLOWED_HOSTS (docs/deployment.md).")
    return ""


def _fits(name: str, allowed: str) -> bool:
    """Whether a host's name is among those of an entry of ``server.allowedHosts``."""
    entry = allowed.strip().lower().rstrip(".")
    return entry in ("*", name) or (entry.startswith("*.") and name.endswith(entry[1:]))


def link(url: str, host: str, place: Place) -> str:
    """The address of a place: of the page as it was opened, or on the host that was typed. Raises BadInput."""
    opened = urlsplit(url)
    try:
        typed = urlsplit(host.strip() if "://" in host else f"//{host.strip()}")
    except ValueError:
        raise BadInput(f"Address of this computer: {short(host)!r} is no address. Type a name or number and, after a "
                       "colon, the port, such as 192.168.1.20:8501.") from None
    return urlunsplit((typed.scheme or opened.scheme or "http", typed.netloc or opened.netloc, opened.path or "/learn",
                       urlencode(write(place)), ""))
