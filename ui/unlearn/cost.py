"""What the run that the form asks for would cost, which is another sentence when what runs now has ended."""

from __future__ import annotations

import streamlit as st

from engine.runs import estimates
from engine.runs.queue import manager
from engine.spec import Resolved
from ui.common.repeats import Repeats
from ui.common.watched import PACED


def busy() -> bool:
    """Whether a run goes on or waits: then that run says how long it takes, and the form does not."""
    return bool(manager().store.list(status=("running", "queued"), limit=1))


def show(resolved: Resolved, was_busy: bool) -> None:
    """The line; while something runs it looks by itself, since where that ends the form is not drawn again."""
    repeats = Repeats()

    def line() -> None:
        repeats.note()
        now = busy()
        st.markdown(f"**{_said(resolved, now)}**")
        if was_busy and not now:
            repeats.stop()

    st.fragment(line, run_every=PACED if was_busy else None)()


def _said(resolved: Resolved, now_busy: bool) -> str:
    """``80 steps · 4,932 samples · 3 to 7 s``; no time beside that of a run that goes on."""
    plan, jobs = resolved.plan, manager()
    about = "" if resolved.sizes.unseen is None else "about "
    about = "at most " if plan.at_most else about
    parts = [f"{about}{plan.steps:,} steps", f"{about}{plan.samples:,} samples"]
    if not now_busy:
        span = estimates.run_span(resolved, jobs.checkpoints, estimates.measured(jobs.store))
        parts.append(estimates.in_words(span).replace(" s", "\u00a0s"))  # the unit stays with its number
    return " · ".join(parts)
