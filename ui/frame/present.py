"""Present mode, for a projector: sidebar and form away, big type, keys. Kept in the address as ``present=1``."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from ui.common.address import PRESENT
from ui.common.state import Slot

HERE = Path(__file__).parent
ON = Slot("present", False)
LESSONS = "learn"  # the place in the address of the page that draws its own foot, where a link may hide the keys
CORNER = Slot("present.corner", 0)  # how often the corner's small window was closed: a new one begins closed
LISTENER = "keys"  # the component's own key
PRESSED: Slot[tuple[str, ...]] = Slot("present.pressed", ())  # keys that were heard and not acted on yet
HEARD = Slot("present.heard", -1.0)  # when the last of them was pressed, in the browser's milliseconds
READ = Slot("present.read", False)  # whether the address was asked: once a session, which decides from then on
KEYS = ("Keys: **space** plays and pauses a run or the Playground, **← →** one frame of it, **Home, End** its ends · "
        "**1 to 6** open a lesson, **a, b, c** choose an answer in it · **Page Down, Page Up** next and back in a "
        "lesson, elsewhere a screen down and up · **↑ ↓** scroll · **P** present mode, on every page")


def active() -> bool:
    """Whether the page is shown to a room."""
    return ON.get()


def begin() -> None:
    """Reads the mode from the address at first, keeps it there on every page, and puts its style into the page."""
    if not READ.get():
        READ.put(True)
        ON.put(st.query_params.get(PRESENT) == "1")
    if active():
        st.html(HERE / "present.css")
        if st.query_params.get(PRESENT) != "1":
            st.query_params[PRESENT] = "1"
    elif PRESENT in st.query_params:
        del st.query_params[PRESENT]


def toggle() -> None:
    """Turns it on or off."""
    ON.put(not active())


def switch() -> None:
    """The toggle in the sidebar; it is out of sight while the mode is on, where the key P leaves it."""
    with st.sidebar:
        st.button("Present", icon=":material/present_to_all:", key="present-on", on_click=ON.put, args=(True,),
                  width="stretch",
                  help="For a projector: no sidebar, no form, big type. The key P turns it on and off.")


def foot(page: Any) -> None:
    """In the mode, on every page that does not say them itself: the keys, and the way out without a keyboard."""
    if active() and page.url_path != LESSONS:
        with corner():
            st.caption(KEYS)
            leave()


def corner() -> Any:
    """What a room need not see, behind a small button in the corner, so that the screen is left to the picture."""
    with st.container(key="present-corner"):
        return st.popover("", icon=":material/more_vert:", help="Keys and tools", key=f"{CORNER.key}.{CORNER.get()}")


def close_corner() -> None:
    """Closes it, for a tool in it that opens something else or is done; to be called before the page is drawn."""
    CORNER.put(CORNER.get() + 1)


def leave() -> None:
    """The way out, drawn in the mode only."""
    if active():
        st.button("Leave present mode", key="present-off", on_click=ON.put, args=(False,))


def keys_pressed(turns: bool = False, opens: bool = True, letters: Sequence[str] = (),
                 place: str = "") -> Iterator[str]:
    """The keys pressed since they were asked for last: ``1`` to ``6``, ``PageDown``, ``PageUp``, ``p`` or a letter.

    Page Down and Page Up come where the page ``turns`` its steps by them; elsewhere they scroll. Numbers come where
    one ``opens`` a lesson, ``letters`` where answers are chosen by them. Where ``place`` has changed, a button that
    turned the step gives the focus to the picture.
    """
    # A tuple: a list might be a table to Streamlit, which imports pandas to find out.
    _note(_component()(key=LISTENER, on_key_change=_hear, data={"turns": turns, "opens": opens,
                                                                "letters": tuple(letters), "place": place}).key)
    while pressed := PRESSED.get():
        PRESSED.put(pressed[1:])
        yield pressed[0]


@functools.cache
def _component() -> Any:
    return st.components.v2.component("keys", js=(HERE / "keys.js").read_text(encoding="utf-8"), isolate_styles=False,
                                      html='<div class="keys"></div>')


def _hear() -> None:
    """Keeps a key until it is acted on: the script run that it caused may be broken off by another one before that.

    Where the run before was broken off, too, Streamlit does not know the component's name here; its result is there.
    """
    _note((st.session_state.get(LISTENER) or {}).get("key"))


def _note(pressed: Mapping[str, Any] | None) -> None:
    """Keeps a key once: Streamlit gives that of a broken-off run again, so each comes with the moment of its press."""
    if pressed and pressed["at"] > HEARD.get():
        HEARD.put(pressed["at"])
        PRESSED.put((*PRESSED.get(), pressed["key"]))
