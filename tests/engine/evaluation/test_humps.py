"""Smoothed densities: area one, edges kept, the place of small values."""

from __future__ import annotations

import numpy as np
import pytest

from engine.evaluation import humps


@pytest.mark.parametrize("values", [[0.01], [0.0, 0.0], [1e3, 50.0, 1e-9]], ids=["inside", "zero", "beyond both edges"])
def test_the_area_is_one(values):
    found = humps.density(np.array(values), humps.LOG_AXIS, 801)
    assert np.trapezoid(found, dx=8 / 800) == pytest.approx(1, abs=1e-3)


def test_the_hump_stands_at_its_value():
    found = humps.density(np.array([0.01]), humps.LOG_AXIS, 81)
    assert np.linspace(-6, 2, 81)[found.argmax()] == pytest.approx(-2)
    assert found.max() == pytest.approx(1 / (0.2 * np.sqrt(2 * np.pi)))


def test_a_linear_axis_holds_every_score():
    axis = humps.linear_axis(np.array([-0.5, 0.25]))
    assert (axis.low, axis.high, axis.logarithmic) == (-0.5, 0.25, False)
    assert humps.linear_axis(np.array([2.0, 2.0])).high == 3
