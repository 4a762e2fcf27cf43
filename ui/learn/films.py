"""The runs of a lesson: found or queued ahead, followed while they run, drawn as a moving picture."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping

import streamlit as st

from engine.errors import BadInput, LabError
from engine.runs import afterwards, library
from engine.runs.queue import manager
from engine.runs.records import Run
from engine.spec import resolve
from engine.system.read_only import read_only
from ui.common import watched
from ui.common.said import plain
from ui.common.shared import Looks
from ui.common.stage.component import forget_drawn, stage
from ui.common.stage.scene import scene
from ui.common.state import Slot
from ui.learn.records import Film, Lesson

# Runs that this session has asked for: one that fails or is stopped is not queued again by looking at the page.
TRIED: Slot[frozenset[str]] = Slot("lessons.tried", frozenset())
EVERY = 0.5  # seconds between two looks at runs that are waited for
RUNS: Looks[Mapping[str, Run]] = Looks()
THERE: Looks[Mapping[str, Run]] = Looks()
ASKING = threading.Lock()


def ensure(lessons: Iterable[Lesson]) -> None:
    """Queues the runs of these lessons that are neither there nor on their way, as many as the person may.

    In a lab that only shows none: there the recorded ones are shown.
    """
    if read_only():
        return
    films = {resolve(film.spec).fingerprint: film for lesson in lessons for film in lesson.films}
    jobs, tried = manager(), TRIED.get()
    if library.missing(films, _there(tuple(films), shared=True)):
        with ASKING:  # a class opens a lesson at once: its runs are queued once
            for key in library.missing(films, _there(tuple(films), shared=False)):
                if key not in tried:
                    try:
                        jobs.submit(films[key].spec)
                    except BadInput:  # so many may not wait at once: asked again while the others run
                        TRIED.put(tried)
                        return
                tried |= {key}
    TRIED.put(tried | films.keys())


def _there(fingerprints: tuple[str, ...], shared: bool) -> Mapping[str, Run]:
    """One's own runs by their fingerprints; what another session found a moment ago where that may be ``shared``."""
    store = manager().store

    def read() -> Mapping[str, Run]:
        return library.best({key: key for key in fingerprints}, store, recorded=False)

    return THERE.get((store.url, fingerprints), read) if shared else read()


def runs_of(lesson: Lesson) -> Mapping[str, Run]:
    """The lesson's runs by the key of their film, finished or not."""
    wanted = {film.key: resolve(film.spec).fingerprint for film in lesson.films}
    store = manager().store
    return {key: afterwards.completed(run, store, whole=True)
            for key, run in library.best(wanted, store, recorded=read_only()).items()}


def _runs_a_moment_ago(lesson: Lesson) -> Mapping[str, Run]:
    """The same, read once for all sessions that wait for them."""
    return RUNS.get((manager().store.url, tuple(film.key for film in lesson.films)), lambda: runs_of(lesson))


def ready(lesson: Lesson, runs: Mapping[str, Run]) -> bool:
    """Whether every run of the lesson has finished."""
    return all(film.key in runs and runs[film.key].finished for film in lesson.films)


def wait(lesson: Lesson) -> None:
    """Says how far the runs are, and shows the rest of the page once all have ended."""
    st.fragment(_wait, run_every=EVERY)(lesson)


def _wait(lesson: Lesson) -> None:
    ensure([lesson])
    runs = _runs_a_moment_ago(lesson)
    done = sum(run.has_ended for run in runs.values())
    if done == len(lesson.films):
        st.rerun()
    text = f"Computing: {done} of {len(lesson.films)} runs have finished. A few seconds each."
    st.progress(done / len(lesson.films), text=text)


def failed(runs: Mapping[str, Run]) -> list[str]:
    """Why runs of the lesson ended without a result, in sentences."""
    return [f"A run of this lesson {run.status}: {run.reason}" for run in runs.values()
            if run.has_ended and not run.finished]


def try_again() -> None:
    """Lets the page queue once more what did not finish."""
    TRIED.put(TRIED.first)


def play(film: Film, run: Run, at: int | None, fit: bool, again: bool) -> None:
    """The run as a moving picture: ``at`` is the step to open at, ``again`` plays it from its beginning."""
    forget_drawn(_key(film, run.id, again))
    if run.has_ended:
        watched.ended(lambda: _view(film, run.id, True, at, fit, again))
    else:
        watched.follow(run.id, lambda _: _view(film, run.id, False, at, fit, again))


def _key(film: Film, run_id: str, again: bool) -> str:
    return f"lesson-{film.key}-{run_id}{'-again' if again else ''}"


def _view(film: Film, run_id: str, had_ended: bool, at: int | None, fit: bool, again: bool) -> None:
    try:
        drawn = _ended(run_id) if had_ended else watched.look(run_id, live=True)
    except LabError as error:
        st.error(plain(error))
        return
    if drawn.run.has_ended and not had_ended:
        st.rerun()
    if drawn.scene:
        stage({**drawn.scene, "autoplay": again and at is None, "at": at, "fit": fit}, _key(film, run_id, again))
    elif not drawn.run.has_ended:
        st.info("Starting … the picture moves in a moment.", icon=":material/hourglass_top:")


def _ended(run_id: str) -> watched.Look:
    """A run that has ended, with the models that it was measured beside at its start and no later ones."""
    store = manager().store
    found = library.get(run_id, store)
    run = afterwards.completed(found.run, store, whole=True)
    return watched.Look(run, found.course, scene(run, found.course))
