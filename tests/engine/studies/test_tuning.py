"""A search as data: its question, its sampler, its record and its score."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from itertools import permutations
from statistics import fmean

import pandas as pd
import pytest

from engine.errors import BadSpec
from engine.studies import tuning_sampler
from engine.studies.comparison import Comparison
from engine.studies.tuning import Tuning, check, filled
from engine.studies.tuning_kept import all_names, load, save
from engine.studies.tuning_record import Measured, Record, Trial, Tuned, interval_of
from engine.studies.tuning_sampler import spread, spread_first, suggested
from engine.studies.tuning_score import gaps, score_of
from engine.studies.tuning_space import Dimension

ASKED = Tuning(Comparison(methods=("ssd", "scrub"), seeds=(100, 101)), (0, 1, 2), 4, "mia_loss", "mia_entropy",
               "spread")


def problems_of(**changes):
    with pytest.raises(BadSpec) as caught:
        check(replace(ASKED, **changes))
    return [str(one) for one in caught.value.problems]


def test_what_is_left_open_is_filled_in(monkeypatch):
    monkeypatch.setattr(tuning_sampler, "problem", lambda sampler: None)
    one = filled(Tuning(ASKED.comparison))
    assert (one.attack, one.report_attack, one.sampler) == ("mia_loss", "mia_entropy", "tpe")
    assert filled(Tuning(ASKED.comparison, attack="mia_entropy")).report_attack == "mia_loss"
    monkeypatch.setattr(tuning_sampler, "problem", lambda sampler: "No." if sampler == "tpe" else None)
    assert filled(Tuning(ASKED.comparison)).sampler == "spread"


def test_the_same_question_in_other_words_has_one_name():
    one, other = (filled(Tuning(Comparison(methods=methods, model=model, seeds=(100,)), sampler="spread"))
                  for methods, model in ((("ssd", "scrub"), None), (("scrub", "ssd"), "small_cnn")))
    assert one == other and one.name == other.name


def test_problems_are_named_all_at_once():
    assert problems_of(comparison=replace(ASKED.comparison, methods=("ssd", "retrain")), report_seeds=(0, 100),
                       trials=0, attack="rmia", sampler="moon") == [
        "retrain is the reference that all others are held against: it is computed by itself, so leave it out.",
        "100 is a tuning seed and a report seed: what is reported must not have been chosen by.",
        "trials is 0, but must be a whole number from 1 to 200: the nearest valid value is 1.",
        "No attack on one model named 'rmia'. Did you mean 'mia_loss'?",
        "No sampler named 'moon'. Valid: tpe, spread."]
    assert problems_of(report_attack="mia_loss", report_seeds=()) == [
        "No report seed is chosen: the result needs at least one.",
        "report_attack is 'mia_loss', by which the settings are chosen: report another one."]
    assert problems_of(report_seeds=(1, 1)) == ["A report seed is chosen twice: once is enough."]
    corrupted = Comparison(options={"corruption": "trigger", "label_noise": 0}, scenario="corrupted", forget=None,
                           methods=("ssd",), seeds=(100,))
    assert [one for one in problems_of(comparison=corrupted) if one.startswith("is 'corrupted'")] == [
        "is 'corrupted', whose reference forgets other samples: tuning is for scenarios with a model retrained on the "
        "same forget set."]


def test_the_cap_is_a_budget_for_all_or_what_the_own_setting_takes():
    assert ASKED.cap("ssd") == ASKED.cap("scrub") == 6 * 850
    assert ASKED.most_runs == 2 * (4 * 2 + 2 * 3) + 2 + 3


def test_optuna_is_optional(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert tuning_sampler.best_here() == "spread"
    assert problems_of(sampler="tpe") == [
        "Optuna is not installed here: pip install -r requirements-tune.txt, or use the sampler spread."]


def taken(points, count):
    return [next(points) for _ in range(count)]


def test_spread_points_are_the_same_every_time_and_fill_the_cube():
    first = taken(spread(2), 64)
    assert first == taken(spread(2), 64)
    cells = [(int(2 * x), int(2 * y)) for x, y in first]
    assert all(14 <= cells.count(cell) <= 18 for cell in set(cells)) and len(set(cells)) == 4


def test_optuna_learns_and_repeats_itself():
    pytest.importorskip("optuna", reason="Optuna is not installed: requirements-tune.txt")
    known = [((x,), abs(x - 0.25)) for x, in taken(spread(1), 24)]
    found = taken(suggested(known, 1), 8)
    assert found == taken(suggested(known, 1), 8)
    assert fmean(abs(x - 0.25) for x, in found) < 0.5 * fmean(score for _, score in known)


@pytest.mark.parametrize(("sampler", "trials", "first"), [
    ("spread", 9, 9), ("tpe", 1, 1), ("tpe", 2, 2), ("tpe", 8, 5), ("tpe", 9, 5)])
def test_half_of_the_trials_come_before_the_sampler_learns(sampler, trials, first):
    assert spread_first(sampler, trials) == first


# --- the record -----------------------------------------------------------------------------


def runs(*scores, seeds=(100, 101)):
    return tuple(Measured(seed, f"run{seed}", "ref", score, {"forget accuracy": score}) for seed, score in
                 zip(seeds, scores, strict=True))


def tuned(*scores, **more):
    trials = tuple(Trial(number, "spread", {"a": number / 10} if number else {}, runs(score, score + 1))
                   for number, score in enumerate(scores))
    return Tuned("ssd", (Dimension("a", 0.1, 1.0, "log", False),), {"a": 0.5}, 5100.0, trials, **more)


def test_the_lowest_score_is_chosen_the_earlier_of_two_alike():
    one = tuned(4.0, 2.0, 3.0, 2.0)
    assert one.best.number == 1 and one.best.score == 2.5
    assert one.values(one.trials[0]) == {"a": 0.5} and one.values(one.best) == {"a": 0.1}
    assert one.best_so_far() == [4.5, 2.5, 2.5, 2.5]


def test_the_mean_over_all_orders_is_exact():
    scores = (4.0, 2.0, 3.0, 6.0)
    orders = [(scores[0], *others) for others in permutations(scores[1:])]
    expected = [fmean(min(order[:count]) + 0.5 for order in orders) for count in range(1, 5)]
    assert tuned(*scores).expected_best() == pytest.approx(expected)


def test_a_trial_without_all_its_runs_has_no_score():
    one = tuned(4.0)
    half = replace(one, trials=(*one.trials, Trial(1, "spread", {"a": 0.1}, (*runs(1.0, 1.0)[:1], Measured(101)))))
    assert half.trials[1].score is None and half.best.number == 0
    assert not half.complete(2) and half.best_so_far() == [4.5]
    assert one.complete(1) and not one.complete(2) and replace(one, exhausted=True).complete(2)


def test_an_interval_by_hand():
    found = interval_of([1.0, 2.0, 3.0])
    assert found.mean == 2.0 and found.half == pytest.approx(4.302653 * 1 / 3**0.5, abs=1e-5)
    assert interval_of([]) is None


def test_a_row_pairs_both_settings_by_seed():
    seeds = (0, 1)
    one = tuned(4.0, 2.0, published=runs(5.0, 7.0, seeds=seeds), tuned=runs(2.0, 6.0, seeds=seeds))
    row, = Record(replace(ASKED, trials=2), (one,)).rows()
    assert (row.chosen, row.values, row.own, row.own_score, row.chosen_score) == (1, {"a": 0.1}, {"a": 0.5}, 4.5, 2.5)
    assert (row.published.mean, row.tuned.mean, row.gain.mean) == (6.0, 4.0, 2.0)
    assert row.gain.half == pytest.approx(12.7062, abs=1e-3)  # t with one degree of freedom


def test_a_record_is_kept_and_read_again(tmp_path, caplog):
    seeds = (0, 1, 2)
    record = Record(ASKED, (tuned(4.0, 2.0, published=runs(1.0, 2.0, 3.0, seeds=seeds)),), {"engine": "1"})
    path = save(record, tmp_path)
    assert load(ASKED.name, tmp_path) == record and all_names(tmp_path) == [ASKED.name]
    assert load("other", tmp_path) is None
    path.write_text("{}")
    assert load(ASKED.name, tmp_path) is None
    assert "cannot be read, so it is begun again" in caplog.text


def test_the_same_question_has_the_same_name():
    assert Tuning.from_json(ASKED.to_json()) == ASKED
    assert ASKED.name == replace(ASKED).name != replace(ASKED, trials=5).name


# --- the score ------------------------------------------------------------------------------


def frame(**shares):
    """A table with so many of ten samples right in each set; whoever is right has a smaller loss."""
    rows = [{"set": name, "sample": number, "correct": number < right, "loss": 0.1 + number + right, "entropy": 1.0}
            for name, right in shares.items() for number in range(10)]
    return pd.DataFrame(rows)


def test_a_score_by_hand(monkeypatch):
    monkeypatch.setattr("engine.evaluation.measure.accuracy",
                        lambda attack, members, nonmembers: 50.0 + float(members.mean() - nonmembers.mean()))
    mine = frame(retain=10, forget=8, validation=6, test=3)
    theirs = frame(retain=9, forget=6, validation=7, test=7)
    assert gaps(mine, theirs, "validation", "mia_loss") == {
        "retain accuracy": 10.0, "forget accuracy": 20.0, "validation accuracy": 10.0, "mia_loss": pytest.approx(3.0)}
    found = gaps(mine, theirs, "test", "mia_loss")
    assert found == {"retain accuracy": 10.0, "forget accuracy": 20.0, "test accuracy": 40.0,
                     "mia_loss": pytest.approx(6.0)}
    assert score_of(found) == pytest.approx(19.0)


def test_the_test_set_plays_no_part_in_the_choice():
    mine, theirs = frame(retain=9, forget=8, validation=6, test=3), frame(retain=9, forget=6, validation=7, test=7)
    other = mine.assign(correct=mine["correct"] ^ (mine["set"] == "test"),
                        loss=mine["loss"].where(mine["set"] != "test", 99.0))
    assert gaps(mine, theirs, "validation", "mia_loss") == gaps(other, theirs, "validation", "mia_loss")
    assert gaps(mine, theirs, "test", "mia_loss") != gaps(other, theirs, "test", "mia_loss")


def test_too_few_samples_leave_the_attack_out():
    mine = frame(retain=9, forget=8, validation=6, test=3)
    assert "mia_loss" not in gaps(mine.drop(mine.index[mine["set"] == "forget"][:1]), mine, "test", "mia_loss")


def test_the_nonmembers_of_a_class_are_shared_out(monkeypatch):
    seen = []
    monkeypatch.setattr("engine.evaluation.measure.accuracy",
                        lambda attack, members, nonmembers: seen.append(len(nonmembers)) or 50.0)
    mine = frame(retain=9, forget=8, validation=6, test=3)
    unseen = pd.DataFrame([{"set": "unseen", "sample": number, "correct": True, "loss": 1.0, "entropy": 1.0}
                           for number in range(25)])  # samples 0 to 9 are validation's
    both = pd.concat([mine, unseen])
    assert gaps(both, both, "validation", "mia_loss")["mia_loss"] == 0
    assert gaps(both, both, "test", "mia_loss")["mia_loss"] == 0
    assert seen == [10, 10, 15, 15]
