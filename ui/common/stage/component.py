"""The browser's half of a stage: registered once a process, given everything that a replay needs in one go."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).parent


def stage(scene: Mapping[str, Any], key: str) -> None:
    """Draws a scene (see :func:`ui.common.stage.scene.scene`); new points are added to what is playing."""
    _component()(key=key, data={"spec": json.dumps(scene, allow_nan=False)})


@functools.cache
def _component() -> Any:
    code = "\n".join((HERE / name).read_text(encoding="utf-8") for name in ("draw.js", "stage.js"))
    return st.components.v2.component("stage", js=code, css=(HERE / "stage.css").read_text(encoding="utf-8"),
                                      isolate_styles=False, html='<div class="stage"></div>')
