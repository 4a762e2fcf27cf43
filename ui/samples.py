"""The samples of the forget set under a finished run: texts as a list, images as a grid of pictures."""

from __future__ import annotations

import re
from typing import Any

import streamlit as st

from engine.errors import LabError
from engine.jobs import manager
from engine.recorded import recorded_samples

IN_A_ROW, SIZE, COUNT = 6, 96, 24
_MARKS = re.compile(r"[\\`*_{}\[\]()#+.!|<>~$:-]")  # what Markdown would take for its own
ORDERS = {"most": "most forgotten first", "least": "least forgotten first"}


def samples(run: dict[str, Any]) -> None:
    """A closed drawer; what is in it is loaded only when it is opened."""
    if run["status"] != "finished":
        return
    opened = st.toggle("Samples of the forget set", key=f"samples-{run['id']}",
                       help="What the model said about them, and their loss, before and after. Loads the data.")
    if not opened:
        return
    order = st.segmented_control("Order", list(ORDERS), format_func=ORDERS.get, default="most", required=True,
                                 key=f"samples-order-{run['id']}", label_visibility="collapsed")
    try:
        with st.spinner("Loading the samples …"):
            found = _load(run, order)
    except LabError as error:
        st.info(str(error), icon=":material/info:")
        return
    st.caption(f"{len(found)} samples by how much their loss rose. Losses in nats.")
    (_texts if "text" in found[0] else _pictures)(found)


def _load(run: dict[str, Any], order: str) -> list[dict[str, Any]]:
    from engine.exhibits import exhibits  # torch, which no page needs before something is asked of it

    table = recorded_samples(run["id"]) if run.get("recorded") else manager().store.load_samples(run["id"])
    return exhibits(run, table, manager().checkpoints, order, COUNT)


def _texts(found: list[dict[str, Any]]) -> None:
    st.table([{"Text": _MARKS.sub(r"\\\g<0>", one["text"]), "Label": one["label"],
               "Said": f"{one['before']} → {one['after'] or '–'}",
               "Loss": f"{one['loss_before']:.2f} → {one['loss_after']:.2f}"} for one in found], hide_index=True)


def _pictures(found: list[dict[str, Any]]) -> None:
    for first in range(0, len(found), IN_A_ROW):
        for column, one in zip(st.columns(IN_A_ROW), found[first:first + IN_A_ROW], strict=False):
            column.image(_enlarged(one["picture"]), width=SIZE)
            column.caption(f"**{one['label']}**  \n{one['before']} → {one['after'] or '–'}  \n"
                           f"{one['loss_before']:.2f} → {one['loss_after']:.2f}")


def _enlarged(picture: Any) -> Any:
    """Whole pixels, so that a small picture is not blurred: (H, W) or (H, W, 3)."""
    times = max(1, SIZE // picture.shape[0])
    large = picture.repeat(times, axis=0).repeat(times, axis=1)
    return large[..., 0] if large.shape[2] == 1 else large
