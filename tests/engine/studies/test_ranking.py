"""Who is nearest to retraining, on runs made by hand: ties by chance, damage, costs, and the order of rows."""

from __future__ import annotations

import pytest

from engine.runs.records import Run
from engine.studies.comparison import Comparison
from engine.studies.ranking import GAP, Lost, ordered, rank
from engine.studies.table import build_table
from ui.compare.answer import sentence

RETRAINED = {"retain_accuracy": 99.0, "forget_accuracy": 85.0, "test_accuracy": 85.0, "mia_loss": 50.0}
ORIGINAL = RETRAINED | {"retain_accuracy": 99.5, "forget_accuracy": 99.0, "mia_loss": 58.0}


def run(method, gap, seconds=10.0, **more):
    metrics = RETRAINED | {"average_gap": gap, "null_band": {"mia_loss": [49.0, 51.0]}, "retrained": RETRAINED,
                           "original": ORIGINAL, "notes": [], "missing": {}} | more
    return Run.from_row({"id": method, "status": "finished", "metrics": metrics, "seconds": seconds, "steps": 10,
                         "samples": 100, "device": "cpu", "created": 0.0, "started": 0.0,
                         "spec": {"dataset": "cifar10", "method": method, "profile": "paper", "seed": 0}})


def compared(*runs):
    return (Comparison("cifar10", methods=tuple(one.spec.method for one in runs), profile="paper"),
            {(one.spec.method, 0): one for one in runs})


def ranked(*runs):
    return rank(*compared(*runs))


def test_the_nearest_is_named_first_and_the_others_follow():
    found = ranked(run("ssd", 9.04), run("finetune", 1.21), run("scrub", 5.0))
    assert [cell.method for cell in found.nearest] == ["finetune"]
    assert [cell.method for cell in found.others] == ["scrub", "ssd"]
    assert sentence(found) == (
        "Nearest to retraining: Fine-tuning (average gap 1.2 points), then SCRUB (5.0), SSD (9.0).")


def test_what_chance_hides_cannot_be_told_apart():
    found = ranked(run("finetune", 1.2), run("scrub", 1.3), run("ssd", 9.0))
    assert sentence(found) == ("Nearest to retraining: Fine-tuning and SCRUB cannot be told apart (average gaps 1.2 to "
                               "1.3 points), then SSD (9.0).")
    assert sentence(ranked(run("finetune", 1.2), run("scrub", 1.3))) == (
        "Chance hides who is nearest to retraining: Fine-tuning and SCRUB cannot be told apart (average gaps 1.2 to "
        "1.3 points).")


def test_a_damaged_model_is_not_ranked_however_near():
    found = ranked(run("finetune", 3.0), run("scrub", 0.1, test_accuracy=9.0))
    assert (found.damaged, [cell.method for cell in found.nearest]) == (("scrub",), ["finetune"])
    assert sentence(found).endswith(" SCRUB is not ranked: the model is damaged.")


def test_the_largest_loss_of_accuracy_is_its_cost():
    found = ranked(run("finetune", 1.0), run("scrub", 5.0, retain_accuracy=85.8), run("ssd", 9.0, test_accuracy=80.0))
    assert found.cost == Lost("scrub", "retain_accuracy", pytest.approx(13.7))
    assert sentence(found).endswith("; SCRUB costs 13.7 points of retain accuracy.")
    assert ranked(run("finetune", 1.0), run("scrub", 5.0, retain_accuracy=97.0)).cost is None, "under three points"


def test_nothing_is_nearest_without_a_retrained_model():
    found = ranked(run("finetune", None, retrained=None))
    assert (found.nearest, sentence(found)) == ((), "")


def test_rows_are_sorted_best_first_and_what_has_no_value_is_last():
    asked, runs = compared(run("retrain", 0.0), run("ssd", 2.0, seconds=3.0), run("scrub", None, seconds=1.0),
                           run("finetune", 1.0, seconds=2.0))
    table = build_table(asked, runs, (GAP,))
    assert ordered(table, GAP) == ("original", "retrain", "finetune", "ssd", "scrub")
    assert ordered(table, "seconds") == ("original", "retrain", "scrub", "finetune", "ssd")
