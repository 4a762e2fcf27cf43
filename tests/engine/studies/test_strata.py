"""Methods by memorisation: every number by hand on fifteen samples, and the recorded digits as they are."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pandas as pd
import pytest
from comparing import finish

from engine.errors import NotMeasurable
from engine.originals.checkpoints import open_checkpoints
from engine.originals.memorised import Memorised
from engine.studies import strata as study
from engine.studies.comparison import Comparison, find_runs
from engine.studies.strata import Standing, Strata, as_text, by_memorisation

PAIR = Comparison(methods=("retrain", "finetune"), seeds=(0,))
FORGET, TEST = range(100, 115), range(20)
SCORE = np.concatenate([np.zeros(100), np.arange(15, 0, -1) / 16])  # 100 is memorised most, 114 least


def table(right: range | list[int], loss: float) -> pd.DataFrame:
    """Right are these of the forget set, whose losses are 0.5; the others' are ``loss``; the test set's are all 1."""
    forget = pd.DataFrame({"set": "forget", "sample": list(FORGET), "correct": [n in right for n in FORGET],
                           "loss": [0.5 if n in right else loss for n in FORGET]})
    test = pd.DataFrame({"set": "test", "sample": list(TEST), "correct": True, "loss": 1.0})
    return pd.concat([forget, test], ignore_index=True).assign(entropy=0.1, predicted=0)


@pytest.fixture
def runs(store, monkeypatch):
    """Retraining is right on the ten least memorised samples, fine-tuning on all but the most memorised two."""
    monkeypatch.setattr(study, "known_of", lambda run, checkpoints: Memorised(SCORE, SCORE, 200))
    monkeypatch.setattr("engine.runs.library.recorded_runs", lambda: ())
    theirs = {"retain_accuracy": 99.0, "test_accuracy": 80.0}
    ids = {"retrain": finish(store, PAIR, "retrain", **theirs),
           "finetune": finish(store, PAIR, "finetune", retain_accuracy=94.0, test_accuracy=70.0,
                              retrained=theirs | {"run_id": "x"})}
    store.save_samples(ids["retrain"], table(range(105, 115), loss=2.0))
    store.save_samples(ids["finetune"], table(range(102, 115), loss=1.0))
    return store, ids


def found(store, with_data=False, comparison=PAIR) -> Strata:
    return by_memorisation(comparison, find_runs(comparison, store), store, open_checkpoints(), with_data)


def test_strata_are_picked_inside_the_forget_set(runs):
    shown = found(runs[0])
    assert {level: groups[0].samples.tolist() for level, groups in shown.groups.items()} == {
        "high": [100, 101, 102, 103, 104], "low": [114, 113, 112, 111, 110], "medium": [107, 106, 108, 105, 109]}
    assert [shown.groups[level][0].mean * 16 for level in ("high", "medium", "low")] == [13, 8, 3]
    assert (shown.methods, shown.seeds, shown.source) == (("retrain", "finetune"), (0,), "scores from 200 models")


def test_accuracy_and_area_by_hand(runs):
    standings = found(runs[0]).standings
    assert {at: (one.accuracy, one.area) for at, one in standings.items()} == {
        ("retrain", "high"): (0.0, 0.0), ("retrain", "medium"): (100.0, 1.0), ("retrain", "low"): (100.0, 1.0),
        ("finetune", "high"): (60.0, 0.8), ("finetune", "medium"): (100.0, 1.0), ("finetune", "low"): (100.0, 1.0)}
    away = 1.96 * sqrt(26 / (12 * 5 * 20))
    assert standings["finetune", "high"].chance == pytest.approx((0.5 - away, 0.5 + away))


def test_tug_of_war_by_hand(runs):
    standings = found(runs[0]).standings
    assert all(standings["retrain", level].tow == 1 and standings["retrain", level].noise == 0
               for level in ("high", "medium", "low"))
    assert standings["finetune", "high"].tow == pytest.approx(0.95 * 0.9 * 0.4)
    assert standings["finetune", "low"].tow == pytest.approx(0.95 * 0.9)
    three_of_five, none_of_five = (5 / 9 * 4 / 9 / 9, 2 / 9 * 7 / 9 / 9)
    assert standings["finetune", "high"].noise == pytest.approx(0.855 * 1.96 * sqrt(three_of_five + none_of_five))


def test_without_the_data_the_original_is_missing_with_a_reason(runs):
    assert found(runs[0]).missing == {
        "original": "The Original is not shown: its answers need the data, which are not loaded."}
    assert found(runs[0]).control() is None
    said = found(runs[0], with_data=True)  # these runs were made on data that are not here
    assert said.missing["original"].startswith("Original: ") and said.notes[0].startswith("The classes are not shown: ")


def test_a_run_without_a_table_and_one_without_a_retrained_model_say_so(runs):
    store, _ = runs
    more = Comparison(methods=("finetune", "ssd"), seeds=(0,), forget=0.3)
    finish(store, more, "ssd")
    store.save_samples(finish(store, more, "finetune"), table(FORGET, 1.0))
    shown = found(store, comparison=more)
    assert shown.missing["ssd"].startswith("Selective synaptic dampening") and "has no table" in shown.missing["ssd"]
    assert shown.standings["finetune", "low"].tow is None and shown.best("low") == ()


@pytest.mark.parametrize(("comparison", "said"), [
    (Comparison(methods=("scrub",), seeds=(0,)), "No run has finished yet."),
    (Comparison(methods=("ssd",), seeds=(0,), forget=0.3), "has no table of its samples")])
def test_nothing_to_show_is_a_sentence(runs, comparison, said):
    finish(runs[0], Comparison(methods=("ssd",), seeds=(0,), forget=0.3), "ssd")
    with pytest.raises(NotMeasurable, match=said):
        found(runs[0], comparison=comparison)


def test_where_nothing_is_known_of_memorisation(runs, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr("engine.runs.library.recorded_runs", lambda: ())
    with pytest.raises(NotMeasurable, match="How memorised these samples are is not known"):
        found(runs[0])


def standing(tow: float, noise: float = 0.02) -> Standing:
    return Standing(50.0, 0.5, (0.4, 0.6), tow, noise)


@pytest.mark.parametrize(("other", "best", "said"), [
    (0.93, ("original", "ssd"), "The control holds: on the least memorised samples doing nothing (the Original, 0.92)"),
    (0.80, ("original",), "The control holds"),
    (0.95, ("ssd",), "The control fails: on the least memorised samples Selective synaptic dampening (SSD) is ahead")])
def test_the_control(other, best, said):
    shown = Strata("", "", (0,), {}, {("original", "low"): standing(0.92), ("retrain", "low"): standing(1.0),
                                      ("ssd", "low"): standing(other)})
    assert shown.best("low") == best and shown.control().startswith(said)


def test_the_recorded_digits(store):
    """Doing nothing wins where nothing was memorised, and fails where everything was."""
    asked = Comparison(methods=("retrain", "nabla_tau"), seeds=(1,))
    shown = found(store, with_data=True, comparison=asked)
    assert shown.methods == ("original", "retrain", "nabla_tau") and not shown.missing
    assert [shown.size(level) for level in shown.groups] == [50, 50, 50]
    assert sum(shown.classes("high").values()) == 50 and next(iter(shown.classes("high"))) == "6"
    tow = {at: round(one.tow, 2) for at, one in shown.standings.items()}
    assert [tow["original", level] for level in ("high", "medium", "low")] == [0.22, 0.93, 0.99]
    assert [tow["nabla_tau", level] for level in ("high", "medium", "low")] == [0.88, 0.86, 0.98]
    assert [round(shown.standings["retrain", level].accuracy) for level in ("high", "medium", "low")] == [22, 94, 100]
    assert shown.best("high") == ("nabla_tau",) and shown.control().startswith("The control holds")
    said = shown.to_json()
    assert len(said["rows"]) == 9 and said["strata"][0]["samples"]["1"] == shown.groups["high"][0].samples.tolist()


def test_several_seeds_are_means(runs):
    store, _ = runs
    both = Comparison(methods=("finetune",), seeds=(0, 1))
    store.save_samples(finish(store, both, "finetune", 1), table(range(100, 110), loss=1.0))
    shown = found(store, comparison=both)
    assert shown.seeds == (0, 1) and shown.standings["finetune", "high"].accuracy == 80.0
    assert shown.standings["finetune", "low"].accuracy == 50.0
    assert shown.standings["finetune", "low"].tow is None, "one of the two has no retrained model"


def test_as_text(runs):
    lines = as_text(found(runs[0])).splitlines()
    assert lines[1:4] == ["  high      5 samples, mean 0.81", "  medium    5 samples, mean 0.50",
                          "  low       5 samples, mean 0.19"]
    assert lines[6].split() == ["Fine-tuning", "60.0%", "0.80", "0.34^", "100.0%", "1.00", "0.85^", "100.0%", "1.00",
                                "0.85^"]
    assert lines[-1].startswith("The Original is not shown")
