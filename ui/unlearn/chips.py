"""What was changed in the form as chips, each with a cross that puts the default back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from engine.registry import get
from engine.system.words import spaced
from engine.types import PROFILES, Spec
from ui.common import controls, words
from ui.common.state import Slot
from ui.unlearn import prefill


@dataclass(frozen=True)
class Change:
    """A setting that is not at its default; ``usual`` has the widgets' keys with the values that put it back."""

    name: str
    text: str
    usual: Mapping[str, Any]


def show(spec: Spec) -> None:
    """A row of chips; nothing where all is as usual."""
    if found := changes(spec):
        with st.container(horizontal=True, gap="small", key="chips"):
            for change in found:
                st.button(f"{words.plain(change.text)} ×", key=f"chip.{change.name}", on_click=_put, args=(change,),
                          help=f"Puts {words.plain(spaced(change.name))} back to its default.")


def changes(spec: Spec) -> list[Change]:
    """What the form holds beside data, forget set and method that is not as usual."""
    dataset, method = get("dataset", spec.dataset), get("method", spec.method)
    found = []
    if model := words.unusual_model(spec):
        found.append(Change("model", words.title_of("model", model),
                            {prefill.model_slot(dataset.name).key: dataset.default_model}))
    if spec.profile != PROFILES[0]:
        found.append(Change("profile", f"{spec.profile} profile", {prefill.PROFILE.key: PROFILES[0]}))
    if spec.seed:
        found.append(Change("seed", f"seed {spec.seed}", {prefill.SEED.key: 0}))
    found += [Change(option.name, _text(option.name, spec.options[option.name]),
                     {controls.option_key(dataset, option, spec.profile): option.default_in(spec.profile)})
              for option in dataset.options if option.name in spec.options]
    usual = controls.resets(spec, dataset, method) if spec.parameters else {}
    return found + [Change(name, _text(name, value), usual[name]) for name, value in spec.parameters.items()]


def _text(name: str, value: Any) -> str:
    return f"{spaced(name)} {words.setting(value)}"


def _put(change: Change) -> None:
    for key, value in change.usual.items():
        Slot(key, value).put(value)
