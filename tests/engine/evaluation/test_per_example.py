"""What many models of a method say beside a run's verdict: it is said, and turns none."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from engine.evaluation.evidence import Counts
from engine.evaluation.further import further
from engine.evaluation.per_example import PerExample
from engine.evaluation.verdict import judge

FOUND = PerExample("Fine-tuning", 64, 0.61, 0.58, 0.64, 0.5, 0.49, 0.51)
WELL = {"mia_loss": 50.0, "null_band": {"mia_loss": [43.0, 57.0]}, "forget_accuracy": 72.0, "test_accuracy": 72.7,
        "original": {"test_accuracy": 73.0, "forget_accuracy": 100.0}}
COUNTS = Counts(150, 399, 399)
BY_LOSS = "An attacker by the loss does no better than chance (50.0%, chance range: 43.0 to 57.0%)."
ABOUT = ("About the method, not this run's weights: an attack tuned to each sample still finds what Fine-tuning was to "
         "forget. Over 64 models at these settings its mean ROC area is 0.610 (0.580 to 0.640; a coin toss: 0.5, "
         "retrained: 0.500).")


def judged(one, **changes):
    kept = {"any": {"name": "per_example", **json.loads(json.dumps(one.to_json()))}}
    return judge(WELL | changes, "random", COUNTS, more=further(kept))


@pytest.mark.parametrize("one, kind", [
    (FOUND, "found"), (replace(FOUND, area=0.52, low=0.49, high=0.55), "chance"),
    (replace(FOUND, area=0.45, low=0.42, high=0.48), "chance"),
    (replace(FOUND, retrained=0.516, retrained_low=0.506, retrained_high=0.526), "unknown"),
    (replace(FOUND, retrained=0.514, retrained_low=0.504, retrained_high=0.524), "found"),
    (replace(FOUND, area=0.52, low=0.49, high=0.55, damaged=True), "unknown"),
    (replace(FOUND, damaged=True), "found")])
def test_what_an_area_comes_to(one, kind):
    """Above chance by more than its interval; retrained models fail beyond one and a half intervals of theirs."""
    assert one.kind == one.evidence().kind == kind and one.evidence().about == "method"
    assert PerExample.from_json(json.loads(json.dumps(one.to_json()))) == one


def test_a_verdict_says_it_and_is_not_turned_by_it():
    found = judged(FOUND)
    assert (found.kind, found.title) == ("forgotten", "Forgotten, as far as this attack can tell; attacks tuned to "
                                         "each sample find more in models like it")
    assert found.text == f"{BY_LOSS} {ABOUT} Not tried: relearning."


def test_a_method_that_hides_what_it_forgets_widens_no_title():
    found = judged(replace(FOUND, area=0.51, low=0.48, high=0.54))
    assert found.title == "Forgotten, as far as this attack can tell"
    assert "each sample does no better than chance on models of Fine-tuning. Over 64 models" in found.text
    assert "Not tried: relearning." in found.text


def test_where_it_cannot_tell_it_says_so():
    failing = replace(FOUND, retrained=0.6, retrained_low=0.59, retrained_high=0.61)
    assert "cannot judge Fine-tuning here: it tells even the retrained models from chance." in judged(failing).text
    assert judged(failing).title == "Forgotten, as far as this attack can tell"


def test_alone_it_is_no_verdict_on_the_run():
    alone = judge({"test_accuracy": 70.0}, "random", None, more=[FOUND.evidence()])
    assert alone.kind == "undecided" and alone.text.startswith("No attack could be measured, so there is no verdict.")


@pytest.mark.parametrize("lacking", ["area", "retrained_low", "models", "method"])
def test_an_entry_without_a_number_is_left_out_and_logged(lacking, caplog):
    stored = {name: value for name, value in FOUND.to_json().items() if name != lacking}
    assert further({"one": {"name": "per_example", **stored}}) == [] and "evidence one cannot be read" in caplog.text
