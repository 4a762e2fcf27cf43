"""What chance does to an attack, said before a run, is what a result's chance range turns out to be."""

from __future__ import annotations

from statistics import fmean

import pytest

from engine.evaluation.noise import expected_half_range
from engine.runs.recorded import recorded_runs


def test_the_forecast_is_the_width_of_the_recorded_chance_ranges():
    """Of digits with 150 forgotten against 399 never-seen samples: 7.7 and 7.3 points on the mean, not 6."""
    halves = [(band[1] - band[0]) / 2 for run in recorded_runs() if run.metrics and run.spec.dataset == "digits"
              and run.spec.forget_fraction == 0.15 for band in run.metrics.null_band.values() if band]
    assert len(halves) > 50 and expected_half_range(150, 399) == pytest.approx(fmean(halves), rel=0.1)
    assert expected_half_range(150, 399) == expected_half_range(399, 150) == expected_half_range(150, 150)
