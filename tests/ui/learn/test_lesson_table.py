"""The table of lessons, places, links and QR codes; nothing of it needs a page."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import segno

from engine.errors import BadInput
from engine.evaluation.measured import Metrics
from engine.runs.records import Run
from engine.spec import resolve
from engine.types import Spec
from ui.common import qr
from ui.learn import truths
from ui.learn.audience import link, unreachable
from ui.learn.lessons import FAIR, LESSONS
from ui.learn.place import Place, write
from ui.learn.records import STEPS

QUIZZES = [quiz for lesson in LESSONS for quiz in lesson.quizzes]


def test_six_lessons_take_ten_minutes():
    assert len(LESSONS) == 6
    assert sum(lesson.minutes for lesson in LESSONS) == 10


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.title)
def test_a_lesson_shows_films_that_it_has_and_every_run_can_be_made(lesson):
    assert {film.key for film in lesson.films} >= set(lesson.shown)
    assert len({resolve(film.spec).fingerprint for film in lesson.films}) == len(lesson.films)
    assert {film.spec.dataset for film in lesson.films} == {"digits"}


@pytest.mark.parametrize("quiz", QUIZZES, ids=lambda quiz: quiz.question[:30])
def test_a_quiz_has_one_right_answer_and_a_reason_for_each(quiz):
    assert [answer.right for answer in quiz.answers].count(True) == 1
    assert all(answer.why.endswith(".") for answer in quiz.answers)
    assert len({answer.text for answer in quiz.answers}) == len(quiz.answers)


def test_places_follow_each_other_to_both_ends():
    assert Place().moved(-1) == Place()
    assert Place(1, "explain").moved(1) == Place(2, "predict")
    assert Place(2, "predict").moved(-1) == Place(1, "explain")
    assert Place(6, STEPS[-1]).moved(1) == Place(6, STEPS[-1])


def test_a_link_names_lesson_step_and_what_is_hidden_in_the_room():
    place = Place(4, "run", frozenset({"steps", "lessons"}))
    assert write(place) == {"lesson": "4", "step": "run", "hide": "lessons,steps"}
    assert link("http://localhost:8501/lab/learn?x=1", "", replace(place, hidden=frozenset())) == (
        "http://localhost:8501/lab/learn?lesson=4&step=run")
    assert link("http://localhost:8501/learn", "192.168.1.20:8501", Place()) == (
        "http://192.168.1.20:8501/learn?lesson=1&step=predict")
    assert link("http://localhost:8501/learn", "https://lab.example", Place()).startswith("https://lab.example/learn?")


def test_a_host_that_is_no_address_is_refused_in_a_sentence():
    with pytest.raises(BadInput, match=r"Address of this computer: 'http://\[room' is no address\. Type a name"):
        link("http://localhost:8501/learn", "http://[room", Place())


def test_a_qr_code_draws_the_librarys_matrix_and_nothing_of_the_text():
    text = 'http://x/"><script>alert(1)</script>'
    drawn = qr.svg(text)
    assert "script" not in drawn
    wanted = {(x, y) for y, row in enumerate(segno.make(text, error="m", micro=False).matrix)
              for x, dark in enumerate(row) if dark}
    found = {(int(x) - qr.QUIET, int(y) - qr.QUIET) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", drawn)}
    assert found == wanted


def fair(ours: tuple[float, ...], theirs: tuple[float, ...]) -> dict[str, Run]:
    """Six finished runs with these accuracies of the loss attack."""
    return {f"{method}{seed}": Run(method, "finished", Spec(), metrics=Metrics({"mia_loss": value}))
            for method, values in (("tau", ours), ("tune", theirs)) for seed, value in zip(truths.SEEDS, values)}


@pytest.mark.parametrize(("ours", "theirs", "answer"), [
    ((50.7, 48.7, 52.3), (47.3, 52.3, 57.0), truths.OPEN),
    ((50.1, 49.8, 50.2), (60.0, 40.0, 60.3), truths.OURS),
    ((60.0, 40.0, 60.3), (50.1, 49.8, 50.2), truths.THEIRS)])
def test_the_fair_comparison_is_decided_by_the_interval_of_the_difference(ours, theirs, answer):
    runs = fair(ours, theirs)
    assert truths.fairer(runs) == answer
    assert ("it holds zero" in FAIR.happened(runs)) == (answer == truths.OPEN)


def test_the_interval_is_students_of_three_differences():
    mean, half = truths.difference(fair((51.0, 52.0, 53.0), (52.0, 55.0, 54.0)))
    assert mean == pytest.approx(-5 / 3)  # of -1, -3 and -1
    assert half == pytest.approx(4.303 * (4 / 3) ** 0.5 / 3 ** 0.5)


@pytest.mark.parametrize(("value", "words"), [
    (50.0, ", inside the chance range of 43.0 to 57.0%"), (68.7, ", outside the chance range of 43.0 to 57.0%")])
def test_what_happened_says_whether_it_is_chance(value, words):
    run = Run("one", "finished", Spec(), metrics=Metrics({"mia_loss": value, "null_band": {"mia_loss": [43.0, 57.0]}}))
    assert truths.chance(run, "mia_loss") == words


@pytest.mark.parametrize(("area", "words"), [
    (0.414, "; by its ROC area 0.414, by chance at least 0.417, it finds them"),
    (0.450, "; its ROC area is within chance, too"), (None, "")])
def test_what_happened_reads_an_attack_as_the_verdict_does(area, words):
    sizes = {"forget": 150, "test": 399, "nonmembers": 399}
    run = Run("one", "finished", Spec(), metrics=Metrics({
        "mia_loss": 44.3, "mia_loss_auc": area, "null_band": {"mia_loss": [42.4, 57.9]}, "sizes": sizes,
        "original": {"test_accuracy": 73.0}, "test_accuracy": 71.0, "forget_accuracy": 71.0}))
    assert truths.by_area(run, "mia_loss") == words


LOCAL, ROOM = "http://localhost:8501/learn?lesson=1", "http://192.168.1.20:8501/learn?lesson=1"


@pytest.mark.parametrize("address", [LOCAL, ROOM])
def test_a_server_that_listens_on_this_machine_only_says_so_whatever_is_typed(address):
    said = unreachable("http://localhost:8501/learn", address, "127.0.0.1")
    assert said.startswith("**No other machine can open this.** The server listens on 127.0.0.1 only")
    assert "`streamlit run app.py --server.address 0.0.0.0`" in said and "docs/deployment.md" in said


@pytest.mark.parametrize(("opened", "address", "listens", "begins"), [
    ("http://localhost:8501/learn", ROOM, None, ""), ("http://localhost:8501/learn", ROOM, "0.0.0.0", ""),
    ("http://localhost:8501/learn", LOCAL, "0.0.0.0", "**Only this computer can open that address.**"),
    ("https://lab.example/learn", "https://lab.example/learn", "127.0.0.1", "")])  # behind a web server
def test_a_server_that_others_reach_is_not_warned_of(opened, address, listens, begins):
    said = unreachable(opened, address, listens)
    assert said.startswith(begins) and bool(said) == bool(begins)


@pytest.mark.parametrize(("allowed", "answers"), [
    ([], True), (["localhost"], False), (["192.168.1.20"], True), (["*"], True), (["*.168.1.20"], True)])
def test_a_server_that_would_refuse_the_typed_name_says_so(allowed, answers):
    said = unreachable("http://localhost:8501/learn", ROOM, "0.0.0.0", allowed)
    assert said == ("" if answers else (
        "**The server does not answer to 192.168.1.20 yet.** Start it with `--server.allowedHosts` and that name, or "
        "put it into STREAMLIT_SERVER_ALLOWED_HOSTS (docs/deployment.md)."))
