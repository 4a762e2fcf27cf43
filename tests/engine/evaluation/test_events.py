"""The events of a run as records: what is stored comes back, also from versions that knew less."""

from __future__ import annotations

import pytest
from archiving import finished_run, probe

from engine.evaluation.events import Course, ProbeEvent, Reading, StartEvent
from tests.engine.appending import append

READING = probe(0)["reading"]
START = {"kind": "start", "bins": [0.0, 1.0], "counts": {"forget": 60, "test": 40}, "before": READING,
         "null_band": {"mia_loss": [49.0, 51.0]}, "band": {"permutations": 100, "of": "own losses"},
         "retrained": READING}


def test_what_is_stored_comes_back():
    assert StartEvent.from_json(START).to_json() == START
    assert StartEvent.from_json(START | {"retrained": None}).to_json() == START | {"retrained": None}
    assert ProbeEvent.from_json(probe(3)).to_json() == probe(3)


def test_an_event_of_the_first_version_lacks_what_came_later():
    older = {name: START[name] for name in ("kind", "bins", "counts", "before")}
    event = StartEvent.from_json(older | {"null_band": None})
    assert (event.null_band, event.band, event.retrained) == ({}, {}, None)


def test_a_reading_by_the_names_of_the_metrics():
    assert Reading.from_json(READING).values == {
        "mia_loss": 51.41000000000001, "mia_entropy": None, "retain_accuracy": 99.1, "forget_accuracy": 84.7,
        "test_accuracy": 82.8, "accuracy_gap": pytest.approx(1.9)}


def test_attackers_compare_with_the_unseen_samples_where_there_are_any():
    assert StartEvent.from_json(START).attacked == {"forget": 60, "test": 40}
    unseen = StartEvent.from_json(START | {"counts": {"forget": 60, "test": 40, "unseen": 7}})
    assert unseen.attacked == {"forget": 60, "test": 7, "unseen": 7}


def test_a_course_begins_with_the_original(store):
    course = Course.from_json(store.events(finished_run(store, probes=2)))
    assert [point.step for point in course.points] == [0, 1, 2]
    assert course.points[0].reading == course.start.before and course.probes == tuple(course.points[1:])
    assert Course.from_json([]).points == [] and Course.from_json([probe(1)]).start is None


def test_a_record_is_stored_as_its_json(store):
    run_id = finished_run(store, probes=0)
    append(store, run_id, ProbeEvent.from_json(probe(7)))
    assert store.events(run_id)[-1] == {"seq": 1, **probe(7)}
