"""The runs of a lesson: found or queued ahead, followed while they run, drawn as a moving picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import streamlit as st

from engine.errors import BadInput, LabError
from engine.runs import afterwards, library
from engine.runs.queue import manager
from engine.runs.records import Run
from engine.spec import resolve
from engine.system.read_only import read_only
from ui.common.said import plain
from ui.common.stage.component import forget_drawn, stage
from ui.common.stage.scene import scene
from ui.common.state import Slot
from ui.learn.records import Film, Lesson

# Runs that this session has asked for: one that fails or is stopped is not queued again by looking at the page.
TRIED: Slot[frozenset[str]] = Slot("lessons.tried", frozenset())
EVERY = 0.5  # seconds between two looks at a run that is on its way


def ensure(lessons: Iterable[Lesson]) -> None:
    """Queues the runs of these lessons that are neither there nor on their way, as many as the person may.

    In a lab that only shows none: there the recorded ones are shown.
    """
    if read_only():
        return
    films = {resolve(film.spec).fingerprint: film for lesson in lessons for film in lesson.films}
    jobs = manager()
    there = library.best({key: key for key in films}, jobs.store, recorded=False)
    tried = TRIED.get()
    for key in library.missing(films, there):
        if key not in tried:
            try:
                jobs.submit(films[key].spec)
            except BadInput:  # so many may not wait at once: asked again while the others run
                break
        tried |= {key}
    else:
        tried |= films.keys()
    TRIED.put(tried)


def runs_of(lesson: Lesson) -> Mapping[str, Run]:
    """The lesson's runs by the key of their film, finished or not."""
    wanted = {film.key: resolve(film.spec).fingerprint for film in lesson.films}
    store = manager().store
    return {key: afterwards.completed(run, store, whole=True)
            for key, run in library.best(wanted, store, recorded=read_only()).items()}


def ready(lesson: Lesson, runs: Mapping[str, Run]) -> bool:
    """Whether every run of the lesson has finished."""
    return all(film.key in runs and runs[film.key].finished for film in lesson.films)


def wait(lesson: Lesson) -> None:
    """Says how far the runs are, and shows the rest of the page once all have ended."""
    st.fragment(_wait, run_every=EVERY)(lesson)


def _wait(lesson: Lesson) -> None:
    ensure([lesson])
    runs = runs_of(lesson)
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
    st.fragment(_view, run_every=None if run.has_ended else EVERY)(film, run.id, run.has_ended, at, fit, again)


def _key(film: Film, run_id: str, again: bool) -> str:
    return f"lesson-{film.key}-{run_id}{'-again' if again else ''}"


def _view(film: Film, run_id: str, had_ended: bool, at: int | None, fit: bool, again: bool) -> None:
    try:
        found = library.get(run_id, manager().store)
    except LabError as error:
        st.error(plain(error))
        return
    run = afterwards.completed(found.run, manager().store, whole=True)
    if run.has_ended and not had_ended:
        st.rerun()
    drawn = scene(run, found.course, autoplay=again and at is None, at=at, fit=fit)
    if drawn:
        stage(drawn, _key(film, run.id, again))
    elif not run.has_ended:
        st.info("Starting … the picture moves in a moment.", icon=":material/hourglass_top:")
