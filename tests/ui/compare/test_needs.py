"""Methods by what they need: every method in exactly one group, and choices that keep the anchors."""

from __future__ import annotations

import pytest

from engine.registry import all_of
from engine.studies.comparison import REFERENCE
from engine.studies.notes import ORIGINAL
from ui.compare import needs

EVERY = [ORIGINAL, *(method.name for method in all_of("method"))]


def test_every_method_is_in_one_group_and_none_is_lost():
    rows, headings = needs.grouped(EVERY)
    assert sorted(rows) == sorted(EVERY) and len(rows) == len(set(rows))
    assert rows[:2] == [ORIGINAL, REFERENCE] and [title for title, _ in headings.values()] == [
        title for title, *_ in needs.GROUPS]


def test_a_group_without_a_method_has_no_heading():
    rows, headings = needs.grouped([REFERENCE, "finetune"])
    assert (rows, headings) == ([REFERENCE, "finetune"], {
        "finetune": ("Never look at the forget set", "the retain set alone")})


@pytest.mark.parametrize("choice", needs.SHOWN)
def test_a_choice_keeps_the_order_and_the_anchors(choice):
    rows = needs.kept(EVERY, choice)
    assert rows == [name for name in EVERY if name in rows] and {ORIGINAL, REFERENCE} <= set(rows)


def test_source_free_ones():
    assert "gradient_ascent" in needs.kept(EVERY, "source_free") and "scrub" not in needs.kept(EVERY, "source_free")
    assert "finetune" in needs.kept(EVERY, "retain_only") and "bad_teacher" in needs.kept(EVERY, "no_labels")
