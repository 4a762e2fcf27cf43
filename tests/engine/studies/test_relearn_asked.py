"""Relearning as a page asks for it: in the background, stopped, refused; a wrong unlearner goes the whole way."""

from __future__ import annotations

import json
import threading

import pytest
from helping import python

from engine import registry
from engine.cli.main import main
from engine.errors import BadInput
from engine.evaluation.verdict import verdict_of
from engine.originals.checkpoints import open_checkpoints
from engine.runs import library
from engine.runs.archive.columns import portable, problem, same_run
from engine.runs.here import run_here
from engine.runs.records import Run
from engine.spec import resolve
from engine.studies import relearn as relearning
from engine.studies import relearn_asked
from engine.studies.background import Questions, questions
from engine.studies.relearn_numbers import Settings
from engine.system.paths import home
from engine.types import Method, Plan, Progress, Spec
from tests.patience import patience, until

TINY = Settings(seeds=(0,), rates=(2e-3,), steps=(0, 1, 2), second=False)


def forget_the_last_layer(task, parameters):
    """A wrong unlearner: only what reads the features is drawn anew."""
    import torch

    from engine.training.networks import initialise

    initialise(task.model[-1], torch.Generator().manual_seed(0))
    yield Progress(step=1, total_steps=1, samples=1, terms={})


PLANTED = Method(name="last_layer", title="Last layer", summary="Draws the last layer anew.", source="a test",
                 parameters=registry.get("method", "retrain").parameters, unlearn=forget_the_last_layer,
                 plan=lambda parameters, sizes: Plan(steps=1, samples=1))


@pytest.fixture
def original_for_a_retrained(monkeypatch, brief_retrained):
    """No test waits for a full retraining: a third of the recipe has trained it (conftest.py)."""
    monkeypatch.setattr(relearning, "_trained", lambda mine, other, report, cancel: brief_retrained)


def test_a_wrong_unlearner_is_caught_by_relearning_up_to_the_sentence(with_original, store, monkeypatch,
                                                                      original_for_a_retrained, capsys):
    monkeypatch.setitem(registry.table("method"), "last_layer", PLANTED)
    run = run_here(resolve(Spec(method="last_layer")), store, False, threading.Event(), lambda progress: None)
    low, high = run.metrics["null_band"]["mia_loss"]
    assert low < run.metrics["mia_loss"] < high, "the attack on the loss finds nothing"
    before = verdict_of(run)
    settings = Settings(seeds=(0,), rates=(2e-3,), steps=(0, 1, 20, 50), second=False)
    question = relearn_asked.ask(run.id, store, 0, settings)
    assert question.wait(patience()) and question.view().state == "finished", question.view().reason

    found = verdict_of(library.get(run.id, store).run)
    where = "after 20 steps on retain data to where the retrained model stays: covered up, not removed"
    assert "omes back" not in before.title and found.title == f"Damaged, and comes back {where}"
    (item,) = [item for item in found.evidence if item.name == "relearning"]
    assert item.kind == "found" and item.title == f"Comes back {where}" and item.text in found.text
    assert item.text.startswith("Relearning: it was covered up, not removed: the accuracy on the forgotten rises from ")

    assert main(["show", run.id, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)["verdict"]
    assert (said["title"], said["text"]) == (found.title, found.text)
    assert {"name": "relearning", "kind": "found", "text": item.text, "about": "run"} in said["evidence"]


def test_it_runs_beside_the_page_and_what_is_known_is_found_by_what_was_shown(run, store, original_for_a_retrained):
    question = relearn_asked.ask(run.id, store, 0, TINY)
    assert questions(store).of("relearning", run.id) is question and questions(store).of("relearning", "cafe") is None
    assert question.wait(patience())
    view = question.view()
    assert (view.state, view.reason, view.active) == ("finished", None, False)
    kept = relearn_asked.kept(run, store)
    assert list(kept) == [0] and kept[0].points == view.found
    relearn_asked.ask(run.id, store, 5, TINY).wait(patience())
    both = relearn_asked.kept(run, store)
    assert {count: one.settings.forgotten for count, one in both.items()} == {0: (0,), 5: (5,)}


def test_only_as_many_are_offered_as_may_be_shown(run):
    assert relearn_asked.open_panels(run, ()) == [0, 5, 10] and relearn_asked.open_panels(run, (0, 5)) == [10]
    assert relearn_asked.pool_size(run) == 30


def test_one_at_a_time_and_it_can_be_stopped(run, store, original_for_a_retrained):
    slow = Settings(seeds=tuple(range(9)), rates=(2e-3,), steps=(0, 5000), second=False)
    question = relearn_asked.ask(run.id, store, 0, slow)
    with pytest.raises(BadInput, match=f"Relearning of run {run.id} is under way: stop it, or wait until it ends."):
        relearn_asked.ask(run.id, store, 5, TINY)
    until(lambda: question.view().found, "the first numbers", every=0.02)
    question.stop()
    assert question.wait(patience()) and question.view().state == "stopped"
    assert relearn_asked.kept(run, store) == {} and store.get(run.id).evidence is None


def test_a_refusal_is_the_engines_sentence(run, store, original_for_a_retrained):
    question = relearn_asked.ask(run.id, store, 1000, TINY)
    assert question.wait(patience())
    assert (question.view().state, question.view().reason) == (
        "failed", "forgotten is 1000, but only 30 of the 150 forgotten samples, a fifth of them, may be shown: the "
                  "others are what is measured.")


def test_an_error_that_nobody_expected_is_said_and_ends_it():
    def fail(question):
        raise RuntimeError("no")

    question = Questions().ask("likeness", "cafe", fail)
    assert question.wait(patience()) and (question.view().state, question.view().reason) == (
        "failed", f"RuntimeError: no. Details: {home() / 'logs/errors.log'}")


def test_the_time_is_known_before_and_grows_with_what_is_asked(run, store):
    one = relearn_asked.span(run, store, open_checkpoints(), TINY)
    more = relearn_asked.span(run, store, open_checkpoints(), relearn_asked.asked(0))
    assert 0 < one.low < one.high and more.high > one.high


def test_evidence_of_a_recorded_run_is_kept_beside_it(store):
    shipped = next(run for run in library.all_runs(store) if run.recorded and run.finished)
    store.add_evidence(shipped.id, "relearning-1", {"name": "relearning", "kind": "broke"})
    assert library.get(shipped.id, store).run.evidence == {"relearning-1": {"name": "relearning", "kind": "broke"}}
    assert next(run for run in library.all_runs(store) if run.id == shipped.id).evidence


def test_evidence_travels_in_archives_and_older_ones_lack_it(run, store, tmp_path):
    from engine.evaluation.relearning import Outcome

    assert "evidence" not in portable(run), "older versions read what has none"
    store.add_evidence(run.id, "relearning-1", {"name": "relearning", **Outcome("hidden", step=20).to_json()})
    told = store.get(run.id)
    assert portable(told)["evidence"] == told.evidence and problem(json.loads(json.dumps(portable(told))), 1) is None
    assert same_run(portable(told), portable(run)), "what was found out later makes no other run of it"
    back = Run.from_row(json.loads(json.dumps(portable(told))))
    assert verdict_of(back).title == ("Damaged, and comes back after 20 steps on retain data, as the retrained model "
                                      "does not: hidden, not removed")
    assert problem({**portable(run), "evidence": ["x"]}, 1) == (
        "column 'evidence' of run 1 is [\"x\"], but must be an object or null")


def test_asking_loads_no_torch():
    assert python("-c", "import sys, engine.studies.relearn_asked; print('torch' in sys.modules)").stdout == "False\n"
