"""What a page says of the retraining that comes nearest to the one that a run lacks."""

from __future__ import annotations

import pytest

from engine.runs.nearest import nearest
from engine.runs.records import Run
from engine.types import Spec


def made(name, method="retrain", **spec):
    return Run(id=name, spec=Spec("digits", method, **spec), status="finished")


MINE = made("mine", "ssd")


@pytest.mark.parametrize(("others", "said"), [
    ([], ""),
    ([made("a")], ""),
    ([made("a", profile="paper")], "There is one for profile paper."),
    ([made("a", profile="paper", seed=2), made("b", seed=1)], "There is one for seed 1."),
    ([made("a", forget_fraction=0.3)], "There is one for forget fraction 30%."),
    ([made("a", options={"label_noise": 0.2})], "There is one for label noise 0.2."),
    ([made("a", "ssd", profile="paper")], ""),
], ids=["none", "all settings alike", "profile", "the nearest", "share", "option", "no retraining"])
def test_the_nearest_is_named_by_what_differs(others, said):
    assert nearest(MINE, others) == said
