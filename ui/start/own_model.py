"""The dialog on Start that brings a person's own model: a file of weights becomes an Original to forget from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from engine.errors import LabError
from engine.originals.importing import import_file
from engine.own import uploads
from engine.registry import get, models_for, names
from engine.runs.queue import manager
from engine.system.paths import expanded
from engine.system.read_only import read_only
from engine.system.words import spaced
from engine.types import Dataset, Spec
from ui.common import words
from ui.common.said import plain
from ui.common.state import Slot
from ui.frame import shell
from ui.start import own_upload
from ui.unlearn.prefill import ORIGINAL_NAME

if TYPE_CHECKING:
    from engine.originals.imported import Imported

HELP = ("A .safetensors file; a .pt, .pth, .bin or .ckpt file that torch.save wrote of a state dict; or a Hugging "
        "Face folder. Nothing in it is run: a file that holds more than weights is refused.")
WORDS = {"--name": "name", "--model": "the model", "--dataset": "the data",
         " with --test": ""}  # for the flags of the command line
NAMED = re.compile(r"(--model |weights of |\bwith )(\w+)")  # where a sentence of the engine names a model


@dataclass(frozen=True)
class Tried:
    """What came of an import: the Original with what was changed and what to doubt, or why it was refused."""

    asked: tuple[str, Spec]
    found: Imported | None = None
    refused: str = ""


OPEN = Slot("own-model-open", False)  # a page that draws itself again keeps the dialog
TRIED: Slot[Tried | None] = Slot("own-model-tried", None)


def button() -> None:
    """Opens the dialog; not in a lab that only shows."""
    if read_only():
        return
    if st.button("Bring your own model", icon=":material/upload_file:", key="own-model-open-button"):
        TRIED.put(None)
        OPEN.put(True)
    if OPEN.get():
        _dialog()


def _close() -> None:
    OPEN.put(False)
    TRIED.put(None)


@st.dialog("Bring your own model", width="large", on_dismiss=_close)
def _dialog() -> None:
    source = st.text_input("File of weights on this machine", key="own-model-source", help=HELP,
                           placeholder="~/checkpoint.pth").strip()
    uploaded = own_upload.box("Or upload it", uploads.WEIGHTS, "own-model-upload")
    asked, where = _asked(), source or (uploaded.name if uploaded else "")
    tried = TRIED.get()
    if st.button("Import", type="primary", icon=":material/download:", key="own-model-import", disabled=not where):
        tried = _try(source, uploaded, where, asked)
        TRIED.put(tried)
    if tried is None or tried.asked != (where, asked):  # of what stood there before
        return
    if tried.found is None:
        st.error(_here(tried.refused), icon=":material/error:")
    else:
        _show(tried.found)


def _asked() -> Spec:
    """The data that the model was trained on, its architecture, and what to call it."""
    left, right = st.columns(2)
    data = left.selectbox("Data", names("dataset"), key="own-model-data", help="What it was trained on.",
                          format_func=lambda name: words.title_of("dataset", name))
    dataset = get("dataset", data)
    fitting = [one.name for one in models_for(dataset)]
    model = right.selectbox("Model", fitting, fitting.index(dataset.default_model), key=f"own-model-model.{data}",
                            format_func=lambda name: words.title_of("model", name), help="Its architecture.")
    name = st.text_input("Name", key="own-model-name", placeholder="the file's name",
                         help="What the form of Unlearn and commands call it: small letters, digits, _ and .").strip()
    return Spec(data, model=model, original=name or None, options=_options(dataset))


def _options(dataset: Dataset) -> dict[str, Any]:
    """The options of the data as they were when it was trained; those that are not usual."""
    if not dataset.options:
        return {}
    with st.expander("Options of the data", icon=":material/tune:"):
        chosen = {option.name: st.selectbox(plain(spaced(option.name).capitalize()), option.choices,
                                            option.choices.index(option.default), help=plain(option.help),
                                            key=f"own-model-option.{dataset.name}.{option.name}")
                  for option in dataset.options}
    return {option.name: chosen[option.name] for option in dataset.options if chosen[option.name] != option.default}


def _try(source: str, uploaded: Any, where: str, asked: Spec) -> Tried:
    with st.spinner("Reading the weights, and measuring them on every sample"):
        try:
            if source or not uploaded:
                own_upload.check_path()
                found = import_file(expanded(source), asked, manager().checkpoints)
            else:
                with uploads.lent(uploaded.name, uploaded.getvalue()) as path:
                    found = import_file(path, asked, manager().checkpoints)
        except LabError as error:
            return Tried((where, asked), refused=str(error))
    return Tried((where, asked), found)


def _here(text: str) -> str:
    """A sentence of the engine without the command line's flags, and with the models' titles as the list has them."""
    text = NAMED.sub(lambda found: found[1] + words.title_of("model", found[2]), text)
    for flag, word in WORDS.items():
        text = re.sub(rf"{flag}\b", word, text)
    return words.plain(text)


def _show(found: Imported) -> None:
    """What was mended and measured, what to doubt, and the way on."""
    sidecar = found.original.sidecar
    measured: Mapping[str, float] = sidecar["metrics"]
    name, model, data = sidecar["imported"], *(words.title_of(kind, sidecar[kind]) for kind in ("model", "dataset"))
    st.success(f"Imported as **{words.plain(name)}**: {words.plain(model)} for {words.plain(data)}.",
               icon=":material/check_circle:")
    right = st.columns(2)
    for column, side, title in zip(right, ("train", "heldout"), ("training", "held-out"), strict=True):
        column.metric(f"Right on the {title} samples", f"{measured[f'{side}_accuracy']:.1f}%", border=True)
    for change in found.changes:
        st.caption(f":material/build: {words.plain(change)}")
    for doubt in found.doubts:
        st.warning(f"Doubtful: {words.plain(doubt)}", icon=":material/help:")
    if st.button("Unlearn with this Original", type="primary", icon=":material/ink_eraser:", key="own-model-unlearn",
                 width="stretch"):
        _close()
        st.switch_page(shell.UNLEARN, query_params={ORIGINAL_NAME: name})
