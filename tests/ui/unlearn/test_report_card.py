"""The sentences of a run's report card."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from engine.types import Spec
from ui.compare import courses
from ui.unlearn import report_card


@pytest.mark.parametrize(("counts", "said"), [
    ({"forget": 60, "test": 40, "retain": 1300}, "a fixed sample of 60 forget, 40 test and 1,300 retain samples"),
    ({"forget": 60, "test": 40}, "a fixed sample of 60 forget and 40 test samples"),
    ({"test": 40}, "a fixed sample of 40 test samples"), ({"another": 1}, "a fixed sample")])
def test_an_archive_need_not_count_every_set(counts, said):
    assert report_card._drawn(SimpleNamespace(spec=Spec()), SimpleNamespace(counts=counts)) == said


@pytest.mark.parametrize(("counts", "said"), [
    ({"forget": 60, "test": 40}, "one seed; on the 60 forget and 40 test samples watched, with their chance range"),
    ({"test": 40}, "one seed; on the 40 test samples watched, with their chance range"),
    ({}, "one seed; on the samples watched, with their chance range")])
def test_nor_for_the_courses_of_a_comparison(counts, said):
    one = SimpleNamespace(counts=counts, unseen="test", running=False, seed=0, points=[])
    assert courses._samples([one]) == said
