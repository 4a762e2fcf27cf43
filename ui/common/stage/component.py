"""The browser's half of a stage: registered once a process, given everything that a replay needs in one go."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from ui.common.stage import files


def stage(scene: Mapping[str, Any], key: str) -> None:
    """Draws a scene (see :func:`ui.common.stage.scene.scene`); new points are added to what is playing."""
    _component()(key=key, data={"spec": json.dumps(scene, allow_nan=False)})


@functools.cache
def _component() -> Any:
    return st.components.v2.component("stage", js=files.code(), css=files.style(), isolate_styles=False,
                                      html='<div class="stage" role="group" aria-label="A run in motion"></div>')
