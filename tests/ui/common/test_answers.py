"""A tick praises a right answer only: where the given label is false, its words say which of the two a model says."""

from __future__ import annotations

import pytest

from ui.common.answers import answer, called


@pytest.mark.parametrize(("said", "right", "truth", "words"), [
    ("3", True, None, "3 ✓"),  # nobody knows better than the label
    ("3", True, "3", "3 ✓"),
    ("6", False, "3", "6"),
    (None, True, None, "its label ✓"),
    (None, False, None, "not its label"),
    ("3", True, "6", "3, the false label"),
    ("6", False, "6", "6, the true one"),
    ("9", False, "6", "9, neither label"),
    (None, False, "6", "not the false label"),
    (None, True, "6", "the false label")])
def test_what_a_model_says_of_a_sample_that_is_labelled_3(said, right, truth, words):
    assert answer(said, right, "3", truth) == words


@pytest.mark.parametrize(("truth", "words"), [
    (None, "Labelled 3"), ("3", "Labelled 3, rightly"), ("6", "Truly 6, labelled 3 on purpose")])
def test_what_a_sample_is_and_what_it_is_called(truth, words):
    assert called("3", truth) == words


def test_names_are_set_as_the_page_asks():
    assert called("3", "6", lambda name: f"<{name}>") == "Truly <6>, labelled <3> on purpose"
    assert answer("3", True, "3", "6", lambda name: f"<{name}>") == "<3>, the false label"
