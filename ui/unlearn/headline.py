"""The answer above a run's picture: what became of it in one sentence, and its settings as chips."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from engine.evaluation.verdict import Verdict, verdict_of
from engine.runs.records import Run
from engine.studies.remedy import remedy
from engine.system.words import spaced
from ui.common import glossary, words

STATES = {"queued": "Waiting", "running": "Unlearning …", "cancelled": "Stopped before its end",
          "failed": "This run failed", "interrupted": "Interrupted before its end", "finished": "Finished"}


def headline(run: Run) -> str:
    """The largest text of the page: the verdict once there is one, before that what is happening."""
    found = verdict_of(run) if run.finished else None
    return found.title if found else STATES[run.status]


def ruined(run: Run) -> bool:
    """Whether the model is damaged: then nothing else about it is good news, and that is said first."""
    found = verdict_of(run) if run.finished else None
    return found is not None and found.kind == "damaged"


def verdict_text(run: Run) -> None:
    """The verdict in full: a red ribbon for a damaged model, nothing else beside it."""
    found = verdict_of(run) if run.finished else None
    if found:
        with st.container(key="verdict"):  # style.css marks it as the end's while a replay is elsewhere
            _shown(found)(" ".join(filter(None, [found.text, spaced(remedy(run))])), icon=":material/gavel:")
        glossary.line(glossary.words_in(found.text))


def _shown(found: Verdict) -> Callable[..., Any]:
    return {"damaged": st.error, "over_forgotten": st.warning, "not_forgotten": st.warning}.get(found.kind, st.info)


def chips(run: Run) -> str:
    """Data, forget set, method and what was changed, as Markdown badges."""
    spec, (name, value) = run.spec, words.knob_of(run)
    parts = [words.title_of("method", spec.method), words.title_of("dataset", spec.dataset),
             f"forget {words.forgotten(spec)}"]
    if value is not None:
        parts.append(f"{spaced(name)} {value:.3g}" if isinstance(value, float) else f"{spaced(name)} {value}")
    parts += [f"seed {spec.seed}"] if spec.seed else []
    shown = [f":gray-badge[{words.plain(part)}]" for part in parts + words.changes(run)]
    return " ".join([words.badge(run.status), *shown])
