"""Plurals and names as people read them."""

from __future__ import annotations

import pytest

from engine.registry import get
from engine.studies.sweep import FRACTION, Axis
from engine.system.words import numbered, plural, spaced, unknown
from engine.types import declared


@pytest.mark.parametrize(("count", "text"), [(0, "0 runs"), (1, "1 run"), (2, "2 runs"), (1_000, "1000 runs")])
def test_a_noun_agrees_with_its_count(count, text):
    assert f"{count} {plural(count, 'run')}" == text


def test_numbers_are_named_together():
    assert numbered("seed", (3,)) == "seed 3"
    assert numbered("seed", (0, 1, 2)) == "seeds 0, 1, 2"
    assert numbered("seed", [4, 1], " ") == "seeds 4 1"


def test_declared_names_lose_their_underscores():
    assert spaced("retain_epochs") == "retain epochs"
    titles = {h.name: h.title for h in declared(get("method", "nabla_tau").parameters)}
    assert titles["retain_epochs"] == "retain epochs" and titles["alpha"] == "alpha"
    assert Axis(FRACTION, ()).title == "forget fraction"


@pytest.mark.parametrize(("name", "meant"), [("lr", "learning_rate"), ("bs", "batch_size"), ("re", "retain_epochs"),
                                             ("learnig_rate", "learning_rate")])
def test_usual_short_names_are_understood(name, meant):
    names = [h.name for h in declared(get("method", "nabla_tau").parameters)] + ["learning_rate", "batch_size"]
    assert unknown("hyperparameter", name, list(dict.fromkeys(names))).endswith(f"Did you mean '{meant}'?")
