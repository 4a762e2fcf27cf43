"""What ships about the runs of the lessons: it fits the present code, reaches every door, and damage is no error."""

from __future__ import annotations

import threading

from engine.evaluation.relearning import Outcome
from engine.evaluation.verdict import verdict_of
from engine.runs import library, recorded_findings
from engine.runs.here import run_here
from engine.runs.recorded_findings import FOLDER, ship, shipped_evidence, shipped_finding
from engine.spec import resolve
from engine.studies import relearn_asked
from engine.studies.relearn_numbers import Relearned
from engine.types import Spec

LESSON = Spec(method="random_label", seed=4)


def test_a_run_of_the_lesson_has_its_relearning_at_once(store):
    run = run_here(resolve(LESSON), store, False, threading.Event(), lambda progress: None)
    assert (FOLDER / f"{run.identity}.json.gz").is_file(), "relearn the lesson's run again and ship it"
    found = relearn_asked.kept(run, store)[0]
    assert (found.run_id, found.settings.forgotten, found.settings.seeds) == (run.id, (0,), (0, 1, 2))
    assert len(found.points) == 4 * 3 * 3 * 9
    title = "Comes back after 50 steps on retain data, as the retrained model does not: hidden, not removed"
    assert found.outcome().title() == title
    for one in (library.get(run.id, store).run, library.all_runs(store)[0],
                library.best({0: run.fingerprint}, store)[0]):
        assert verdict_of(one).title == title


def test_they_are_small():
    assert all(path.stat().st_size < 30_000 for path in FOLDER.glob("*.gz"))


def test_what_is_written_is_read_and_damage_is_logged(tmp_path, caplog):
    path = ship("cafe", {"run_id": "x"}, {"relearning-1": {"name": "relearning"}}, {"seed": 1}, tmp_path)
    assert shipped_finding("cafe", tmp_path)["finding"] == {"run_id": "x"}
    assert shipped_evidence("cafe", tmp_path) == {"relearning-1": {"name": "relearning"}}
    assert shipped_evidence("beef", tmp_path) == {} and shipped_finding(None, tmp_path) is None
    recorded_findings._read.cache_clear()
    path.write_bytes(path.read_bytes()[:20])
    assert shipped_finding("cafe", tmp_path) is None and "cafe.json.gz cannot be read" in caplog.text


def test_the_answer_for_the_verdict_is_what_the_present_rules_make_of_the_curves_that_ship():
    for identity in recorded_findings.shipped_identities():
        kept = shipped_finding(identity)
        found = Relearned.from_json({**kept["finding"], "run_id": ""})
        assert [Outcome.from_json(one) for one in kept["evidence"].values()] == [found.outcome()], identity
