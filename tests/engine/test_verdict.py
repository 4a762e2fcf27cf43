"""What a run's numbers come to in words, on cases written down by hand."""

from __future__ import annotations

from engine.verdict import damage, verdict

BANDS = {"mia_loss": (45.0, 55.0), "mia_entropy": (44.0, 56.0)}


def test_each_attack_is_held_against_its_band():
    said = verdict({"mia_loss": 50.0, "mia_entropy": 63.25}, BANDS)
    assert said == ("An attacker by the loss does no better than chance (50.0%, chance alone: 45.0 to 55.0%). "
                    "An attacker by the entropy still does better than chance (63.2%, chance alone: 44.0 to 56.0%).")


def test_below_the_band_is_not_praised():
    assert verdict({"mia_loss": 42.0, "mia_entropy": None}, BANDS).startswith(
        "An attacker by the loss does worse than a coin toss (42.0%")


def test_without_attacks_there_is_no_verdict():
    assert verdict({"mia_loss": None, "mia_entropy": None}, BANDS) is None
    assert verdict({"mia_loss": 50.0, "mia_entropy": 50.0}, {"mia_loss": None, "mia_entropy": None}) is None


def test_a_destroyed_model_is_no_success():
    assert damage({"test_accuracy": 9.8}, {"test_accuracy": 72.7}) == (
        "The model is damaged: its test accuracy fell from 72.7 to 9.8%. A model that knows nothing cannot give "
        "anything away, so attacks near 50% are no success here.")
    assert damage({"test_accuracy": 62.8}, {"test_accuracy": 72.7}) is None
