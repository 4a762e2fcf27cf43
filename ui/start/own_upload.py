"""What the dialogs of own data and own models share: an upload in place of a path, and how a training is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from engine.own import uploads
from engine.own.adding import Training
from engine.runs import people

REPLACE = "Take the place of your data set of that name"


@dataclass(frozen=True)
class Settings:
    """The title and the training that are asked for; None is worked out."""

    title: str | None = None
    epochs: int | None = None
    augment: bool = True
    replace: bool = False

    def training(self, model: str) -> Training:
        return Training(model, self.epochs, self.augment)


def box(label: str, endings: Sequence[str], key: str) -> Any:
    """An upload's box; what was uploaded, or None."""
    return st.file_uploader(label, type=[ending.lstrip(".") for ending in endings], key=key,
                            max_upload_size=uploads.MOST_BYTES // uploads.MB)


def check_path() -> None:
    """Raises NotYours where the one who asks may not open what lies on the server."""
    people.check_teacher("Only teachers open data by a path or an id on this server: upload yours "
                         "instead.")


def path_of(source: str, uploaded: Any) -> str:
    """The path that was typed, else where the upload is kept. Raises BadSource, or NotYours on a server with login."""
    if source:
        check_path()
    return source or str(uploads.keep(uploaded.name, uploaded.getvalue()))


def settings() -> Settings:
    """Title, training, and whether a data set of that name is replaced."""
    with st.expander("Title and training", icon=":material/tune:"):
        left, right = st.columns(2)
        title = left.text_input("Title", key="own-title", placeholder="made of the name").strip()
        epochs = right.number_input("Passes over the training set", 1, 1_000, None, key="own-epochs",
                                    placeholder="usual for these data")
        augment = st.checkbox("Shift and mirror pictures in training", True, key="own-augment",
                              help="Leave it out where left and right matter, as in letters.")
        replace = st.checkbox(REPLACE, key="own-replace")
    return Settings(title or None, epochs, augment, replace)
