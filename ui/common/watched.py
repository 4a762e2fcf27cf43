"""A run that several sessions follow while it lasts: looked at once for all, as often as their number allows."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from engine.evaluation.events import Course
from engine.runs import afterwards, library
from engine.runs.queue import manager
from engine.runs.records import Run
from engine.runs.remembered import Latest
from engine.runs.store import Store
from engine.system.same import Same
from ui.common.repeats import Repeats
from ui.common.shared import FOLLOWED, Looks, Watchers
from ui.common.stage.scene import scene
from ui.common.state import Slot

EVERY = 0.4  # seconds between two looks at a running run, where few sessions look
PACED = 5.0  # seconds after which a session looks whether more or fewer look than before


@dataclass(frozen=True)
class Look:
    """A run with its events, as it was a moment ago, and what the picture shows of it to everybody."""

    run: Run
    course: Course
    scene: Mapping[str, Any] | None


LOOKS: Looks[Look] = Looks()
ENDED: Latest[Look] = Latest(8)
LAST: dict[str, Look] = {}  # by run, the last look before its end
MOST = 16  # of which so many are kept
WATCHERS = Watchers()
WHO = Slot("watcher", "")  # a session's name among those that follow live runs


def look(run_id: str, live: bool) -> Look:
    """The run now; of a ``live`` one what another session found a moment ago is as good. Raises LabError.

    That a live one has ended is seen by one session after another, for each of them then draws all that an end shows.
    """
    if not live:
        return _look(run_id)
    found = LOOKS.get((manager().store.url, run_id), lambda: _look(run_id))
    if not found.run.has_ended:
        LAST[run_id] = found
        while len(LAST) > MOST:
            LAST.pop(next(iter(LAST)), None)
    return found if not found.run.has_ended or WATCHERS.turn(WHO.get(), run_id) else LAST.get(run_id, found)


def _look(run_id: str) -> Look:
    """The run now; one that has ended is read once for all, as long as it is the same."""
    store = manager().store
    run = afterwards.completed(library.run_of(run_id, store), store, whole=True)
    return ENDED.get((store.url, run_id), Same([run]) if run.has_ended else None, lambda: _drawn(run, store))


def _drawn(run: Run, store: Store) -> Look:
    course = library.get(run.id, store).course
    return Look(run, course, scene(run, course, reference=library.retrained_reading(run, store)))


def follow(run_id: str, view: Callable[[bool], Any]) -> None:
    """Draws the view of a run that lasts again and again, until it returns that it has shown the run's end.

    It is told whether it has. Where it draws the whole page instead, that is the end too. Where sessions come or go,
    each gets another pace. That draws the view, not the page: Streamlit takes the interval of a fragment from whoever
    draws it, and that is another fragment, which runs by itself.
    """
    repeats = Repeats()

    def looking() -> None:
        repeats.note()
        pace()
        if view(repeats.over):
            repeats.stop()

    def paced() -> None:
        repeats.note()
        st.fragment(looking, run_every=None if repeats.over else pace())()

    FOLLOWED.put(run_id)
    st.fragment(paced, run_every=PACED)()


def ended(view: Callable[[], Any]) -> None:
    """Draws the view of a run that has ended as deep in the page as :func:`follow` draws that of one that lasts.

    So a picture that both draw stays the same one when its run ends, and keeps the keyboard's focus.
    """
    with st.container():  # each of follow's two fragments is one
        st.fragment(view)()


def pace() -> float:
    """Notes that this session looks; seconds that it should wait between two looks, with as many as there are now."""
    WHO.put(WHO.get() or secrets.token_hex(8))
    WATCHERS.here(WHO.get())
    return WATCHERS.pause(EVERY)
