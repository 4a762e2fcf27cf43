"""The page "See it in two dimensions": one component, which asks, and the engine, which answers with frames.

The component holds maps, controls and playback (board.html, board.css and the .js files). A change there starts this
fragment alone. It asks in rounds, so that what is looked at first waits for nothing else: how the play ended, then its
other frames, then the retrained map.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from engine.errors import LabError
from engine.studies.playable import playable
from ui.common import address as link
from ui.common.address import HIDE
from ui.common.linked_form import LinkedForm
from ui.common.said import plain
from ui.common.state import Slot
from ui.frame import hide
from ui.playground import wire
from ui.playground.link import NAMES, Wish, read, write

HERE = Path(__file__).parent
SCRIPTS = ("field.js", "board.js", "playback.js", "controls.js", "hands.js")  # one after another in one module
KEY = "playground"


@dataclass(frozen=True)
class Call:
    """How the component asked: its own mark, which the answer repeats, and how much it wants of the answer.

    Without ``whole`` the first and the last frame, which come sooner; with ``reference`` the retrained map too.
    """

    mark: float = 0.0
    reference: bool = True
    whole: bool = True


WISH, CALL = Slot("playground.wish", Wish()), Slot("playground.call", Call())
FORM: LinkedForm[Wish] = LinkedForm("playground", "Playground", NAMES, read, write, WISH.put, beside=(HIDE,))


def show() -> None:
    """The whole page below its title."""
    FORM.restore()
    hide.apply(KEY, hide.PLAYGROUND)
    link.warn(FORM.problems())
    st.fragment(_board)()


def _board() -> None:
    FORM.mirror(WISH.get())
    try:
        data = _answer(WISH.get(), CALL.get())
    except LabError as error:
        st.error(plain(error), icon=":material/error:")
        return
    _component()(key=KEY, data=data, on_asked_change=_take)


def _take() -> None:
    """What the component asked for becomes the wish, before the fragment is drawn."""
    said: Mapping[str, Any] | None = st.session_state[KEY].asked
    if said is None:
        return
    forget = said["forget"]
    WISH.put(Wish(str(said["dataset"]), float(said["noise"]), None if forget is None else tuple(map(int, forget)),
                  float(said["alpha"]), None if said["brake"] is None else float(said["brake"]), bool(said["arrows"])))
    CALL.put(Call(float(said["mark"]), bool(said["reference"]), bool(said["whole"])))


def _answer(wish: Wish, call: Call) -> dict[str, Any]:
    """Frames of the wish, as the component takes them."""
    from engine.studies import playground  # torch, which no page needs before something is asked of it

    asked = playground.Asked(wish.dataset, wish.noise, wish.forget or (), wish.alpha, wish.brake, wish.arrows)
    at = playground.ground(playground.check(asked))
    if wish.forget is None:
        wrong = tuple(at.data.train.wrong.nonzero().flatten().tolist())
        asked = playground.Asked(wish.dataset, wish.noise, wrong, wish.alpha, wish.brake, wish.arrows)
    reference = call.reference and bool(asked.forget)
    return {"mark": call.mark, "asked": wire.question(asked), "choices": wire.choices(playable()),
            "points": wire.points(at), "film": wire.film(playground.play(asked, call.whole)),
            "retrained": wire.film(playground.retrained(asked)) if reference else None}


@functools.cache
def _component() -> Any:
    """Registered once a process; Streamlit registers it again by itself on a new runtime."""
    text = {name: (HERE / name).read_text(encoding="utf-8") for name in (*SCRIPTS, "board.html", "board.css")}
    return st.components.v2.component(KEY, js="\n".join(text[name] for name in SCRIPTS), html=text["board.html"],
                                      css=text["board.css"], isolate_styles=False)
