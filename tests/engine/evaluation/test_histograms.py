"""Losses on a logarithmic axis: bins, smoothing, and what two sets have in common."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from engine.evaluation.histograms import EDGES, density, histogram, overlap


def test_eighty_bins_of_a_tenth_of_a_decade():
    assert len(EDGES) == 81 and EDGES[0] == 1e-6 and EDGES[60] == 1.0 and EDGES[-1] == 100.0
    assert EDGES[61] == 1.25893, "ten to the tenth"


def test_every_loss_is_in_one_bin_the_ends_take_what_is_beyond():
    counts = histogram(torch.tensor([0.0, -0.0, 1e-9, 1e-6, 1.0, 1.2, 99.0, 100.0, 1e30, math.inf, math.nan]))
    assert (counts[0], counts[60], counts[79], sum(counts)) == (4, 2, 5, 11)
    assert histogram(torch.tensor([])) == [0] * 80


@pytest.mark.parametrize("place", [0, 40, 79])
def test_smoothing_loses_nothing_at_the_ends(place):
    counts = [0] * 80
    counts[place] = 7
    smooth = density(counts)
    assert float(smooth.sum()) / 10 == pytest.approx(1.0) and int(np.argmax(smooth)) == place


def test_a_lone_bin_becomes_a_bell_of_the_stated_width():
    """A fifth of a decade is two bins: two bins from the middle a Gaussian has fallen to exp(-1/2)."""
    smooth = density([0] * 40 + [1] + [0] * 39)
    assert smooth[42] / smooth[40] == pytest.approx(math.exp(-0.5), rel=1e-6)


def test_overlap_by_hand():
    one, other = [0] * 80, [0] * 80
    one[10], other[70] = 5, 3
    assert overlap(one, one) == pytest.approx(100.0) and overlap(one, other) == pytest.approx(0.0, abs=1e-6)
    half = [a + b for a, b in zip([2 * v for v in one], [10 / 3 * v for v in other], strict=True)]  # 10 and 10
    assert overlap(one, half) == pytest.approx(50.0, abs=1e-6)
    assert overlap([0] * 80, one) == 0.0
