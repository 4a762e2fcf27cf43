"""The lessons through Streamlit's AppTest: each to its end, predictions kept, parts hidden, present mode."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engine.runs.queue import Jobs, manager
from engine.types import ENDED
from tests.patience import patience, until
from ui.frame import present
from ui.learn import keys, page, predictions
from ui.learn.lessons import LESSONS
from ui.learn.place import HIDEABLE, PLACE, Place

ROOT = Path(__file__).resolve().parents[2]
NUMBERS = range(1, len(LESSONS) + 1)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A results folder in which the lessons' runs are made once for all tests here, and the managers to stop."""
    held: list[Any] = []
    yield tmp_path_factory.mktemp("lessons"), held
    for one in held[:1]:
        one.stop()


@pytest.fixture
def computed(shared, monkeypatch):
    """The manager of that folder."""
    folder, held = shared
    monkeypatch.setenv("UNLEARN_HOME", str(folder))
    monkeypatch.delenv("UNLEARN_DATABASE_URL", raising=False)
    held.append(manager())
    return held[-1]


def asked(**query: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=patience())
    for name, value in query.items():
        at.query_params[name] = value
    return at


def start(**query: str) -> AppTest:
    return asked(**query).run()


def lessons(**query: str) -> AppTest:
    return asked(**query).switch_page("pages/learn.py").run()


def texts(at: AppTest) -> str:
    kinds = ("title", "header", "markdown", "caption", "info", "success", "warning", "error", "subheader")
    return "\n".join(str(element.value) for kind in kinds for element in getattr(at, kind))


def ended(jobs) -> None:
    until(lambda: all(run.status in ENDED for run in jobs.store.list()), "the lessons' runs")


def forward(at: AppTest) -> AppTest:
    return at.button(key="lesson-next").click().run()


@pytest.mark.long
@pytest.mark.parametrize("number", NUMBERS)
def test_a_lesson_to_its_end(computed, number):
    at = lessons(lesson=str(number))
    lesson = LESSONS[number - 1]
    assert at.header[0].value == lesson.title
    assert lesson.guess.question in texts(at)
    asked = at.radio if lesson.guess.choices else at.slider
    asked[0].set_value(lesson.guess.choices[1] if lesson.guess.choices else 60.0).run()
    forward(at)
    assert lesson.watch in texts(at)
    ended(computed)
    forward(at)
    if lesson.guess.choices:
        assert f"You said: **{lesson.guess.choices[1]}**" in texts(at)
        assert any(f"It was: **{choice}**" in texts(at) for choice in lesson.guess.choices)
    else:
        assert at.metric[0].value == "60.0%"
        assert 0 < float(at.metric[1].value.rstrip("%")) < 100
    assert not at.exception
    assert not at.error
    forward(at)
    for point in lesson.why:
        assert point in texts(at)
    for i, quiz in enumerate(lesson.quizzes):
        for answer in quiz.answers:
            at.radio[i].set_value(answer.text).run()
            assert f"**{'Right' if answer.right else 'Not quite'}.** {answer.why}" in texts(at)
    if number < len(LESSONS):
        assert forward(at).header[0].value == LESSONS[number].title
    else:
        assert list(at.table[0].value["You said"])[-1] == lesson.guess.choices[1]


def test_a_click_that_counts_twice_turns_one_step(computed):
    """On a busy machine Streamlit can run a click's callback a second time."""
    def clicked():
        from unittest.mock import patch

        import streamlit as st

        from ui.learn import page
        from ui.learn.place import PLACE, Place

        with patch("streamlit.button") as button:
            page._buttons(st, Place(2, "compare"), "Why?")
            for _ in range(2):
                button.call_args.kwargs["on_click"]()
        st.write(str(PLACE.get().step))

    assert AppTest.from_function(clicked, default_timeout=patience()).run().markdown[0].value == "explain"


def test_a_prediction_is_kept_and_cannot_be_bettered(computed):
    at = lessons()
    at.slider[0].set_value(33.0).run()
    forward(at)
    at.button(key="lesson-back").click().run()
    assert at.slider[0].disabled
    assert at.slider[0].value == 33.0
    assert "Kept: a prediction stays as it was made." in texts(at)
    at.switch_page("pages/runs.py").run().switch_page("pages/learn.py").run()
    assert at.session_state[predictions.KEPT.key] == {1: 33.0}


def test_the_next_class_starts_afresh_and_runs_stay(computed):
    at = lessons(lesson="2")
    at.slider[0].set_value(77.0).run()
    forward(at)
    ended(computed)
    before = len(computed.store.list())
    at.button(key="lesson-reset").click().run()
    assert at.session_state[predictions.KEPT.key] == {}
    assert at.session_state[PLACE.key] == Place()
    assert at.slider[0].value == LESSONS[0].guess.first
    assert len(computed.store.list()) >= before
    assert dict(at.query_params)["lesson"] == "1"


def test_a_lessons_runs_are_made_once_for_all_who_open_it(computed):
    lessons(lesson="1")
    ended(computed)
    before = len(computed.store.list())
    lessons(lesson="1")
    assert len(computed.store.list()) == before


@pytest.mark.parametrize(("part", "gone"), [
    ("lessons", lambda at: not [one for one in at.get("button_group") if one.key == "lessons.chooser"]),
    ("steps", lambda at: not [one for one in at.button if one.key in ("lesson-next", "lesson-back")]),
    ("teacher", lambda at: not [one for one in at.button if one.key == "lesson-reset"]),
    ("keys", lambda at: "**Page Down" not in texts(at)),
    ("quiz", lambda at: not at.radio)])
def test_a_link_hides_what_it_names_and_nothing_else(computed, part, gone):
    assert not gone(lessons(lesson="1", step="explain"))
    assert gone(lessons(lesson="1", step="explain", hide=part))
    others = ",".join(name for name in HIDEABLE if name != part)
    assert not gone(lessons(lesson="1", step="explain", hide=others))


def test_a_hidden_picture_is_not_drawn(computed):
    ended(computed)
    at = lessons(lesson="1", step="run", hide="picture")
    assert not at.get("bidi_component")[1:]


def test_what_a_link_cannot_ask_for_is_said(computed):
    at = lessons(lesson="9", step="nap", hide="sidebar")
    told = "\n".join(warning.value for warning in at.warning)
    assert "The link's lesson: '9' is not valid. Valid: 1, 2, 3, 4, 5, 6. 1 is shown instead." in told
    assert "The link's step: 'nap' is not valid. Valid: predict, run, compare, explain. predict is shown" in told
    assert "The link's hide: 'sidebar' is not valid. Valid: lessons, steps, picture, quiz, teacher, keys" in told


def test_present_mode_is_read_from_the_address(computed):
    assert present.KEYS not in texts(start())
    at = start(present="1")
    assert present.KEYS in texts(at)
    assert at.button(key="present-off").label == "Leave present mode"


@pytest.mark.parametrize("name", ["learn", "unlearn", "compare", "robustness", "runs"])
def test_every_page_keeps_present_mode_in_its_address_and_understands_it(computed, name):
    at = start(present="1").switch_page(f"pages/{name}.py").run()
    assert at.query_params["present"] == "1"
    assert not [warning for warning in at.warning if "present" in warning.value]


def test_the_audiences_link_is_on_the_typed_host_and_hides_what_was_chosen(computed):
    at = lessons(lesson="3")
    at.button(key="lesson-audience").click().run()
    at.multiselect[0].set_value(["quiz"])
    at.text_input[0].set_value("192.168.1.20:8501")
    at.button(key="lesson-audience").click().run()  # a dialog is gone after a whole run unless it is opened again
    assert not at.exception
    assert at.code[0].value.startswith("http://192.168.1.20:8501/")
    assert at.code[0].value.endswith("?lesson=3&step=predict&hide=quiz")


def test_nothing_is_chosen_for_a_person_who_predicts_by_choice(computed):
    at = lessons(lesson="4")
    assert at.radio[0].value is None
    assert at.button(key="lesson-next").disabled


def test_a_run_that_was_stopped_is_said_and_queued_again_only_when_asked(computed, monkeypatch, tmp_path):
    monkeypatch.setenv("UNLEARN_HOME", str(tmp_path))
    monkeypatch.setattr(Jobs, "start", lambda self: None)  # nobody carries them out
    jobs = manager()
    at = lessons(lesson="1", step="compare")
    for run in jobs.store.list():
        jobs.store.end(run.id, "failed", reason="The disk is full.")
    at.run()
    assert "A run of this lesson failed: The disk is full." in texts(at)
    assert len(jobs.store.list(status=("queued",))) == 0
    at.button(key="lesson-again").click().run()
    assert not at.exception
    assert len(jobs.store.list(status=("queued",))) == 1


def test_a_picture_opens_at_the_frame_that_the_link_names(computed):
    ended(computed)
    at = lessons(lesson="1", step="run", at="40")
    drawn = next(one.proto.json for one in at.get("bidi_component") if "points" in one.proto.json)
    assert json.loads(json.loads(drawn)["spec"])["at"] == 40
    forward(at)
    assert "at" not in at.query_params


def test_in_the_second_lesson_a_person_gets_the_losses_of_every_sample_before_and_after(computed):
    lessons(lesson="2")
    ended(computed)
    at = lessons(lesson="2", step="run")
    drawn = next(json.loads(one.proto.json) for one in at.get("bidi_component") if "humps" in one.proto.json)["humps"]
    assert [one["title"] for one in drawn] == ["Before", "After unlearning"]
    assert [one["main"]["sizes"] for one in drawn] == [[150, 399]] * 2
    assert all(len(one["main"]["forget"]) == 150 for one in drawn)
    caught = [sum(loss < 0.1 for loss in one["main"]["forget"]) for one in drawn]
    assert caught[0] == 150 and caught[1] < 110
    forward(at)
    assert "The best *line*, chosen on one half and counted on the other: " in texts(at)


def test_lesson_five_shows_what_relearning_finds(computed):
    at = lessons(lesson="5")
    ended(computed)
    at = lessons(lesson="5", step="compare")
    assert not at.exception
    assert ("**It was hidden, not removed: 50 steps on retain data alone bring more than half of the Original's "
            "advantage back, which the retrained model does not gain.**") in texts(at)
    assert not [button for button in at.button if str(button.key).startswith("relearn-")], "it ships: nobody waits"


def test_no_card_of_the_fifth_lesson_decides_by_the_attack_that_its_text_calls_fooled(computed):
    lessons(lesson="5")
    ended(computed)
    at = lessons(lesson="5", step="compare")
    drawn = next(one.proto.json for one in at.get("bidi_component") if "points" in one.proto.json)
    decides = {one["key"]: one["decides"] for one in json.loads(json.loads(drawn)["spec"])["gauges"]}
    assert not decides.get("mia_loss")
    told = re.search(r"The attack on the loss: [^*]+The attack on the entropy", texts(at))[0]
    assert "inside the chance range" in told and "its ROC area is within chance, too" in told


def pressed(monkeypatch, at: AppTest, key: str) -> AppTest:
    """The page after one key: an AppTest runs a page's file alone, so what app.py does before it is done here."""
    drawn, left = page.show, [key]

    def show():
        if left:
            keys._turn(left.pop(), lessons=True)
        drawn()

    with monkeypatch.context() as patched:
        patched.setattr(page, "show", show)
        return at.run()


def test_an_answer_is_chosen_by_its_letter_and_page_down_asks_for_one(computed, monkeypatch):
    at = lessons(lesson="4")
    assert [option[:6] for option in at.radio[0].options] == ["**a** ", "**b** ", "**c** "]
    pressed(monkeypatch, at, "PageDown")
    assert [one.value for one in at.warning] == ["Choose an answer first: a, b or c."]
    pressed(monkeypatch, at, "b")
    assert at.radio[0].value == LESSONS[3].guess.choices[1] and not at.warning
    assert not at.button(key="lesson-next").disabled
    pressed(monkeypatch, at, "PageDown")
    assert at.session_state[PLACE.key] == Place(4, "run") and at.session_state[predictions.KEPT.key] == {
        4: LESSONS[3].guess.choices[1]}
    assert "**a, b, c** choose an answer" in present.KEYS


def test_a_letter_chooses_nothing_once_a_prediction_is_kept_or_where_a_slider_asks(computed, monkeypatch):
    at = pressed(monkeypatch, lessons(lesson="1"), "b")
    assert not at.exception and at.slider[0].value == LESSONS[0].guess.first
    at = pressed(monkeypatch, lessons(lesson="4"), "b")
    at = pressed(monkeypatch, forward(at), "c")
    at.button(key="lesson-back").click().run()
    assert at.radio[0].value == LESSONS[3].guess.choices[1] and at.radio[0].disabled


def test_page_down_goes_through_the_pictures_before_it_compares_them(computed, monkeypatch):
    lessons(lesson="4")
    ended(computed)
    at = lessons(lesson="4", step="run", at="3")
    predicted = {4: LESSONS[3].guess.choices[1]}
    at.session_state[predictions.KEPT.key] = predicted
    seen = [chosen(at)] + [chosen(pressed(monkeypatch, at, "PageDown")) for _ in range(3)]
    assert seen == list(LESSONS[3].shown) and "at" not in at.query_params
    assert chosen(pressed(monkeypatch, at, "PageUp")) == "soft"
    pressed(monkeypatch, pressed(monkeypatch, at, "PageDown"), "PageDown")
    assert at.session_state[PLACE.key] == Place(4, "compare") and chosen(at) == "much"
    assert not at.exception


def test_the_second_lesson_counts_the_best_line_as_it_asks(computed):
    lessons(lesson="2")
    ended(computed)
    at = lessons(lesson="2")
    assert "How many does the **best line** get right" in texts(at)
    at.slider[0].set_value(70.0).run()
    forward(forward(at))
    said = texts(at)
    best = re.search(r"The best \*line\*, chosen on one half and counted on the other: \*\*([\d.]+)%\*\*", said)[1]
    assert at.metric[1].value == f"{best}%"
    off = float(re.search(r"You were ([\d.]+) points off", said)[1])
    assert off == pytest.approx(abs(70 - float(best)), abs=0.051)
    rule = re.search(r"The lab's tables count another rule, a logistic regression: ([\d.]+)%", said)[1]
    assert float(rule) < float(best)


@pytest.mark.parametrize(("choice", "step"), [(None, "predict"), ("Nothing much changes", "run")])
def test_page_down_waits_for_a_prediction_as_the_button_does(choice, step):
    def turned(choice):
        import streamlit as st

        from ui.learn import keys, predictions
        from ui.learn.place import PLACE, Place

        PLACE.put(Place(4))
        st.session_state[predictions.key("guess.4")] = choice
        keys._turn("PageDown", lessons=True)

    at = AppTest.from_function(turned, default_timeout=patience(), args=(choice,)).run()
    assert not at.exception and at.session_state[PLACE.key] == Place(4, step)


def test_page_down_may_come_before_the_slider_is_drawn():
    """A page of which only the title stands: its key keeps what the slider would have shown."""
    def turned():
        from ui.learn import keys
        from ui.learn.place import PLACE, Place

        PLACE.put(Place(2))
        keys._turn("PageDown", lessons=True)

    at = AppTest.from_function(turned, default_timeout=patience()).run()
    assert at.session_state[PLACE.key] == Place(2, "run")
    assert at.session_state[predictions.KEPT.key] == {2: LESSONS[1].guess.first}


def test_beside_an_answer_stands_the_picture_that_it_is_about(computed):
    lessons(lesson="4")
    ended(computed)
    at = lessons(lesson="4", step="compare")
    assert chosen(at) == "much"
    assert chosen(lessons(lesson="4", step="run")) == "little"


def chosen(at: AppTest) -> str:
    """The key of the film that is shown."""
    return next(one.value for one in at.get("button_group") if "picture" in str(one.key))
