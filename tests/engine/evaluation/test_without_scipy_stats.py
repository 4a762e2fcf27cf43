"""Numbers that a listing needs are computed without scipy.stats, whose import it would wait for: they are equal."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import stdtrit
from scipy.stats import nhypergeom, rankdata, t

from engine.evaluation.ensembles.areas import areas_per_model
from engine.evaluation.ensembles.normals import _log_t
from engine.evaluation.ensembles.outputs import FORGET, IN, OUT
from engine.evaluation.evidence import THREE_SIGMA, most_exposed


@pytest.mark.parametrize("forget, nonmembers", [
    (1, 1), (1, 900), (900, 1), (150, 399), (2250, 5000), (25_000, 10_000), (30, 60_000)])
def test_the_count_ahead_is_negative_hypergeometric(forget, nonmembers):
    ahead = nhypergeom.ppf(THREE_SIGMA, forget + nonmembers, forget, int(0.001 * nonmembers) + 1)
    assert most_exposed(forget, nonmembers) == 100 * float(ahead) / forget


def test_student_s_density_and_quantile_are_equal_to_the_last_bit():
    x, df = np.linspace(-40, 40, 201), np.linspace(6, 70, 201)
    assert (_log_t(x, df) == t.logpdf(x, df)).all()
    assert (stdtrit(df, 0.975) == t.ppf(0.975, df)).all()


def test_areas_by_pairs_are_those_by_ranks():
    rng = np.random.default_rng(0)
    state = rng.integers(0, 3, (20, 300))
    scores = np.where(state == IN, np.nan, rng.normal(state == FORGET).round(1))  # with ties
    members, others = state == FORGET, state == OUT
    ranks = rankdata(np.where(members | others, scores, np.inf), axis=1)
    count = members.sum(1)
    by_ranks = ((ranks * members).sum(1) - count * (count + 1) / 2) / (count * others.sum(1))
    assert (areas_per_model(scores, state) == by_ranks).all()
