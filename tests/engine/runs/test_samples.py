"""In which order the samples of a forget set are shown, on four of them worked out by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from engine.errors import BadInput
from engine.runs.records import Run
from engine.runs.samples import _ranked, table_of
from engine.types import Spec


@pytest.mark.parametrize(("order", "samples"), [
    ("most", [2, 5, 7, 3]),  # losses rise by 2, 1.5, 1 and -1
    ("least", [3, 7, 5, 2]),
    ("lost", [5, 7])])  # 2 was wrong before, 3 still is right
def test_the_order_of_samples(order, samples):
    rows = pd.DataFrame({"sample": [7, 2, 3, 5], "loss": [2., 5., 1., 2.], "correct": [False, False, True, False],
                         "loss_before": [1., 3., 2., .5], "right_before": [True, False, True, True]})
    assert _ranked(rows, order)["sample"].tolist() == samples


def test_a_run_without_a_table_says_why():
    with pytest.raises(BadInput, match="ships without a table of its samples, to stay small"):
        table_of(Run("a", "finished", Spec(), recorded=True), None)
    with pytest.raises(BadInput, match="has no table of its samples"):
        table_of(Run("a", "finished", Spec()), None)
