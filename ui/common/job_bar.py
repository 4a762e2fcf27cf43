"""How far work is that runs in a thread of this process, with pause and stop: a sweep, a search, an ensemble."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from engine.studies.job import JobView
from ui.common import words
from ui.common.allowed import changes
from ui.common.said import plain


@dataclass(frozen=True)
class Parts:
    """What a job consists of: the plural of a part, its widgets' keys' beginning, and what its buttons say.

    ``about``: the number of parts is an estimate.
    """

    name: str
    key: str
    pause: str = "Starts nothing new until you resume."
    stop: str = "Stops the current runs; finished ones are kept, and the rest can be computed later."
    about: bool = False


def said(now: JobView, parts: Parts) -> str:
    """``3 of 12 runs ended · 1 failed · Evaluating · 0:20 left``."""
    number = f"about {now.todo:,}" if parts.about else f"{now.todo:,}"
    held = {"paused": f"paused: {parts.name} in progress will finish", "stopping": "stopping"}
    left = words.countdown(now.left) if now.state == "running" else ""
    failed = f"{now.failed:,} failed" if now.failed else ""
    ended = f"{now.ended:,} of {number} {parts.name} ended"
    return " · ".join(filter(None, [ended, failed, held.get(now.state, plain(now.stage)), left]))


def show(job: Any, parts: Parts) -> None:
    """The bar, its line and both buttons; ``job`` is an :class:`engine.studies.job.Job`."""
    now = job.view()
    stopping = now.state == "stopping"
    bar, hold, stop = st.columns([6, 1.3, 1.3], vertical_alignment="bottom")
    bar.progress(min(1.0, now.ended / max(1, now.todo)), text=said(now, parts))
    if now.state == "paused":
        hold.button("Resume", icon=":material/play_arrow:", key=f"{parts.key}-pause", on_click=job.go_on,
                    width="stretch", **changes(job.person))
    else:
        hold.button("Pause", icon=":material/pause:", key=f"{parts.key}-pause", on_click=job.pause, width="stretch",
                    **changes(job.person, stopping, parts.pause))
    stop.button("Stop", icon=":material/stop:", key=f"{parts.key}-stop", on_click=job.cancel, width="stretch",
                **changes(job.person, stopping, parts.stop))
