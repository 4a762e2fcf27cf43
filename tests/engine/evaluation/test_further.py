"""Evidence that came after a run: what is kept, what a verdict makes of it, and what cannot be read."""

from __future__ import annotations

import json

import pytest

from engine.evaluation.evidence import Counts, Evidence, tried
from engine.evaluation.further import further
from engine.evaluation.relearning import Outcome
from engine.evaluation.verdict import judge

HIDDEN = Outcome("hidden", steps=200, step=20, held_back=120)
COVERED = Outcome("covered", steps=200, step=20, before=10.0, after=55.0, held_back=120)
THERE = Outcome("there", steps=200, step=0, held_back=120)
GONE = Outcome("gone", steps=200, held_back=120)
CLOSE = Outcome("close", steps=200, before=90.0, after=85.0, limit=9.3, held_back=100)
WELL = {"mia_loss": 50.0, "null_band": {"mia_loss": [43.0, 57.0]}, "forget_accuracy": 72.0, "test_accuracy": 72.7,
        "original": {"test_accuracy": 73.0, "forget_accuracy": 100.0}}
COUNTS = Counts(150, 399, 399)
BY_LOSS = "An attacker by the loss does no better than chance (50.0%, chance range: 43.0 to 57.0%)."


def kept(*outcomes):
    return {f"relearning-{at}": {"name": "relearning", **json.loads(json.dumps(one.to_json()))}
            for at, one in enumerate(outcomes)}


def judged(outcome, scenario="random", **changes):
    return judge(WELL | changes, scenario, COUNTS, more=further(kept(outcome)))


@pytest.mark.parametrize("one", [HIDDEN, COVERED, THERE, GONE, CLOSE, Outcome("second"), Outcome("broke")])
def test_an_answer_comes_back_from_json(one):
    assert Outcome.from_json(json.loads(json.dumps(one.to_json()))) == one


def test_the_strongest_of_several_answers_counts():
    assert [item.kind for item in further(kept(GONE, HIDDEN, CLOSE))] == ["found"]
    assert [item.kind for item in further(kept(CLOSE, GONE))] == ["chance"]
    assert further(None) == []


@pytest.mark.parametrize("broken", [
    {"name": "relearning"}, {"name": "unheard of"}, {}, "text", None,
    {"name": "relearning", **HIDDEN.to_json(), "kind": "**bold**"},
    {"name": "relearning", **HIDDEN.to_json(), "step": "x"},
    {"name": "relearning", **COVERED.to_json(), "before": None}])
def test_what_cannot_be_read_is_left_out_and_logged(broken, caplog):
    assert further({"one": broken, **kept(GONE)}) == [GONE.evidence()] and "evidence one cannot be read" in caplog.text


def test_relearning_that_finds_nothing_widens_what_the_verdict_reaches():
    found = judged(GONE)
    assert (found.kind, found.title) == ("forgotten", "Forgotten, as far as this attack and relearning can tell")
    assert found.text == (f"{BY_LOSS} Relearning: it does not come back: 200 steps on retain data alone recover less "
                          "than half of the Original's advantage over the retrained model. Not tried: attacks tuned to "
                          "each sample.")


def test_what_comes_back_is_not_forgotten_whatever_the_attack_says():
    found = judged(HIDDEN)
    assert (found.kind, found.title) == ("not_forgotten", "Comes back after 20 steps on retain data, as the retrained "
                                         "model does not: hidden, not removed")
    assert found.text == ("Relearning: it was hidden, not removed: 20 steps on retain data alone bring more than half "
                          f"of the Original's advantage back, which the retrained model does not gain. {BY_LOSS}")
    assert judged(THERE).title == "Still has more than half of the Original's advantage on the forgotten: not gone"


def test_it_is_said_before_over_forgetting_and_with_damage():
    over = judged(COVERED, forget_accuracy=10.0)
    assert over.kind == "not_forgotten" and over.over_forgotten and over.over_forgotten in over.text
    assert over.title == ("Comes back after 20 steps on retain data to where the retrained model stays: covered up, "
                          "not removed")
    broken = judged(COVERED, test_accuracy=12.0)
    assert broken.kind == "damaged" and broken.damaged
    assert broken.title == f"Damaged, and c{over.title[1:]}"
    assert broken.text.endswith("the accuracy on the forgotten rises from 10% to 55% in 20 steps on retain data alone, "
                                "to where the retrained model stays.")


def test_over_forgetting_says_what_relearning_came_to():
    found = judged(GONE, forget_accuracy=10.0)
    assert found.kind == "over_forgotten" and found.text == f"{found.over_forgotten} {GONE.evidence().text}"
    assert judged(CLOSE, forget_accuracy=10.0).text.endswith(CLOSE.evidence().text)


def test_a_class_too():
    gone = {"forget_accuracy": 0.0, "retrained": {"forget_accuracy": 0.0}}
    found = judged(HIDDEN, "class", **gone)
    assert found.kind == "not_forgotten" and found.title.startswith("Comes back after 20 steps")
    assert "Before that the model gets 0.0% of the class right." in found.text
    assert judged(GONE, "class", **gone).title == "Forgotten, as far as its answers and relearning tell"
    assert judge(WELL | gone, "class", COUNTS).title == "Forgotten, as far as its answers tell"


def test_what_cannot_tell_was_tried_and_reaches_no_further():
    found = judged(CLOSE)
    assert found.title == "Forgotten, as far as this attack can tell"
    assert found.text == (f"{BY_LOSS} Relearning: cannot tell here: the Original and the retrained model lie 5.0 "
                          "points apart on the 100 samples held back, less than two standard errors (9.3). Not tried: "
                          "attacks tuned to each sample.")
    alone = judge({"test_accuracy": 70.0}, "random", None, more=[CLOSE.evidence()])
    assert alone.kind == "undecided"


def test_how_far_it_reaches_in_words():
    more = [Evidence("per_example", "chance", ""), GONE.evidence()]
    assert tried([Evidence("mia_loss", "chance", ""), *more]) == ("this attack, attacks tuned to each sample and "
                                                                  "relearning")
    assert tried(more[1:]) == "relearning"
