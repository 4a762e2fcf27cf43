"""The page: one lesson at one of its four steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import streamlit as st

from engine.runs import library
from engine.runs.queue import manager
from engine.runs.records import Run
from engine.system.read_only import read_only
from ui.common import address as link
from ui.common.said import plain
from ui.frame import present
from ui.learn import audience, films, line, pictures, predictions
from ui.learn.lessons import LESSONS
from ui.learn.place import AT, FORM, PLACE, Place, go, open_lesson
from ui.learn.records import STEPS, Lesson, Quiz
from ui.unlearn import relearning

TITLES = {"predict": "Predict", "run": "Run", "compare": "Compare", "explain": "Explain"}
NEXT = {"predict": "Keep my prediction and run it", "run": "Compare", "compare": "Why?", "explain": "Next lesson"}


def show() -> None:
    """Draws the page."""
    FORM.restore()
    link.warn(FORM.problems())
    place = PLACE.get()
    FORM.mirror(place)
    films.ensure(LESSONS[place.number - 1:place.number + 1])  # the next lesson's too: nobody waits there
    head = _heading(place)
    {"predict": _predict, "run": _run, "compare": _compare, "explain": _explain}[place.step](place, head)
    if present.active():
        with present.corner():
            _tools(place)
    else:
        _tools(place)


def _tools(place: Place) -> None:
    """What a teacher needs and a class does not."""
    if "teacher" not in place.hidden:
        audience.show(place)
    if "keys" not in place.hidden:
        st.caption(present.KEYS)
    present.leave()


def _heading(place: Place) -> Any:
    """Lessons, title and steps; where Back and Next are drawn: on a projector in the same line."""
    if "lessons" not in place.hidden:
        _chooser(place)
    steps = " → ".join(f"**{TITLES[step]}**" if step == place.step else f":gray[{TITLES[step]}]" for step in STEPS)
    if present.active():
        head = st.container(horizontal=True, vertical_alignment="center", key="lesson-head")
        head.markdown(f"## {place.lesson.title}\n{steps}", width="stretch")
        return head
    st.header(place.lesson.title)
    st.markdown(f"Lesson {place.number} of {len(LESSONS)}, about {place.lesson.minutes:g} minutes · {steps}")
    return st


def _chooser(place: Place) -> None:
    key = "lessons.chooser"
    st.session_state[key] = place.number

    def choose() -> None:
        open_lesson(st.session_state[key] or place.number)

    titles = {number: f"{number} {lesson.title}" for number, lesson in enumerate(LESSONS, 1)}
    st.segmented_control("Lesson", list(titles), key=key, on_change=choose, required=True,
                         label_visibility="collapsed", format_func=titles.__getitem__)


def _predict(place: Place, head: Any) -> None:
    lesson = place.lesson
    st.markdown(lesson.opening)
    value = predictions.ask(place.number, lesson.guess)
    known = predictions.kept(place.number) is not None
    if known:
        st.caption("Kept: a prediction stays as it was made.")

    def keep() -> None:
        if value is not None:
            predictions.keep(place.number, value)
        go(place.moved(1))

    _buttons(head, place, "Run it" if known else NEXT["predict"], keep, disabled=value is None)


def _run(place: Place, head: Any) -> None:
    lesson, runs = place.lesson, films.runs_of(place.lesson)
    st.markdown(lesson.watch)
    _buttons(head, place, NEXT["run"])
    if not lesson.by_hand:
        _picture(place, runs, again=True)
    elif "picture" not in place.hidden and _finished(lesson, runs):
        line.show(runs[lesson.shown[0]])


def _compare(place: Place, head: Any) -> None:
    lesson, runs = place.lesson, films.runs_of(place.lesson)
    finished = _finished(lesson, runs)
    if finished:
        _beside(place, runs)
    _buttons(head, place, NEXT["compare"])
    if finished:
        if lesson.relearned and "picture" not in place.hidden:
            relearning.brief(library.get(runs[lesson.relearned].id, manager().store).run)
        _picture(place, runs, again=lesson.by_hand)  # nobody has seen it move there


def _finished(lesson: Lesson, runs: Mapping[str, Run]) -> bool:
    """Whether the lesson's runs have; else how far they are, or why one has not."""
    if films.ready(lesson, runs):
        return True
    if reasons := films.failed(runs):
        for reason in reasons:
            st.error(plain(reason), icon=":material/error:")
        st.button("Try again", key="lesson-again", icon=":material/replay:", on_click=films.try_again)
    elif read_only():
        st.info("The runs of this lesson do not ship, and this lab only shows what is there: try the first lesson, or "
                "install your own copy.", icon=":material/visibility:")
    else:
        films.wait(lesson)
    return False


def _beside(place: Place, runs: Mapping[str, Run]) -> None:
    """The prediction beside the truth, and what happened."""
    guess, truth = place.lesson.guess, _truth(place.lesson, runs)
    said, was = predictions.said(predictions.kept(place.number)), predictions.said(truth)
    line_said = line.in_words(runs[place.lesson.shown[0]]) if place.lesson.by_hand else ""
    told = " ".join(filter(None, (predictions.kept_in_words(place.number, guess, truth), line_said,
                                  place.lesson.happened(runs))))
    if guess.choices:  # sentences, too long for large figures
        between = " · " if present.active() else "  \n"
        st.markdown(f"You said: **{said}**{between}It was: **{was}**")
        st.markdown(told)
        return
    mine, real, text = st.columns([1, 1, 3], vertical_alignment="center")
    mine.metric("You said", said, border=True)
    real.metric("It was", was, border=True)
    text.markdown(told)


def _truth(lesson: Lesson, runs: Mapping[str, Run]) -> predictions.Prediction:
    """What was to be predicted: of a line in the person's hand, what the best line comes to."""
    best = line.best(runs[lesson.shown[0]]) if lesson.by_hand else None
    return lesson.guess.truth(runs) if best is None else best[0]


def _explain(place: Place, head: Any) -> None:
    last = place.number == len(LESSONS)
    if present.active():
        why, asked = st.columns(2, gap="medium")
        with why:
            _why(place)
        with asked:
            _in_tabs(place, last)
    else:
        _why(place)
        _quizzes(place)
        if last:
            _all_predictions()
    _buttons(head, place, NEXT["explain"])


def _why(place: Place) -> None:
    st.markdown("\n".join(f"- {point}" for point in place.lesson.why))


def _quizzes(place: Place) -> None:
    if "quiz" not in place.hidden:
        for number, quiz in enumerate(place.lesson.quizzes):
            _quiz(f"quiz.{place.number}.{number}", quiz)


def _in_tabs(place: Place, last: bool) -> None:
    """One question at a time beside the explanation, and the predictions of all lessons in the end."""
    quizzes = () if "quiz" in place.hidden else place.lesson.quizzes
    titles = [f"Question {number}" for number, _ in enumerate(quizzes, 1)] + ["Your predictions"] * last
    tabs = st.tabs(titles) if titles else []
    for number, (tab, quiz) in enumerate(zip(tabs, quizzes, strict=False)):
        with tab:
            _quiz(f"quiz.{place.number}.{number}", quiz)
    if last:
        with tabs[-1]:
            _all_predictions()


def _quiz(name: str, quiz: Quiz) -> None:
    with st.container(border=True):
        chosen = st.radio(quiz.question, [answer.text for answer in quiz.answers], None, key=predictions.key(name),
                          persist_state="session")
        for answer in quiz.answers:
            if answer.text == chosen:
                say, word = (st.success, "Right") if answer.right else (st.warning, "Not quite")
                say(f"**{word}.** {answer.why}")


def _all_predictions() -> None:
    """The six predictions beside what it was, at the end of the last lesson."""
    rows = []
    for number, lesson in enumerate(LESSONS, 1):
        runs = films.runs_of(lesson)
        truth = _truth(lesson, runs) if films.ready(lesson, runs) else None
        rows.append({"Lesson": f"{number} {lesson.title}", "You said": predictions.said(predictions.kept(number)),
                     "It was": predictions.said(truth)})
    st.subheader("Your predictions")
    st.table(rows, hide_index=True)


def _picture(place: Place, runs: Mapping[str, Run], again: bool) -> None:
    if "picture" in place.hidden:
        return
    film = pictures.choose(place)
    asked = st.query_params.get(AT, "")
    at = int(asked) if asked.isdecimal() and len(asked) < 10 else place.lesson.at if again else None
    if film.key in runs:
        films.play(film, runs[film.key], at, present.active(), again)


def _buttons(head: Any, place: Place, label: str, forward: Callable[[], None] | None = None,
             disabled: bool = False) -> None:
    if "steps" in place.hidden:
        return
    before, after = place.moved(-1), place.moved(1)
    with head.container(horizontal=True, key="lesson-steps"):
        st.button("Back", icon=":material/arrow_back:", key="lesson-back", on_click=go, args=(before,),
                  disabled=before == place)
        if after == place:
            st.markdown("**That was the last lesson.** Now try your own on the page Unlearn.")
        else:
            st.button(label, type="primary", icon=":material/arrow_forward:", key="lesson-next", disabled=disabled,
                      on_click=forward or partial(go, after))
