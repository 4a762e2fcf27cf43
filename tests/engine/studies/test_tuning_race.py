"""A search carried out: same trials and cap, nothing twice, stopped and continued, failures counted."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest

from engine.cli.main import main
from engine.errors import BadInput, BadSpec
from engine.runs import executors
from engine.runs.executors import Control
from engine.runs.store import open_store
from engine.studies import tuning_exports
from engine.studies.comparison import Comparison
from engine.studies.tuning import Tuning
from engine.studies.tuning_job import Tunings, carry_out, tunings
from engine.studies.tuning_kept import load
from engine.studies.tuning_race import OWN, Race
from engine.studies.tuning_record import WORST, Measured
from engine.types import Spec
from tests.patience import patience

ASKED = Tuning(Comparison(methods=("ssd",), seeds=(100,)), (7,), 3, "mia_loss", "mia_entropy", "spread")


class Pretended:
    """An executor that trains nothing: a run fails where its batch size is above ``breaks``."""

    def __init__(self, breaks=10_000):
        self.name, self.title, self.help, self.breaks = "local", "Pretended", "", breaks
        self.asked: list[Spec] = []

    def problem(self) -> None:
        return None

    def run_all(self, todo, store, train_original, control, on_progress):
        for position, resolved in enumerate(todo):
            if control.cancel.is_set():
                return
            self.asked.append(resolved.spec)
            run_id = store.begin(resolved)
            broken = resolved.spec.method != "retrain" and resolved.effective.get("batch_size", 0) > self.breaks
            store.end(run_id, "failed" if broken else "finished", reason="Diverged." if broken else None)
            on_progress({"stage": "Unlearning"})
            yield position, store.get(run_id)


@pytest.fixture
def pretended(monkeypatch):
    """Runs are pretended, and a run's distance is that of its first searched value from what is best."""
    executor = Pretended()
    monkeypatch.setitem(executors.EXECUTORS, "local", executor)
    monkeypatch.setattr("engine.studies.tuning_race.library.has_samples", lambda run, store: True)
    monkeypatch.setattr(Race, "_load", lambda self, run_id: self.store.get(run_id).effective or {})
    monkeypatch.setattr("engine.studies.tuning_race.gaps", lambda mine, theirs, side, attack: {
        side: abs(mine.get("selection", 0.0) - 3.0), attack: 0.0})
    return executor


def searched(tuning, store, control=None):
    race = Race(tuning, store)
    return list(carry_out(race, "local", False, control or Control())), race.record


def test_every_method_has_the_same_trials_its_own_setting_first(pretended, store):
    tuning = replace(ASKED, comparison=replace(ASKED.comparison, methods=("ssd", "scrub")), trials=5)
    _, record = searched(tuning, store)
    assert [len(one.trials) for one in record.methods] == [5, 5]
    assert all(one.trials[0].parameters == {} and one.trials[0].by == OWN for one in record.methods)
    assert {trial.by for one in record.methods for trial in one.trials[1:]} == {"spread"}
    assert record.complete


def test_no_trial_exceeds_the_cap(pretended, store):
    tuning = replace(ASKED, comparison=replace(ASKED.comparison, methods=("scrub", "gradient_ascent")), trials=12)
    _, record = searched(tuning, store)
    race = Race(tuning, store)
    for one in record.methods:
        taken = [race._of(one.method, 100, trial.parameters).plan.samples for trial in one.trials]
        assert max(taken) <= one.cap == 5100 and len(set(map(str, (t.parameters for t in one.trials)))) == 12


def test_the_best_is_chosen_and_reported_on_other_seeds(pretended, store):
    ended, record = searched(replace(ASKED, trials=6), store)
    one, = record.methods
    best = min(one.trials, key=lambda trial: abs(one.values(trial)["selection"] - 3.0))
    assert one.best == best and best.number > 0
    assert [run.seed for run in one.tuned] == [7] and one.tuned[0].gaps.keys() == {"test", "mia_entropy"}
    assert one.trials[0].runs[0].gaps.keys() == {"validation", "mia_loss"}
    assert one.tuned[0].score == pytest.approx(best.score), "the pretended distance depends on the setting alone"
    assert record.rows()[0].gain.mean == pytest.approx(one.published[0].score - one.tuned[0].score)
    assert len(ended) == 2 + 6 + 1 + 1


def test_nothing_is_computed_twice(pretended, store):
    ended, record = searched(ASKED, store)
    again, same = searched(ASKED, store)
    assert len({run.fingerprint for run in ended}) == len(ended) and again == [] and same == record
    searched(replace(ASKED, trials=4), store)
    assert len(store.list()) <= len(ended) + 1 + 1, "a longer search has one more trial, and perhaps another choice"


def test_a_search_that_was_stopped_continues_where_it_was(pretended, store):
    control = Control(threading.Event())
    race, ended = Race(ASKED, store), []
    for run in carry_out(race, "local", False, control):
        ended.append(run)
        if len(ended) == 3:
            control.cancel.set()
    assert len(ended) == 3 and not race.record.complete
    kept = load(ASKED.name, store.root)
    assert [trial.parameters for trial in kept.methods[0].trials] == [t.parameters for t in race.methods["ssd"].trials]
    rest, record = searched(ASKED, store)
    assert record.complete and not {run.id for run in rest} & {run.id for run in ended}
    assert len(store.list()) == len(ended) + len(rest)


def test_optuna_is_asked_once_half_of_the_trials_have_scores(pretended, store):
    pytest.importorskip("optuna", reason="Optuna is not installed: requirements-tune.txt")
    tuning = replace(ASKED, sampler="tpe", trials=10)
    _, record = searched(tuning, store)
    one, = record.methods
    assert [trial.by for trial in one.trials] == [OWN] + ["spread"] * 5 + ["tpe"] * 4
    assert record.made_by.keys() == {"engine", "scipy", "optuna"}
    for run in store.list():
        store.delete(run.id)
    (store.root / "tuning" / f"{tuning.name}.json").unlink()
    _, again = searched(tuning, store)
    assert [t.parameters for t in again.methods[0].trials] == [t.parameters for t in one.trials]


def test_a_run_that_fails_has_the_worst_score_and_is_not_repeated(pretended, store):
    pretended.breaks = 63  # its own batch size is 64
    _, record = searched(replace(ASKED, trials=6), store)
    one, = record.methods
    assert one.trials[0].score == WORST and one.trials[0].runs[0].failed == "Diverged."
    assert one.best.score < WORST and one.failures == record.rows()[0].failures >= 1
    assert "failed and had the worst score" in tuning_exports.to_text(record)
    assert searched(replace(ASKED, trials=6), store)[0] == []


def test_a_method_without_numbers_has_one_trial(pretended, store, monkeypatch):
    monkeypatch.setattr("engine.studies.tuning_race.space_of", lambda spec: ())
    _, record = searched(ASKED, store)
    one, = record.methods
    assert len(one.trials) == 1 and one.exhausted and record.complete
    assert "Fewer trials, because no other setting is within the budget: Selective" in tuning_exports.to_text(record)


def test_the_job_says_how_far_it_is_and_there_is_one_at_a_time(pretended, store, monkeypatch):
    go = threading.Event()
    whole = pretended.run_all

    def slowly(*asked):
        go.wait(patience())
        yield from whole(*asked)

    monkeypatch.setattr(pretended, "run_all", slowly)
    mine = Tunings(store)
    job = mine.launch(ASKED)
    assert job.view().todo == ASKED.most_runs == job.race.left()
    with pytest.raises(BadInput, match=r"^Another search is running: stop it, or wait until it ends\.$"):
        mine.launch(ASKED)
    go.set()
    assert job.wait(patience())
    view = job.view()
    assert (view.state, view.ended, view.todo) == ("finished", len(store.list()), len(store.list()))
    assert job.race.record.complete and mine.active is None and tunings() is tunings()


def test_a_bad_search_does_not_start(pretended, store):
    with pytest.raises(BadSpec, match="trials is 0"):
        Tunings(store).launch(replace(ASKED, trials=0))
    with pytest.raises(BadInput, match="No executor named 'moon'"):
        Tunings(store).launch(ASKED, "moon")
    assert pretended.asked == []


# --- exports and the command ----------------------------------------------------------------


def test_the_exports(pretended, store):
    _, record = searched(ASKED, store)
    lines = tuning_exports.to_csv(record).splitlines()
    assert lines[0] == ("method,part,trial,by,seed,score,run_id,samples,seconds,failed,parameters,validation gap,"
                        "mia_loss gap,test gap,mia_entropy gap")
    assert [line.split(",")[1] for line in lines[1:]] == ["search"] * 3 + ["published", "tuned"]
    whole = json.loads(tuning_exports.to_json(record))
    assert whole["methods"][0]["space"][0] == {"name": "selection", "low": 0.5, "high": 50.0, "scale": "log",
                                              "whole": False}
    assert len(whole["methods"][0]["best_so_far"]) == 3 and whole["complete"]
    text = tuning_exports.to_text(record)
    assert text.splitlines()[0].split("  ")[0] == "Method" and "Each method had 3 trials" in text


@pytest.mark.long
def test_the_command_from_real_runs(brief, no_caches, monkeypatch, capsys):
    monkeypatch.setattr("engine.runs.executors.local.workers_for", lambda todo: 0)
    asked = ["tune", "--methods", "ssd", "--trials", "2", "--seeds", "0", "--report-seeds", "1",
             "--sampler", "spread", "--json"]
    assert main(asked) == 0
    record = json.loads(capsys.readouterr().out)
    one, = record["methods"]
    assert record["complete"] and [len(trial["runs"]) for trial in one["trials"]] == [1, 1]
    measured = Measured(**one["published"][0])
    assert measured.gaps.keys() == {"retain accuracy", "forget accuracy", "test accuracy", "mia_entropy"}
    assert measured.samples == 1150
    before = len(open_store().list())
    assert main(asked) == 0
    assert json.loads(capsys.readouterr().out) == record and len(open_store().list()) == before


def test_the_command_names_every_problem(home, capsys):
    assert main(["tune", "--methods", "nabla", "--report-seeds", "100", "--trials", "x"]) == 2
    said = capsys.readouterr().err
    assert "No method named 'nabla'. Did you mean 'nabla_tau'?" in said
    assert "trials is 'x', but must be a number." in said
    assert "100 is a tuning seed and a report seed" in said


def test_recorded_only_computes_nothing(home, capsys):
    assert main(["tune", "--methods", "ssd", "--trials", "2", "--seeds", "900", "--report-seeds", "901",
                 "--recorded-only"]) == 0
    assert "Not complete" in capsys.readouterr().out and open_store().list() == []
