"""Who is nearest to the reference, on runs made by hand: worst measures, ties by chance, who is not ranked, costs."""

from __future__ import annotations

import pytest

from engine.runs.records import Run
from engine.studies.comparison import Comparison
from engine.studies.ranking import NEAREST, Lost, Part, measures, ordered, rank
from engine.studies.table import build_table
from ui.compare.answer import further, headline, left_out, part, parts, rule, sentence

# An attack's chance range is one point; an accuracy's between 0.1 (retain, 42,500 samples) and 0.8 (forget, 7,500).
BANDS = {"mia_loss": [49.0, 51.0], "mia_entropy": [49.0, 51.0]}
RETRAINED = {"retain_accuracy": 99.0, "forget_accuracy": 85.0, "test_accuracy": 85.0, "accuracy_gap": 0.0,
             "mia_loss": 50.0, "mia_loss_gap": 0.0, "mia_entropy": 50.0, "mia_entropy_gap": 0.0, "null_band": BANDS}
ORIGINAL = RETRAINED | {"retain_accuracy": 99.5, "forget_accuracy": 99.0, "mia_loss": 58.0, "mia_loss_gap": 8.0}


def run(method, loss=0.0, seconds=10.0, **more):
    """A run whose loss attack is ``loss`` points above the retrained model's 50%, all else equal to it."""
    metrics = RETRAINED | {"mia_loss": 50 + loss, "mia_loss_gap": abs(loss), "retrained": RETRAINED,
                           "original": ORIGINAL, "notes": [], "missing": {}} | more
    return Run.from_row({"id": method, "status": "finished", "metrics": metrics, "seconds": seconds, "steps": 10,
                         "samples": 100, "device": "cpu", "created": 0.0, "started": 0.0,
                         "spec": {"dataset": "cifar10", "method": method, "profile": "paper", "seed": 0}})


def compared(*runs):
    return (Comparison("cifar10", methods=tuple(one.spec.method for one in runs), profile="paper"),
            {(one.spec.method, 0): one for one in runs})


def ranked(*runs, against="retrained"):
    return rank(*compared(*runs), against)


def names(places):
    return [place.method for place in places]


def test_the_worst_measure_beyond_chance_decides_and_is_named():
    found = ranked(run("ssd", 9.0), run("finetune", 2.2), run("scrub", 6.0))
    assert (names(found.nearest), names(found.others)) == (["finetune"], ["scrub", "ssd"])
    assert found.nearest[0].worst == Part("mia_loss_gap", pytest.approx(2.2), 1.0, pytest.approx(1.2))
    assert sentence(found) == (
        "Nearest to retraining: Fine-tuning, 1.2 points beyond chance in its worst measure (attack on the loss), then "
        "SCRUB (5.0, attack on the loss), SSD (8.0, attack on the loss).")


def test_a_heading_has_the_nearest_only_and_the_others_follow():
    found = ranked(run("ssd", 9.0), run("finetune", 2.2), run("scrub", 6.0, retain_accuracy=86.3))
    assert headline(found) == (
        "Nearest to retraining: Fine-tuning, 1.2 points beyond chance in its worst measure (attack on the loss).")
    assert further(found).startswith("Then SSD (8.0, attack on the loss), SCRUB (")
    assert further(found).endswith("; SCRUB costs 13.2 points of retain accuracy.")
    assert (headline(ranked()), further(ranked()), further(ranked(run("finetune", 0.5)))) == ("", "", "")


def test_one_bad_measure_is_not_averaged_away():
    """SCRUB's mean distance is 2.4 and Fine-tuning's 3.2, but SCRUB's retain accuracy is 12 points off."""
    found = ranked(run("scrub", 0.0, retain_accuracy=87.0), run("finetune", 4.0, retain_accuracy=95.0,
                                                                  forget_accuracy=89.0, test_accuracy=81.0))
    assert names(found.nearest) == ["finetune"]
    worst = found.places["scrub"].worst
    assert (worst.metric, worst.off, worst.above) == ("retain_accuracy", 12.0, False)
    assert part(worst) == "retain accuracy, below"
    assert parts(found.places["scrub"]).startswith("retain accuracy, below: 12.0 (chance range ±0.3); ")


def test_a_seed_on_the_other_side_of_50_counts_with_its_sign():
    low = RETRAINED | {"mia_loss": 56.0, "mia_loss_gap": 6.0}
    found = ranked(run("scrub", -6.0, retrained=low))
    assert found.places["scrub"].worst.off == 12.0, "44% beside 56%"


def test_what_chance_hides_cannot_be_told_apart():
    found = ranked(run("finetune", 2.2), run("scrub", 3.1), run("ssd", 9.0))
    assert sentence(found) == ("Nearest to retraining: Fine-tuning and SCRUB cannot be told apart (worst measures 1.2 "
                               "to 2.1 points beyond chance), then SSD (8.0, attack on the loss).")
    assert sentence(ranked(run("finetune", 2.2), run("scrub", 3.1))) == (
        "Chance hides who is nearest to retraining: Fine-tuning and SCRUB cannot be told apart (worst measures 1.2 to "
        "2.1 points beyond chance).")


def test_inside_everywhere_is_said_as_such():
    assert sentence(ranked(run("finetune", 0.5))) == (
        "The only method with a number: Fine-tuning, inside the chance range in every measure of the table.")
    assert sentence(ranked(run("finetune", 0.5), run("ssd", 1.0), run("scrub", 9.0))) == (
        "Nearest to retraining: Fine-tuning and SSD lie inside the chance range in every measure of the table, then "
        "SCRUB (8.0, "
        "attack on the loss).")


def test_against_the_ideal_only_the_measures_that_have_one_are_meant():
    assert headline(ranked(run("finetune", 0.5), run("ssd", 1.0), against="ideal")) == (
        "Chance hides who is nearest to the ideal: Fine-tuning and SSD lie inside the chance range in all three "
        "measures that have an ideal.")
    assert headline(ranked(run("finetune", 0.5), against="ideal")).endswith("in all three measures that have an ideal.")


def test_who_is_not_ranked_and_why():
    same = {"retain_accuracy": 99.45, "forget_accuracy": 98.9, "test_accuracy": 85.3, "mia_entropy": 50.4}
    found = ranked(run("finetune", 3.0), run("scrub", 0.1, test_accuracy=9.0), run("ssd", 7.6, **same),
                   run("amnesiac", 0.2, forget_accuracy=60.0))
    assert found.left_out == {"scrub": "damaged", "ssd": "unchanged", "amnesiac": "over_forgotten"}
    assert (names(found.nearest), found.others) == (["finetune"], ())
    assert left_out(found) == "Not ranked: SCRUB damaged the model; Amnesiac over-forgot; SSD changed nothing."
    assert left_out(ranked(run("finetune", 3.0))) == ""


def test_a_method_that_forgot_nothing_is_not_ranked_whatever_it_did_to_the_other_measures():
    """The Original's gap is 14 points, its loss attack at 58%: the retain and test accuracies fell, these did not."""
    idle = {"retain_accuracy": 97.0, "forget_accuracy": 96.5, "test_accuracy": 82.0, "accuracy_gap": 14.5}
    found = ranked(run("finetune", 3.0), run("scrub", 7.4, **idle))
    assert (found.left_out, names(found.others)) == ({"scrub": "forgot_nothing"}, [])
    assert left_out(found) == "Not ranked: SCRUB forgot nothing."
    assert ranked(run("finetune", 3.0), run("scrub", 6.5, **idle)).left_out == {}, "an attack fell beyond chance"
    blind = RETRAINED | {"forget_accuracy": 98.9, "mia_loss": 57.5}
    assert ranked(run("scrub", 7.4, **idle, retrained=blind)).left_out == {}, "retraining shows as much: nothing to see"


def test_where_all_did_nothing_nobody_is_nearest():
    found = ranked(run("ssd", 8.0, retain_accuracy=99.5, forget_accuracy=99.0))
    assert (found.nearest, sentence(found), left_out(found)) == ((), "", "Not ranked: SSD changed nothing.")


def test_the_largest_loss_of_accuracy_is_its_cost():
    found = ranked(run("finetune", 1.0), run("scrub", 5.0, retain_accuracy=85.8), run("ssd", 9.0, test_accuracy=80.0))
    assert found.cost == Lost("scrub", "retain_accuracy", pytest.approx(13.7))
    assert sentence(found).endswith("; SCRUB costs 13.7 points of retain accuracy.")
    assert ranked(run("finetune", 1.0), run("scrub", 5.0, retain_accuracy=97.0)).cost is None, "under three points"


def test_nothing_is_nearest_to_retraining_without_a_retrained_model_but_something_is_to_the_ideal():
    alone = run("finetune", 4.0, retrained=None)
    assert (ranked(alone).nearest, sentence(ranked(alone))) == ((), "")
    assert sentence(ranked(alone, run("scrub", 8.0, retrained=None), against="ideal")) == (
        "Nearest to the ideal: Fine-tuning, 3.0 points beyond chance in its worst measure (attack on the loss), then "
        "SCRUB (7.0, attack on the loss).")


def test_the_ideal_is_50_and_0_whatever_the_retrained_model_shows():
    assert measures("random", "ideal") == ("accuracy_gap", "mia_loss_gap", "mia_entropy_gap")
    assert measures("random", "retrained")[:3] == ("retain_accuracy", "forget_accuracy", "test_accuracy")
    odd = RETRAINED | {"mia_loss": 56.0, "mia_loss_gap": 6.0}
    near, far = run("finetune", 6.0, retrained=odd), run("scrub", 1.5, retrained=odd)
    assert names(ranked(near, far).nearest) == ["finetune"], "56% is what retraining shows"
    assert names(ranked(near, far, against="ideal").nearest) == ["scrub"]
    assert "the retrained model" in rule("retrained") and "50% for an attack, 0 for a gap" in rule("ideal")


def test_rows_are_sorted_best_first_and_what_has_no_value_is_last():
    asked, runs = compared(run("retrain"), run("ssd", 4.0, seconds=3.0),
                           run("scrub", seconds=1.0, test_accuracy=9.0), run("finetune", 2.0, seconds=2.0))
    table, ranking = build_table(asked, runs), rank(asked, runs)
    assert ordered(table, NEAREST, ranking) == ("original", "retrain", "finetune", "ssd", "scrub")
    assert ordered(table, "seconds") == ("original", "retrain", "scrub", "finetune", "ssd")
