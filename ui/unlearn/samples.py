"""The samples of the forget set under a finished run: texts as a list, images as a grid of pictures."""

from __future__ import annotations

from typing import Any

import streamlit as st

from engine.errors import LabError
from engine.originals.memorised import Memorised
from engine.registry import find
from engine.runs import library
from engine.runs.queue import manager
from engine.runs.reasons import reason_of
from engine.runs.records import Run
from engine.studies.memorised import memorised_of
from engine.system.shown import is_text
from ui.common import glossary, words
from ui.common.answers import Mark, answer, called, lies
from ui.common.said import plain
from ui.common.state import Slot
from ui.unlearn import who

TO = "\u00a0→\u00a0"  # not to be broken
IN_A_ROW, SIZE, COUNT = 6, 96, 24
FALSE = "A label that is false on purpose gets no ✓: to repeat it is to have memorised it."
NOT_KEPT = "“Not its label”: this run kept whether the model was right, not what it said instead."
ORDERS = {"most": "most forgotten first", "least": "least forgotten first",
          "lost": "said its label before, not at the end", "false": "false labels only"}
NONE = {"lost": "None: the model did not say the label of any before that it does not say at the end.",
        "false": "None: no label of these samples is known to be false."}


def samples(run: Run) -> None:
    """A closed drawer; what is in it is loaded only when it is opened."""
    if run.status != "finished":
        return
    opened = st.toggle("Samples of the forget set", key=f"samples-{run.id}",
                       help="Shows the model's predictions and losses for them, before and after.")
    if not opened:
        return
    chooser = st.empty()  # drawn once there is something to order
    order, whole = Slot(f"samples-order-{run.id}", "most"), Slot(f"samples-all-{run.id}", False)
    chosen = order.get()
    try:
        with st.spinner("Loading the samples …"):
            found, note = _load(run, chosen, whole.get())
    except LabError as error:
        st.info(plain(reason_of(error)), icon=":material/info:")
        return
    chooser.segmented_control("Order", list(ORDERS), format_func=ORDERS.__getitem__, default=order.first, required=True,
                              key=order.key, label_visibility="collapsed")
    if note:
        _few(run, note, whole)
    if not found:
        st.caption(NONE.get(chosen, "None."))
        return
    st.caption(f"{len(found)} samples, sorted by how much their loss rose. Losses in nats; ✓ is right."
               + (f" {FALSE}" if any(lies(one["label"], one["truth"]) for one in found) else "")
               + (f" {NOT_KEPT}" if any(one["after"] is None for one in found) else ""))
    memorised = memorised_of(run, manager().checkpoints)
    (_texts if is_text(found[0]) else _pictures)(found, memorised)
    if memorised:
        glossary.caption(f"Memorised: {memorised.source}.")
    who.tick(run.spec.dataset, [one["sample"] for one in found], f"ticked-{run.id}")


def _load(run: Run, order: str, whole: bool) -> tuple[list[dict[str, Any]], str]:
    """The samples, and how many of them ship where these are not all."""
    from engine.runs.excerpt import excerpt_of
    from engine.runs.samples import exhibits, table_of
    from engine.runs.sources import embedded, loaded

    table, few = library.samples(run, manager().store), excerpt_of(run)
    if few is None or embedded(run) or (whole and table is not None):
        return exhibits(table_of(run, table), loaded(run, manager().checkpoints), order, COUNT), ""
    note = f"{len(few.numbers(run, 'forget')):,} of {few.total(run, 'forget'):,} samples ship with the app"
    return exhibits(table_of(run, few.frame(run, table)), few, order, COUNT), note


def _few(run: Run, note: str, whole: Slot[bool]) -> None:
    """That only some samples ship, and the way to all of them."""
    dataset = find("dataset", run.spec.dataset)
    if not library.has_samples(run, manager().store):
        st.caption(f"{note}; of the others it kept no losses: run it again for all.")
    elif dataset is None or dataset.available() is None:
        title = plain(words.title_of("dataset", run.spec.dataset))
        st.caption(f"{note}; set UNLEARN_DATA_DIR to a folder with {title} for all.")
    else:
        st.caption(f"{note}.")
        st.button("Load all", key=f"load-{run.id}", icon=":material/download:", on_click=lambda: whole.put(True),
                  help="Loads the data and reads the Original, which takes minutes the first time.")


def bold(name: str) -> str:
    """A name that we did not write, in bold."""
    return f"**{plain(name)}**"


def _texts(found: list[dict[str, Any]], memorised: Memorised | None) -> None:
    st.table([{"Text": plain(one["text"]), "Label": _label(one), "Said": _said(one), "Loss": _losses(one),
               **({"Memorised": memorised.brief(one["sample"])} if memorised else {})} for one in found],
             hide_index=True)


def _pictures(found: list[dict[str, Any]], memorised: Memorised | None) -> None:
    for first in range(0, len(found), IN_A_ROW):
        for column, one in zip(st.columns(IN_A_ROW), found[first:first + IN_A_ROW], strict=False):
            column.image(enlarged(one["picture"]), width=SIZE)
            how = f"  \n{memorised.brief(one['sample'])}" if memorised else ""
            column.caption(f"{_label(one, bold)}  \n{_said(one)}  \n{_losses(one)}{how}")


def _label(one: dict[str, Any], mark: Mark = plain) -> str:
    """The label; where it is false, what the sample truly is before it."""
    false = lies(one["label"], one["truth"])
    return called(one["label"], one["truth"], mark) if false else mark(one["label"])


def _losses(one: dict[str, Any]) -> str:
    return f"{words.loss(one['loss_before'])}{TO}{words.loss(one['loss_after'])}"


def _said(one: dict[str, Any]) -> str:
    """``joy ✓ → love``: what the model said before and at the end."""
    return " → ".join(answer(one[name], one[f"{name}_right"], one["label"], one["truth"], plain)
                      for name in ("before", "after"))


def enlarged(picture: Any) -> Any:
    """Whole pixels, so that a small picture is not blurred: (H, W) or (H, W, 3)."""
    times = max(1, SIZE // picture.shape[0])
    large = picture.repeat(times, axis=0).repeat(times, axis=1)
    return large[..., 0] if large.shape[2] == 1 else large
