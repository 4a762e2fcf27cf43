"""In which order the samples of a forget set are shown, on four of them worked out by hand."""

from __future__ import annotations

import pandas as pd
import pytest
import torch

from engine.evaluation.readout import Readout
from engine.runs.samples import _ranked


@pytest.mark.parametrize(("order", "samples"), [
    ("most", [2, 5, 7, 3]),  # losses rise by 2, 1.5, 1 and -1
    ("least", [3, 7, 5, 2]),
    ("lost", [5, 7])])  # 2 was wrong before, 3 still is right
def test_the_order_of_samples(order, samples):
    before = Readout(loss=torch.tensor([0., 0., 3., 2., 0., .5, 0., 1.]), entropy=torch.zeros(8),
                     correct=torch.tensor([0, 0, 0, 1, 0, 1, 0, 1], dtype=torch.bool),
                     predicted=torch.arange(8, dtype=torch.int16))
    frame = pd.DataFrame({"sample": [7, 2, 3, 5], "loss": [2., 5., 1., 2.], "correct": [False, False, True, False]})
    ranked = _ranked(frame, before, order)
    assert ranked["sample"].tolist() == samples
    assert ranked["said_before"].tolist() == samples
