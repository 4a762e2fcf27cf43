"""The line above a job's bar."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.studies.job import JobView
from ui.common.job_bar import Parts, said

NOW = JobView("running", todo=1_200, ended=3, failed=0, seconds=4.0, left=None, stage="Evaluating 50%", reason=None)


@pytest.mark.parametrize(("change", "parts", "line"), [
    ({}, Parts("runs", "sweep"), "3 of 1,200 runs ended · Evaluating 50%"),
    ({"failed": 1}, Parts("runs", "tune", about=True), "3 of about 1,200 runs ended · 1 failed · Evaluating 50%"),
    ({"left": 20.0}, Parts("models", "ensemble"), "3 of 1,200 models ended · Evaluating 50% · 0:20 left"),
    ({"state": "paused", "left": 20.0}, Parts("models", "e"),
     "3 of 1,200 models ended · paused: models in progress will finish"),
    ({"state": "stopping"}, Parts("runs", "sweep"), "3 of 1,200 runs ended · stopping")])
def test_how_far_it_is(change, parts, line):
    assert said(replace(NOW, **change), parts) == line
