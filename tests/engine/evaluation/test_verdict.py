"""What a run's numbers come to: one verdict, on cases written down by hand."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from engine.evaluation.evidence import Counts, Decisive, Evidence
from engine.evaluation.measured import Metrics
from engine.evaluation.verdict import far_under, judge, remarks, verdict_of
from engine.runs.recorded import recorded_runs
from engine.runs.records import Run
from engine.types import Spec

BANDS = {"mia_loss": (45.0, 55.0), "mia_entropy": (44.0, 56.0)}
COUNTS = Counts(forget=100, test=100, nonmembers=100)  # three standard errors of an area: 3 sqrt(201 / 120,000) = .1228
WELL = {"retain_accuracy": 99.0, "forget_accuracy": 72.0, "test_accuracy": 72.0, "mia_loss": 50.0, "mia_entropy": 50.0,
        "mia_loss_auc": 0.5, "mia_entropy_auc": 0.5, "null_band": BANDS, "original": {"test_accuracy": 73.0}}
BY_LOSS = "An attacker by the loss does no better than chance (50.0%, chance range: 45.0 to 55.0%)."
BY_ENTROPY = "An attacker by the entropy does no better than chance (50.0%, chance range: 44.0 to 56.0%)."
HIGHER_LOSSES = ("Over-forgotten: forgotten samples have higher losses than unseen ones, so an attacker finds them by "
                 "the reverse rule (ROC area 0.37700, by chance at least 0.37722; Streisand effect).")
BROKEN = ("The model is damaged: its test accuracy fell from 72.7 to 9.8%. An attack near 50% is no success "
          "then: a broken model has not unlearned.")
UNTRIED = "Not tried: attacks tuned to each sample, relearning."
RIGHT_HERE = ("Losses far above those of other unseen data are expected here: the remaining "
              "data contain no such class.")


def said(scenario="random", counts=COUNTS, reference=False, **changes):
    found = judge(WELL | changes, scenario, counts, reference)
    return found.kind, found.text


# --- a random subset ------------------------------------------------------------------------


@pytest.mark.parametrize(("changes", "kind", "text"), [
    ({}, "forgotten", f"{BY_LOSS} {BY_ENTROPY} {UNTRIED}"),
    ({"mia_entropy": 63.25}, "not_forgotten", f"{BY_LOSS} An attacker by the entropy still does better than chance "
     "(63.2%, chance range: 44.0 to 56.0%)."),
    ({"mia_loss_auc": 0.63}, "not_forgotten", "An attacker by the loss guesses no better than a coin toss (50.0%, "
     "chance range: 45.0 to 55.0%), but ranks forgotten samples ahead of never-seen ones (ROC area 0.630, by chance "
     f"at most 0.623). {BY_ENTROPY}"),
    ({"mia_loss": 42.0}, "forgotten", "An attacker by the loss does worse than a coin toss (42.0%, chance range: 45.0 "
     "to 55.0%): the rule it learns on one part of the samples does not carry over to the rest. "
     f"{BY_ENTROPY} {UNTRIED}"),
    ({"mia_loss_auc": 0.377}, "over_forgotten", HIGHER_LOSSES),
    ({"mia_loss_auc": 0.377, "mia_loss": 60.0}, "over_forgotten", HIGHER_LOSSES),
    ({"mia_loss_auc": 0.378}, "forgotten", f"{BY_LOSS} {BY_ENTROPY} {UNTRIED}"),
    ({"mia_loss_auc": 0.377, "mia_entropy": 63.25}, "over_forgotten", f"{HIGHER_LOSSES} An attacker by the entropy "
     "still does better than chance (63.2%, chance range: 44.0 to 56.0%)."),
    ({"mia_entropy_auc": 0.32}, "over_forgotten", "Over-forgotten: forgotten samples have higher entropies than unseen "
     "ones, so an attacker finds them by the reverse rule (ROC area 0.320, by chance at least 0.377; Streisand "
     "effect)."),
    ({"forget_accuracy": 40.0}, "over_forgotten", "Over-forgotten: the accuracy on the forget set (40.0%) is far below "
     "the one on unseen data (72.0%), which gives the forgotten samples away (Streisand effect)."),
    ({"test_accuracy": 9.8, "forget_accuracy": 9.8, "original": {"test_accuracy": 72.7}}, "damaged", BROKEN),
    ({"test_accuracy": 9.8, "mia_loss_auc": 0.2, "original": {"test_accuracy": 72.7}}, "damaged", BROKEN),
    ({"test_accuracy": 62.8, "forget_accuracy": 62.8, "original": {"test_accuracy": 72.7}}, "forgotten",
     f"Forgetting cost accuracy: test accuracy fell from 72.7 to 62.8%. {BY_LOSS} {BY_ENTROPY} {UNTRIED}"),
    ({"test_accuracy": 67.8, "forget_accuracy": 62.8, "original": {"test_accuracy": 72.7}}, "forgotten",
     f"{BY_LOSS} {BY_ENTROPY} {UNTRIED}"),
    ({"mia_loss": None, "mia_entropy": None, "mia_loss_auc": None, "mia_entropy_auc": None}, "undecided",
     "No attack could be measured, so there is no verdict."),
])
def test_a_random_subset(changes, kind, text):
    assert said(**changes) == (kind, text)


def test_what_the_retrained_model_shows_is_not_held_against_a_run():
    """Truth itself may lie above chance, or below one half: then that is what the split gives."""
    retrained = {"mia_loss": 61.0, "mia_loss_auc": 0.64}
    assert said(mia_loss=60.5, mia_loss_auc=0.63, retrained=retrained) == (
        "forgotten", "An attacker by the loss does no better than against the retrained model (60.5%, chance range: "
        f"45.0 to 55.0%, the retrained model: 61.0%). {BY_ENTROPY} {UNTRIED}")
    assert said(mia_loss=66.0, retrained=retrained) == (
        "forgotten", "An attacker by the loss does better than chance, but against the retrained model too (66.0%, "
        "chance range: 45.0 to 55.0%, the retrained model: 61.0%): on this split that is no sign of what was to be "
        f"forgotten. {BY_ENTROPY} {UNTRIED}")
    assert said(mia_loss=66.1, retrained=retrained)[1].startswith(
        "An attacker by the loss still does better than chance (66.1%, chance range: 45.0 to 55.0%, the retrained "
        "model: 61.0%).")
    assert said(mia_loss=56.0, retrained={"mia_loss": 54.0})[0] == "not_forgotten", "the retrained model passes"
    assert said(mia_loss_auc=0.36, retrained={"mia_loss_auc": 0.35})[0] == "forgotten"
    assert said(mia_loss_auc=0.34, retrained={"mia_loss_auc": 0.35})[0] == "over_forgotten"


def test_the_reference_is_never_judged():
    for scenario in ("random", "class"):
        kind, text = said(scenario, reference=True, mia_loss=90.0, mia_loss_auc=0.1, test_accuracy=1.0)
        assert kind == "reference" and "chance" not in text.split("chance level")[0]
        found = judge(WELL | {"mia_loss_auc": 0.1, "test_accuracy": 1.0}, scenario, COUNTS, True)
        assert (found.damaged, found.over_forgotten) == (False, None)


def test_without_counts_only_the_accuracies_of_attacks_are_judged():
    assert said(counts=None, mia_loss_auc=0.1, forget_accuracy=1.0) == (
        "forgotten", f"{BY_LOSS} {BY_ENTROPY} {UNTRIED}")


def test_an_area_just_beyond_its_limit_is_not_shown_as_the_same_number():
    text = said(null_band=dict.fromkeys(BANDS), mia_loss_auc=0.62301)[1]
    area, limit = re.search(r"ROC area (\S+), by chance at most (\S+)\)", text).groups()
    assert area == "0.62301" and area != limit and limit.startswith("0.62")


def test_without_a_null_band_the_area_decides():
    none = dict.fromkeys(BANDS)
    assert said(null_band=none)[1].startswith(
        "An attacker by the loss does no better than chance (ROC area 0.500, by chance at most 0.623).")
    assert said(null_band=none, mia_loss_auc=0.7)[0] == "not_forgotten"


def test_worse_than_a_coin_toss_by_every_attack_is_undecided():
    assert said(mia_loss=42.0, mia_entropy=41.0)[0] == "undecided"


def test_a_damaged_model_keeps_both_marks():
    found = judge(WELL | {"test_accuracy": 9.8, "mia_loss_auc": 0.377, "original": {"test_accuracy": 72.7}}, "random",
                  COUNTS)
    assert (found.kind, found.damaged, found.over_forgotten) == ("damaged", True, HIGHER_LOSSES)


@pytest.mark.parametrize(("changes", "title", "decisive"), [
    ({}, "Forgotten, as far as these two attacks can tell", None),
    ({"mia_entropy": None, "mia_entropy_auc": None}, "Forgotten, as far as this attack can tell", None),
    ({"mia_entropy": 63.25}, "Not forgotten: an attacker still finds the forget set",
     Decisive("mia_entropy", 63.25, 56.0, "mia_entropy")),
    ({"mia_loss_auc": 0.63}, "Not forgotten: an attacker still finds the forget set",
     Decisive("mia_loss_auc", 0.63, pytest.approx(0.6228, abs=1e-4), "mia_loss")),
    ({"mia_loss_auc": 0.3}, "Over-forgotten: the forgotten samples stand out again",
     Decisive("mia_loss_auc", 0.3, pytest.approx(0.3772, abs=1e-4), "mia_loss", above=False)),
    ({"test_accuracy": 9.8, "original": {"test_accuracy": 72.7}}, "Damaged: the model no longer works on new samples",
     Decisive("test_accuracy", 9.8, pytest.approx(62.7), above=False)),
    ({"forget_accuracy": 40.0}, "Over-forgotten: the forgotten samples stand out again",
     Decisive("forget_accuracy", 40.0, 72.0, above=False)),
])
def test_a_verdict_names_the_number_that_decides(changes, title, decisive):
    found = judge(WELL | changes, "random", COUNTS)
    assert (found.title, found.decisive) == (title, decisive)


def test_further_evidence_is_summed_up_with_the_attacks():
    gone = Evidence("relearning", "chance", "It is relearned as slowly as by a retrained model.")
    found = judge(WELL, "random", COUNTS, more=[gone])
    assert (found.kind, found.title) == ("forgotten", "Forgotten, as far as these two attacks and relearning can tell")
    assert found.text.endswith(f"{gone.text} Not tried: attacks tuned to each sample.")
    back = Evidence("relearning", "found", "It comes back at once.", Decisive("relearned", 9.0, 3.0))
    found = judge(WELL, "random", COUNTS, more=[back])
    assert (found.kind, found.decisive) == ("not_forgotten", back.decisive) and back.text in found.text


# --- a class --------------------------------------------------------------------------------


@pytest.mark.parametrize(("now", "retrained", "kind", "text"), [
    (0.0, None, "forgotten", "The class is forgotten: the model gets 0.0% of its samples right (zero is usual for a "
     f"retrained one). {RIGHT_HERE} {BY_LOSS} {BY_ENTROPY} {UNTRIED}"),
    (5.0, 0.0, "forgotten", "The class is forgotten: the model gets 5.0% of its samples right (the retrained model: "
     f"0.0%). {BY_LOSS} {BY_ENTROPY} {UNTRIED}"),
    (30.0, 25.0, "forgotten", "The class is forgotten: the model gets 30.0% of its samples right (the retrained model: "
     f"25.0%). {BY_LOSS} {BY_ENTROPY} {UNTRIED}"),
    (5.1, 0.0, "not_forgotten", "The class is not forgotten: the model still gets 5.1% of its samples right (the "
     "retrained model: 0.0%). An attack near 50% only shows that the model treats all samples of the class alike."),
    (0.0, 30.0, "over_forgotten", "Over-forgotten: the accuracy on the forgotten class (0.0%) is far below the "
     "retrained model's (30.0%), which gives the forgotten samples away (Streisand effect)."),
])
def test_a_class_is_forgotten_when_the_model_knows_it_as_little_as_a_retrained_one(now, retrained, kind, text):
    reference = None if retrained is None else {"forget_accuracy": retrained}
    assert said("class", forget_accuracy=now, retrained=reference) == (kind, text)


@pytest.mark.parametrize(("changes", "kind", "text"), [
    ({"mia_loss_auc": 0.377}, "over_forgotten", HIGHER_LOSSES),
    ({"mia_loss_auc": 0.377, "forget_accuracy": 40.0}, "over_forgotten", HIGHER_LOSSES),
    ({"mia_loss": 60.0}, "forgotten", "The class is forgotten: the model gets 0.0% of its samples right (zero is usual "
     f"for a retrained one). {RIGHT_HERE} Within the class, the samples that the Original was trained on still stand "
     "out. An attacker by the loss still does better than chance (60.0%, chance range: 45.0 to 55.0%). " + UNTRIED),
    ({"mia_loss": 60.0, "forget_accuracy": 40.0}, "not_forgotten", "The class is not forgotten: the model still gets "
     "40.0% of its samples right (zero is usual for a retrained one). An attacker by the loss still does better than "
     "chance (60.0%, chance range: 45.0 to 55.0%)."),
    ({"test_accuracy": 9.8, "original": {"test_accuracy": 72.7}}, "damaged", BROKEN),
    ({"original": {"test_accuracy": 73.0, "forget_accuracy": 0.0}}, "undecided", "The Original never knew this class: "
     "it got 0.0% of its samples right, so there was nothing to forget."),
])
def test_attacks_agree_with_the_class(changes, kind, text):
    assert said("class", **({"forget_accuracy": 0.0} | changes)) == (kind, text)


def test_a_class_is_not_called_forgotten_above_a_measure_that_is_beyond_chance():
    found = judge(WELL | {"forget_accuracy": 0.0, "mia_loss": 60.0}, "class", COUNTS)
    assert (found.kind, found.title) == ("forgotten", "Forgotten by its answers; its losses still stand out")
    assert judge(WELL | {"forget_accuracy": 0.0}, "class", COUNTS).title == "Forgotten, as far as its answers tell"


# --- attacks beside retrained models ----------------------------------------------------------


def test_an_attack_that_weighed_each_sample_is_named_with_its_number_and_its_chance_range():
    """4 of 150 ahead of all 399 others: by chance about (150 / 549)^4, well within three sigma."""
    counts = Counts(forget=150, test=399, nonmembers=399)
    found = judge(WELL | {"rmia_auc": 0.52, "rmia_tpr_at_0_1pct_fpr": 2.67}, "random", counts)
    assert (found.kind, found.title) == ("forgotten", "Forgotten, as far as these three attacks can tell")
    assert ("An attacker by RMIA, sample by sample, does no better than chance (ROC area 0.520, by chance at most "
            "0.583; exposed at 0.1% false alarms 2.7%, by chance at most 3.3%).") in found.text
    assert found.text.endswith("Not tried: attacks tuned to each sample by many unlearned models, relearning.")


def test_an_attack_that_exposes_more_than_chance_is_not_called_forgotten():
    counts = Counts(forget=150, test=399, nonmembers=399)
    found = judge(WELL | {"rmia_auc": 0.52, "rmia_tpr_at_0_1pct_fpr": 8.0}, "random", counts)
    assert found.kind == "not_forgotten" and "RMIA, sample by sample, still finds some" in found.text
    assert found.decisive == Decisive("rmia_tpr_at_0_1pct_fpr", 8.0, pytest.approx(3.33, abs=0.01), "rmia")


def test_an_attack_that_learns_from_other_models_of_the_method_decides_no_runs_verdict():
    """What it finds is said of the method, by the ensemble's own measure."""
    counts = Counts(forget=150, test=399, nonmembers=399)
    alone, beside = (judge(WELL | more, "random", counts) for more in ({}, {"u_lira_auc": 0.9}))
    assert beside == alone and alone.kind == "forgotten"


# --- the borders ----------------------------------------------------------------------------


def test_a_forget_accuracy_three_standard_errors_under_the_test_accuracy():
    """60% against 73%. 400 a side: 3 x 100 sqrt(.665 x .335 x 2 / 400) = 10.0 points; 200 a side: 14.2 points."""
    assert far_under(60.0, 400, 73.0, 400) and not far_under(60.0, 200, 73.0, 200)
    assert not far_under(73.0, 400, 60.0, 400)


def test_half_a_point_is_never_over_forgetting():
    """99.5% against 100% on 100,000 a side is 22 standard errors, and still nothing that anybody would notice."""
    assert not far_under(99.5, 100_000, 100.0, 100_000) and far_under(98.9, 100_000, 100.0, 100_000)


def test_the_border_counts_the_unseen_samples_and_not_the_test_set():
    """AUC .32: three standard errors with 100 against 25 are 3 sqrt(126 / 30,000) = .194, against 20,000 .087."""
    few, many = (Counts(forget=100, test=20_000, nonmembers=m) for m in (25, 20_000))
    assert said("class", few, forget_accuracy=0.0, mia_loss_auc=0.32)[0] == "forgotten"
    assert said("class", many, forget_accuracy=0.0, mia_loss_auc=0.32)[0] == "over_forgotten"


# --- stored runs ----------------------------------------------------------------------------


def stored(method="ssd", parameters=None, **changes):
    return Run("run", "finished", Spec(method=method, parameters=parameters or {}), metrics=Metrics(WELL | changes))


def test_stored_sentences_and_flags_are_not_trusted():
    run = stored(over_forgotten=True, verdict="Fine.",
                 notes=["Over-forgotten: no.", "The model is damaged: no.", "Mind."])
    found = verdict_of(run)
    assert (found.kind, found.over_forgotten) == ("forgotten", None)
    assert remarks(run.metrics) == ["Mind."] and remarks({}) == []


def test_counts_are_those_of_the_run_and_else_the_declared_ones():
    """150 to forget against 399: three standard errors are 3 sqrt(550 / 718,200) = .0830."""
    assert verdict_of(stored(mia_loss_auc=0.416)).kind == "over_forgotten"
    assert verdict_of(stored(mia_loss_auc=0.418)).kind == "forgotten"
    few = {"forget": 20, "test": 399, "nonmembers": 399}
    assert verdict_of(stored(mia_loss_auc=0.416, sizes=few)).kind == "forgotten"


def test_the_first_versions_name_of_the_loss_attacks_area_is_read():
    run = stored(mia_auc=0.3)
    run = replace(run, metrics=Metrics({name: value for name, value in run.metrics.items() if name != "mia_loss_auc"}))
    assert verdict_of(run).kind == "over_forgotten"


def test_a_retraining_by_the_originals_recipe_is_the_reference():
    assert verdict_of(stored("retrain", mia_loss=80.0)).kind == "reference"
    assert verdict_of(stored("retrain", {"epochs": 1}, mia_loss=80.0)).kind == "not_forgotten"
    assert verdict_of(Run("run", "failed", Spec())) is None


FINDS = ("still does better than chance", "ranks forgotten", "finds them", "still finds some of the forgotten")
LOST = "does no better than chance"


def contradictions(run):
    """What a verdict must never put side by side."""
    found, method = verdict_of(run), run.spec.method
    text, metrics = found.text, run.metrics
    wrong = []
    if method == "retrain" and not run.spec.parameters and found.kind != "reference":
        wrong.append("the reference is judged")
    if (found.damaged and found.kind != "damaged") or (found.kind == "damaged" and "forgotten" in text):
        wrong.append("a damaged model is praised")
    if found.kind == "over_forgotten" and (LOST in text or "right here" in text or "not forgotten" in text):
        wrong.append("over-forgotten, and yet as chance")
    if found.kind == "forgotten" and any(words in text for words in FINDS) and "Within the class" not in text:
        wrong.append("forgotten, and yet found")
    if found.kind == "not_forgotten" and not any(words in text for words in (*FINDS, "is not forgotten")):
        wrong.append("not forgotten, and nothing says why")
    if any(f"by the {what} {LOST}" in text and f"higher {many}" in text
           for what, many in (("loss", "losses"), ("entropy", "entropies"))):
        wrong.append("one quantity, two answers")
    if "The class is forgotten" in text and metrics["forget_accuracy"] > 5 + (metrics.get("retrained") or {}).get(
            "forget_accuracy", 0.0):
        wrong.append("a class that is still known")
    return wrong


def test_no_recorded_run_has_contradictory_verdicts():
    runs = [run for run in recorded_runs() if run.metrics]
    assert len(runs) > 400
    assert {run.id: wrong for run in runs if (wrong := contradictions(run))} == {}


# --- few samples, and what to hold a damage against ---------------------------------------------


def test_with_few_samples_a_side_nothing_is_called_forgotten_in_the_title():
    few, enough = (Counts(forget=n, test=400, nonmembers=n) for n in (18, 60))
    found = judge(WELL, "random", few)
    assert (found.kind, found.title) == ("forgotten", "Too few samples to tell: nothing found by these two attacks")
    assert found.few and not judge(WELL, "random", enough).few, "tables say so, too"
    assert found.text.startswith("With 18 samples a side, chance alone reaches about 23 points to either side, so only "
                                 f"a strong trace could be seen. {BY_LOSS}")
    found = judge(WELL, "random", enough)
    assert found.title == "Forgotten, as far as these two attacks can tell" and found.text.startswith(BY_LOSS)
    assert judge(WELL | {"mia_loss": 80.0}, "random", few).kind == "not_forgotten"


def test_a_damaged_model_is_held_beside_the_retrained_one():
    found = judge({"test_accuracy": 38.9, "original": {"test_accuracy": 100.0}, "retrained": {"test_accuracy": 55.6}},
                  "random", None)
    assert found.text.startswith("The model is damaged: its test accuracy fell from 100.0 to 38.9% (the retrained "
                                 "model: 55.6%). An attack near 50% is no success then")


# --- samples that a person or a rule chose ----------------------------------------------------

CHOSEN = ("hardest", "easiest", "memorised", "listed")


@pytest.mark.parametrize("scenario", CHOSEN)
@pytest.mark.parametrize("changes", [
    {}, {"mia_loss": 80.0, "mia_loss_auc": 0.9}, {"mia_loss_auc": 0.1, "mia_entropy_auc": 0.2},
    {"forget_accuracy": 5.0}])
def test_without_a_retrained_model_chosen_samples_get_no_verdict(scenario, changes):
    found = judge(WELL | changes, scenario, COUNTS)
    assert (found.kind, found.title) == ("undecided", "No verdict yet: retrain to compare")
    assert found.text == (
        "These samples were chosen, so they differ from the test set without any training, and what an attacker finds "
        "says nothing by itself. Retrain to compare: run Retraining on the same forget set.")
    assert found.decisive is None and found.over_forgotten is None
    assert {item.kind for item in found.evidence} == {"unknown"}


def test_damage_and_relearning_need_no_retrained_model_to_be_seen():
    assert judge(WELL | {"test_accuracy": 9.8}, "hardest", COUNTS).kind == "damaged"
    back = Evidence("relearning", "found", "It comes back at once.", Decisive("relearned", 9.0, 3.0))
    assert judge(WELL, "hardest", COUNTS, more=[back]).kind == "not_forgotten"


@pytest.mark.parametrize(("area", "right", "kind", "text"), [
    (0.20, 20.0, "forgotten", "An attacker by the loss finds no more than in the retrained model (ROC area 0.200, by "
     "chance at most 0.323, the retrained model: 0.200)."),
    (0.31, 20.0, "forgotten", "An attacker by the loss finds no more"),
    (0.33, 20.0, "not_forgotten", "An attacker by the loss ranks forgotten samples further ahead of never-seen ones "
     "than in the retrained model (ROC area 0.330, by chance at most 0.323, the retrained model: 0.200)."),
    (0.50, 20.0, "not_forgotten", "An attacker by the loss ranks forgotten samples further ahead"),
    (0.07, 20.0, "over_forgotten", "Over-forgotten: an attacker by the loss finds forgotten samples, for they have "
     "higher losses than in the retrained model (ROC area 0.070, by chance at least 0.077, the retrained model: 0.200; "
     "Streisand effect)."),
    (0.07, 21.0, "not_forgotten", "An attacker by the loss still finds some of the forgotten samples: they have "
     "higher losses than in the retrained model, though more of them are right (21.0% and 20.0%; ROC area 0.070, by "
     "chance at least 0.077, the retrained model: 0.200)."),
])
def test_hard_samples_are_held_against_what_the_retrained_model_shows_of_them(area, right, kind, text):
    """At chance, hard samples would look like any other: to a model that never saw them they do not."""
    retrained = {"forget_accuracy": 20.0, "mia_loss": 78.0, "mia_loss_auc": 0.2, "mia_entropy_auc": 0.5}
    now = {"forget_accuracy": right, "mia_loss": 70.0, "mia_loss_auc": area}
    found = judge(WELL | now | {"retrained": retrained}, "hardest", COUNTS)
    assert found.kind == kind and found.text.startswith(text)
    assert (found.decisive is None) == (kind == "forgotten")


def test_samples_that_are_compared_with_their_like_are_judged_without_a_retrained_model():
    assert judge(WELL | {"mia_loss": 80.0}, "matching", COUNTS).kind == "not_forgotten"
    assert judge(WELL, "matching", COUNTS).kind == "forgotten"
    spec = Spec(scenario="class", forget_class=3, selection={"share": 0.5})
    half = Run("run", "finished", spec, metrics=Metrics(WELL))
    assert verdict_of(half).kind == "forgotten"
