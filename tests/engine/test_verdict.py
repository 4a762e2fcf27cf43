"""What a run's numbers come to in words, on cases written down by hand."""

from __future__ import annotations

import pytest

from engine.verdict import class_verdict, damage, verdict

BANDS = {"mia_loss": (45.0, 55.0), "mia_entropy": (44.0, 56.0)}


def test_each_attack_is_held_against_its_band():
    said = verdict({"mia_loss": 50.0, "mia_entropy": 63.25}, BANDS)
    assert said == ("An attacker by the loss does no better than chance (50.0%, chance alone: 45.0 to 55.0%). "
                    "An attacker by the entropy still does better than chance (63.2%, chance alone: 44.0 to 56.0%).")


def test_below_the_band_is_not_praised():
    assert verdict({"mia_loss": 42.0, "mia_entropy": None}, BANDS).startswith(
        "An attacker by the loss does worse than a coin toss (42.0%")


def test_the_retrained_model_is_named_where_there_is_one():
    """Truth itself may lie above chance: in class removal the attacked samples are few and all alike."""
    said = verdict({"mia_loss": 60.5, "mia_entropy": None, "retrained": {"mia_loss": 59.375}}, BANDS)
    assert said == ("An attacker by the loss still does better than chance (60.5%, chance alone: 45.0 to 55.0%, the "
                    "retrained model: 59.4%).")


def test_without_attacks_there_is_no_verdict():
    assert verdict({"mia_loss": None, "mia_entropy": None}, BANDS) is None
    assert verdict({"mia_loss": 50.0, "mia_entropy": 50.0}, {"mia_loss": None, "mia_entropy": None}) is None


def test_a_destroyed_model_is_no_success():
    assert damage({"test_accuracy": 9.8}, {"test_accuracy": 72.7}) == (
        "The model is damaged: its test accuracy fell from 72.7 to 9.8%. A model that knows nothing cannot give "
        "anything away, so attacks near 50% are no success here.")
    assert damage({"test_accuracy": 62.8}, {"test_accuracy": 72.7}) is None


@pytest.mark.parametrize(("now", "retrained", "said"), [
    (0.0, None, "forgotten: the model gets 0.0% of its samples right (zero is usual for a retrained one). Losses far "
                "above those of other unseen data are right here: what is left of the data says that there is no such "
                "class."),
    (5.0, 0.0, "forgotten: the model gets 5.0% of its samples right (the retrained model: 0.0%)."),
    (30.0, 25.0, "forgotten: the model gets 30.0% of its samples right (the retrained model: 25.0%)."),
    (5.1, 0.0, "not forgotten: the model still gets 5.1% of its samples right (the retrained model: 0.0%). "
               "An attack near 50% only says that it treats all samples of the class alike."),
])
def test_a_class_is_forgotten_when_the_model_knows_it_as_little_as_a_retrained_one(now, retrained, said):
    reference = None if retrained is None else {"forget_accuracy": retrained}
    assert class_verdict({"forget_accuracy": now, "retrained": reference}) == f"The class is {said}"
