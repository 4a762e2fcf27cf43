"""People on one server: whose a run is, who may change it, whose turn it is, and how much each may ask for."""

from __future__ import annotations

import sqlite3
import threading
import time

import pytest

from engine.errors import BadInput, Cancelled, NotYours
from engine.runs import people
from engine.runs.live import Cancel
from engine.runs.people import NOBODY, Person, asking, rules
from engine.runs.queue import Jobs
from engine.runs.store import Store
from engine.spec import resolve
from engine.studies.background import Question, Questions
from engine.studies.comparison import Comparison, queue_missing
from engine.studies.job import Job
from engine.types import Spec
from ui.start import own_model
from ui.start.own_upload import path_of

ANNA, BEN, TEACHER = Person("anna@school.example"), Person("ben@school.example"), Person("t@school.example", True)


def submit(store, person, seed=0) -> str:
    with asking(person):
        return store.submit(resolve(Spec(seed=seed)))


@pytest.fixture
def jobs(store):
    made = Jobs(store)
    made.start = lambda: None  # nothing is carried out
    return made


def test_without_login_runs_have_no_owner_and_everything_is_allowed(jobs):
    run_id = jobs.submit(Spec())
    assert jobs.store.get(run_id).person is None and people.asker() is None
    jobs.cancel(run_id)
    jobs.store.annotate(run_id, ["lecture"], "")
    jobs.store.delete(run_id)
    assert jobs.store.list() == []


def test_a_run_is_marked_with_who_asked_and_only_they_and_teachers_change_it(jobs):
    store, run_id = jobs.store, submit(jobs.store, ANNA)
    assert store.get(run_id).person == "anna@school.example"
    refusal = f"Run {run_id} belongs to anna@school.example: only its owner and teachers can stop, change or delete it."
    for stranger in (BEN, NOBODY):
        with asking(stranger):
            assert [run.id for run in store.list()] == [run_id]  # everybody sees all
            for change in (jobs.cancel, lambda one: store.annotate(one, ["mine"], "")):
                with pytest.raises(NotYours) as refused:
                    change(run_id)
                assert str(refused.value) == refusal
    assert store.get(run_id).status == "queued" and store.get(run_id).tags == []
    with asking(ANNA):
        jobs.cancel(run_id)
    assert store.get(run_id).status == "cancelled"
    with asking(BEN), pytest.raises(NotYours):
        store.delete(run_id)
    with asking(TEACHER):
        store.delete(run_id)
    assert store.list() == []


def test_a_run_from_before_the_login_belongs_to_nobody(store):
    old = submit(store, None)
    with asking(ANNA), pytest.raises(NotYours, match=f"Run {old} was started without a login: only its owner"):
        store.request_cancel(old)
    with asking(TEACHER):
        store.request_cancel(old)
    assert store.get(old).status == "cancelled"


def test_a_store_of_an_earlier_version_gets_the_columns_and_its_runs_have_no_owner(store, tmp_path):
    run_id = submit(store, ANNA)
    file = tmp_path / "home" / "runs.sqlite"
    store._engine.dispose()
    with sqlite3.connect(file) as old:
        for name in ("person", "most_seconds"):
            old.execute(f"ALTER TABLE runs DROP COLUMN {name}")
    run = Store(store.root).get(run_id)
    assert (run.person, run.most_seconds) == (None, None)


def test_the_queue_goes_round_between_people_and_is_in_order_for_each(store):
    asked = {submit(store, person, seed): f"{name}{seed}" for name, person, seeds in (
        ("a", ANNA, (0, 1, 2)), ("b", BEN, (3, 4)), ("-", None, (5, 6))) for seed in seeds}
    order = []
    while run := store.claim():
        order.append(asked[run.id])
        time.sleep(0.002)  # the clock tells the beginnings apart
    assert order == ["a0", "b3", "-5", "a1", "b4", "-6", "a2"]


def test_without_people_the_queue_is_in_order(store):
    asked = [submit(store, None, seed) for seed in range(4)]
    assert [store.claim().id for _ in range(4)] == asked and store.claim() is None


def test_a_person_may_have_so_many_runs_wait_and_a_comparison_starts_whole_or_not_at_all(jobs):
    anna = Person("anna@school.example", waiting=2)
    with asking(anna):
        first = [jobs.submit(Spec(seed=seed)) for seed in (0, 1)]
        with pytest.raises(BadInput) as refused:
            jobs.submit(Spec(seed=2))
        assert str(refused.value) == (
            "2 of your runs already wait, and this would add 1, but 2 may wait at once for each person on this "
            "server: wait until some have ended, or ask for fewer.")
    with asking(BEN):
        jobs.submit(Spec(seed=2))  # others have room
    jobs.store.claim(first[0])
    with asking(anna):
        jobs.cancel(first[1])
        with pytest.raises(BadInput, match=r"^This would add 4, but 2 may wait at once"):
            queue_missing(Comparison("digits", "random", 0.15, ("finetune", "retrain"), (7, 8)), jobs, recorded=False)
    assert len(jobs.store.list()) == 3


def test_who_has_not_logged_in_starts_nothing(store):
    with asking(NOBODY):
        for start in (store.check_room, lambda: Questions().ask("relearning", "cafe", lambda question: None)):
            with pytest.raises(NotYours, match=r"^Log in to start a run.$"):
                start()


def test_a_run_is_stopped_after_its_persons_limit_whatever_process_carries_it_out(store):
    run = store.get(submit(store, Person("anna@school.example", seconds=0.01)))
    assert run.most_seconds == 0.01
    clock = Cancel(store, run.id, threading.Event(), run.most_seconds)
    time.sleep(0.02)
    with pytest.raises(Cancelled, match=r"^Stopped after 0.01 s, the limit for a run of one person here.$"):
        clock.check()
    Cancel(store, run.id, threading.Event()).check()  # no limit


def test_files_of_the_server_are_for_teachers_where_people_log_in(store):
    def opened(person):
        with asking(person):
            return path_of("/data/secret.csv", None)

    assert opened(None) == opened(TEACHER) == "/data/secret.csv"
    for student in (ANNA, NOBODY):
        with pytest.raises(NotYours, match=r"^Only teachers open data by a path or an id on this server: upload yours"):
            opened(student)
        with asking(student):
            tried = own_model._try("/data/secret.pt", None, "", Spec())
        assert tried.refused and tried.refused.startswith("Only teachers open data by a path or an id on this server")


class Endless(Job):
    """A job whose two parts wait until it is stopped; its thread records a run for each."""

    def __init__(self, store):
        super().__init__(2, "sweep")
        self.store = store
        self.start()

    def ends(self, control):
        self.store.begin_all([resolve(Spec())])
        control.cancel.wait(20)
        yield False


def test_a_job_belongs_to_who_started_it_and_so_do_its_runs(store):
    with asking(ANNA):
        job = Endless(store)
    with asking(BEN):
        for change in (job.cancel, job.pause, job.go_on):
            with pytest.raises(NotYours, match=r"^This sweep belongs to anna@school.example: only its owner"):
                change()
    with asking(ANNA):
        job.cancel()
    assert job.wait(20) and [run.person for run in store.list()] == ["anna@school.example"]


def test_a_job_ends_when_its_persons_time_is_up(store):
    with asking(Person("anna@school.example", seconds=0.05)):
        job = Endless(store)
    assert job.wait(20)
    assert (job.view().state, job.view().reason) == (
        "failed", "It was stopped after 0.1 s, the limit for 2 runs of one person here.")


def test_a_question_belongs_to_who_asked_it_and_ends_when_time_is_up():
    with asking(Person("anna@school.example", seconds=0.05)):
        question = Question("likeness", "cafe", "", lambda one: one.cancel.wait(20) and one.reporting("late", None))
    with asking(BEN), pytest.raises(NotYours, match=r"^Comparing models of run cafe belongs to anna@school.example"):
        question.stop()
    assert question.wait(20) and question.view().state == "stopped"
    assert question.view().reason == "It was stopped after 0.05 s, the limit for a run of one person here."


# --- settings -------------------------------------------------------------------------------


def test_rules_make_people_of_what_a_login_service_says():
    school = rules({"teachers": ["T@School.example"], "teacher_claim": "groups=staff", "most_waiting": 3,
                    "most_seconds": 600}, {})
    assert school.person({"email": "Anna@School.example", "email_verified": True}) == Person(
        "anna@school.example", False, 3, 600.0)
    assert school.person({"email": "t@school.example"}) == Person("t@school.example", True)
    assert school.person({"email": "c@school.example", "groups": ["pupils", "staff"]}).teacher
    assert not school.person({"email": "c@school.example", "groups": "staffroom"}).teacher
    assert rules({}, {}).person({"sub": "00u1"}) == Person("00u1")
    assert rules({"most_waiting": 3}, {"UNLEARN_MOST_WAITING": "9", "UNLEARN_TEACHERS": "a@b.c, d@e.f"}) == (
        people.Rules(frozenset({"a@b.c", "d@e.f"}), None, 9))


@pytest.mark.parametrize(("claims", "said"), [
    ({"email": "t@school.example", "email_verified": False}, "has not verified the address t@school.example"),
    ({}, "gives neither an e-mail address nor an id"), ({"sub": "x" * 201}, "gives neither")])
def test_who_cannot_be_told_apart_is_refused(claims, said):
    with pytest.raises(BadInput, match=said):
        rules({"teachers": ["t@school.example"]}, {}).person(claims)


@pytest.mark.parametrize(("section", "said"), [
    ({"most_waiting": 0}, "most_waiting is 0, but must be a number above 0."),
    ({"most_waiting": 1.5}, "most_waiting is 1.5, but must be a whole number from 1."),
    ({"most_seconds": "soon"}, "most_seconds is 'soon', but must be a number above 0."),
    ({"most_seconds": True}, "most_seconds is True, but must be a number above 0."),
    ({"teachers": [1]}, "teachers is [1], but must be a list of e-mail addresses."),
    ({"teacher_claim": "groups"}, "teacher_claim is 'groups', but must be a claim and its value, such as "
                                  "groups=teachers."),
    ({"teacher": []}, "[people] has teacher, which this version does not know. Valid: teachers, teacher_claim, "
                      "most_waiting, most_seconds.")])
def test_settings_that_make_no_sense_are_refused(section, said):
    with pytest.raises(BadInput) as refused:
        rules(section, {})
    assert str(refused.value) == said
