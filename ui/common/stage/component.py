"""The browser's half of a stage: registered once a process, given everything that a replay needs in one go."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

from ui.common.modules import Module
from ui.common.stage import files
from ui.common.stage.packing import packed
from ui.common.state import Slot

SAID = ("terms", "help", "titles", "names")  # of a run's scene, the same from its first point to its end
OVERLAP = 1  # points that are sent once more: what comes is seen to follow what is there
DRAWN: Slot[Mapping[str, int]] = Slot("stage-drawn", {})  # by key, how many points the browser has


def stage(scene: Mapping[str, Any], key: str) -> None:
    """Draws a scene (see :func:`ui.common.stage.scene.scene`); new points are added to what is playing.

    The browser gets what is new since it was drawn in this session (see :func:`forget_drawn`), and of a run that has
    ended all but its earlier points.
    """
    drawn = DRAWN.get()
    known = drawn.get(key, 0)
    DRAWN.put({**drawn, key: len(scene["points"])})
    shown = _since(scene, known - OVERLAP) if known > OVERLAP else _whole(scene)
    module().draw(key, {"spec": json.dumps(shown, allow_nan=False)}, on_lacking_change=lambda: forget_drawn(key))


def forget_drawn(key: str) -> None:
    """The next drawing is complete: for a page that is drawn as a whole, whose browser may have nothing yet."""
    DRAWN.put({one: count for one, count in DRAWN.get().items() if one != key})


def _since(scene: Mapping[str, Any], first: int) -> dict[str, Any]:
    """What a run that lasts adds to its scene; with its end all but its course and its words may be another one."""
    told = _whole(scene, first) if scene["ended"] else {"run": scene["run"], "total": scene["total"],
                                                        "points": _points(scene, first)}
    return {**{name: part for name, part in told.items() if name not in SAID}, "since": first}


def _whole(scene: Mapping[str, Any], first: int = 0) -> dict[str, Any]:
    return {**scene, "points": _points(scene, first),
            "retrained": packed(scene["retrained"]) if scene["retrained"] else None}


def _points(scene: Mapping[str, Any], first: int) -> list[dict[str, Any]]:
    return list(map(packed, scene["points"][first:]))


@functools.cache
def module() -> Module:
    return Module("stage", files.code(), files.style(),
                  html='<div class="stage" role="group" aria-label="A run in motion"></div>')
