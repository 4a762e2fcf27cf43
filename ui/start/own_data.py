"""The dialog on Start that brings a person's own data: a path, a look at what is there, a model, and off it goes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from engine.errors import LabError
from engine.own import adding, uploads
from engine.own.kind import own_kind_of, own_kinds
from engine.own.look import Choices, Look
from engine.own.recipes import fitting
from engine.runs import people
from engine.runs.estimates import around
from engine.system.read_only import read_only
from engine.system.shown import is_picture, is_text
from engine.types import Spec
from ui.common import words
from ui.common.pictures import Picture, strip
from ui.common.queueing import queue
from ui.common.said import plain
from ui.common.state import Slot
from ui.frame import shell
from ui.start import own_upload

if TYPE_CHECKING:
    from engine.own.adding import Added

SHOWN, SIDE, SHORT = 8, 64, 160  # samples, pixels a side on the screen, characters of a text
KINDS = ("A folder of pictures with a folder a class; a parquet, CSV, JSON lines or arrow file of texts or points with "
         "a column of labels; a folder that save_to_disk wrote; cifar-10-batches-py; or an id of the Hugging Face hub.")


FIELDS = {"--label": "Column of labels", **{f"--{kind.name}": kind.field for kind in own_kinds()},
          "--size": "Pixels a side", "--test": "Test split, if it is elsewhere",
          "--attribute": "Further columns", "--replace": own_upload.REPLACE,
          "--drop-duplicates": "Leave out test samples that are in the training set"}


@dataclass(frozen=True)
class Seen:
    """A look with the name and the choices it was asked for, or the sentence that refused it."""

    name: str
    choices: Choices = field(default_factory=Choices)
    look: Look | None = None
    refused: str = ""


OPEN = Slot("own-data-open", False)  # a page that draws itself again, such as when a run ends, keeps the dialog
SEEN: Slot[Seen | None] = Slot("own-data-seen", None)
TIMED: Slot[dict[Any, float]] = Slot("own-data-times", {})


def button() -> None:
    """Opens the dialog; not in a lab that only shows."""
    if read_only():
        return
    if st.button("Bring your own data", icon=":material/add_photo_alternate:", key="own-data"):
        SEEN.put(None)
        OPEN.put(True)
    if OPEN.get():
        _dialog()


def _close() -> None:
    OPEN.put(False)
    SEEN.put(None)


@st.dialog("Bring your own data", width="large", on_dismiss=_close)
def _dialog() -> None:
    source = st.text_input("Folder or file on this machine", key="own-source", help=KINDS, placeholder="~/pictures")
    uploaded = own_upload.box("Or upload it: a zip of a folder, or a table", uploads.ENDINGS, "own-upload")
    usual = _proposed(source or (uploaded.name if uploaded else ""))
    name = st.text_input("Name", key="own-name", placeholder=usual, help="How commands and pages call it: "
                         "small letters, digits and underscores.") or usual
    choices, settings = _choices(), own_upload.settings()
    if st.button("Look at it", icon=":material/search:", key="own-look", disabled=not (source or uploaded)):
        SEEN.put(_look(name, source.strip(), uploaded, choices, settings.replace))
    seen = SEEN.get()
    if seen is not None and seen.refused:
        st.error(_here(seen.refused), icon=":material/error:")
    elif seen is not None and seen.look is not None:
        _show(seen.look)
        if not seen.look.problems:
            _offer(seen, seen.look, settings)


def _proposed(source: str) -> str:
    """A name made of a path's last part."""
    stem = re.sub(r"[^a-z0-9]+", "_", Path(source.strip()).stem.lower()).strip("_")[:40]
    return stem if stem[:1].isalpha() else f"my_{stem}".rstrip("_") if stem else "my_data"


def _choices() -> Choices:
    """Columns, size and test split: guessed or taken as they are where nothing is said."""
    with st.expander("Columns, size and test split", icon=":material/tune:"):
        left, right = st.columns(2)
        label = left.text_input("Column of labels", key="own-label", placeholder="guessed")
        columns = {
            kind.name: (right, left)[place % 2].text_input(kind.field, key=f"own-{kind.name}", placeholder="guessed")
            for place, kind in enumerate(own_kinds())}
        size = left.number_input("Pixels a side", 8, 256, None, key="own-size", placeholder="as they are")
        test = st.text_input("Test split, if it is elsewhere", key="own-test")
        further = st.text_input("Further columns", key="own-attributes", placeholder="owner, site",
                                help="Samples can be chosen by them: scenario *matching samples*.")
        drop = st.checkbox("Leave out test samples that are in the training set", key="own-drop")
    named: dict[str, Any] = {name: text.strip() or None for name, text in columns.items()}
    return Choices(label=label.strip() or None, test=test.strip() or None, size=size, drop_duplicates=drop,
                   attributes=tuple(part.strip() for part in further.split(",") if part.strip()), **named)


def _look(name: str, source: str, uploaded: Any, choices: Choices, replace: bool) -> Seen:
    with st.spinner("Reading to the last sample"):
        try:
            if replace:
                people.check_teacher("Only teachers replace a data set on this server: choose another name.")
            found, choices = adding.looked(name, own_upload.path_of(source, uploaded), choices,
                                           replace=replace)
        except LabError as error:
            return Seen(name, refused=str(error))
    return Seen(name, choices, found)


def _here(text: str) -> str:
    """A sentence of the engine with this dialog's fields in place of the command line's flags."""
    for flag, field_here in FIELDS.items():
        text = re.sub(rf"{flag}\b(?: [A-Z]+\b)?", f"“{field_here}”", text)
    return plain(text)


def _show(found: Look) -> None:
    """Sizes, samples, classes, and what was noticed."""
    totals = ", ".join(f"{total:,} {split}" for split, total in found.totals.items())
    st.markdown(f"**{plain(found.found[:1].upper() + found.found[1:])}**: {totals} samples in {len(found.classes)} "
                f"{'class' if len(found.classes) == 1 else 'classes'}; {plain(found.sizes)}.")
    for problem in found.problems:
        st.error(_here(problem), icon=":material/error:")
    _samples(found)
    with st.expander(f"Classes ({len(found.classes)})", icon=":material/category:"):
        st.dataframe([{"Class": name, **{split.capitalize(): counts[number] for split, counts in found.counts.items()}}
                      for number, name in enumerate(found.classes)], hide_index=True, width="stretch")
    for note in found.notes:
        st.caption(f":material/info: {_here(note)}")


def _samples(found: Look) -> None:
    """The first sample of each of the first classes."""
    part = found.parts["train"]
    first = {int(label): row for row, label in reversed(list(enumerate(part.labels)))}
    rows = [first[label] for label in sorted(first)][:SHOWN]
    kind, classes = own_kind_of(found), [found.classes[int(part.labels[row])] for row in rows]
    shown = list(zip((kind.excerpt(part, row, SHORT) for row in rows), classes, strict=True))
    if pictures := [Picture(one["picture"], f"a sample of {name}", name) for one, name in shown if is_picture(one)]:
        st.html(strip(pictures, SIDE))
    for one, name in shown[:4]:
        if is_text(one):
            st.markdown(f"“{plain(one['text'])}” :gray[{plain(name)}]")


def _offer(seen: Seen, found: Look, settings: own_upload.Settings) -> None:
    """A model with the time that its training takes, and the button that adds the data and starts it."""
    models = [model.name for model in fitting(found.kind, found.input_size)]
    usual = own_kind_of(found).usual_model(found.input_size, found.totals["train"])
    model = st.selectbox("Model", models, models.index(usual), key="own-model",
                         format_func=lambda one: words.title_of("model", one))
    try:
        added = adding.declared(seen.name, found, seen.choices, settings.training(model), settings.title)
        seconds = _seconds(seen.name, added)
    except LabError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    st.caption(f"Training takes {around(seconds)} on this machine ({added.declaration.recipe.epochs} passes), from "
               "steps measured just now. Then 15% are forgotten as a first run.")
    if st.button("Add and train", type="primary", icon=":material/play_arrow:", key="own-add", width="stretch"):
        _add(seen.name, added)


def _seconds(name: str, added: Added) -> float:
    """The time of a training; measured once for these data and model."""
    from engine.originals.trial import training_seconds
    from engine.own.component import component
    from engine.registry import get

    key = (added.declaration.content, added.declaration.model, added.declaration.recipe)
    if key not in TIMED.get():
        with st.spinner("Measuring some steps of the training"):
            seconds = training_seconds(component(name, added.declaration), get("model", added.declaration.model),
                                       added.data)
        TIMED.put(TIMED.get() | {key: seconds})
    return TIMED.get()[key]


def _add(name: str, added: Added) -> None:
    """Declares the data, and queues the first run, which trains the Original."""
    try:
        adding.write(name, added)
        run_id = queue(Spec(name), train_original=True)
    except LabError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    _close()
    st.switch_page(shell.UNLEARN, query_params={"run": run_id})
