"""Two samples of one distribution, through the real code: at least 93 of 100 land inside what chance alone gives."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_in_thirds import thirds

from engine.evaluation.ensembles.forgetting_quality import forgetting_quality
from engine.evaluation.ensembles.klom import klom
from engine.evaluation.ensembles.memorisation import memorisation
from engine.evaluation.ensembles.outputs import FORGET, OUT, Outputs
from engine.evaluation.ensembles.population import population
from engine.evaluation.ensembles.ulira import ulira

RUNS, ENOUGH = 100, 93


def like_models(run: int, models: int, samples: int = 200) -> np.ndarray:
    """phi as ensembles have it: samples differ in level and spread, and models in how sure they are."""
    rng = np.random.default_rng(run)
    level, spread, sure = rng.normal(2, 3, samples), rng.uniform(0.5, 3, samples), rng.normal(0, 0.5, (models, 1))
    return level + spread * rng.normal(size=(models, samples)) + sure


@pytest.mark.parametrize("models, blocks", [(9, True), (24, True), (40, False)])
def test_ulira(models, blocks):
    inside = population_inside = 0
    areas = []
    for run in range(RUNS):
        state = thirds(models, 200, run) if blocks else np.random.default_rng(run).integers(0, 3, (models, 200))
        outputs = Outputs(like_models(run, models), state, np.arange(models) // 3 if blocks else None)
        found = ulira(outputs).area
        areas.append(found.value)
        inside += found.holds(0.5)
        population_inside += population(outputs).holds(0.5)
    assert inside >= ENOUGH and population_inside >= ENOUGH
    assert np.mean(areas) == pytest.approx(0.5, abs=4 * np.std(areas) / np.sqrt(RUNS) + 0.002)


def test_a_fit_that_knows_the_scored_model_would_find_what_is_not_there():
    """The trap that leaving out is for: every model its own sibling's copy, under another group."""
    state = np.repeat(thirds(15, 200), 2, axis=0)
    phi = np.repeat(like_models(0, 15), 2, axis=0)
    assert ulira(Outputs(phi, state)).area.value > 0.6
    pairs = np.repeat(np.arange(15), 2)
    together = Outputs(phi, state, pairs, pairs)
    assert ulira(together).area.value == pytest.approx(0.5, abs=0.03)


def test_models_of_one_original_are_resampled_together():
    """Two copies of each model say no more than one."""
    state, phi = thirds(15, 200), like_models(0, 15)
    once, pairs = ulira(Outputs(phi, state)).area, np.repeat(np.arange(15), 2)
    twice = ulira(Outputs(np.repeat(phi, 2, axis=0), np.repeat(state, 2, axis=0), pairs, pairs)).area
    assert (twice.groups, once.groups) == (15, 15)
    assert twice.high - twice.low == pytest.approx(once.high - once.low, rel=0.5)


def test_areas_of_single_samples_spread_as_chance_has_it():
    areas = [ulira(Outputs(like_models(run, 48), thirds(48, 200, run))) for run in range(5)]
    assert np.std([area.per_sample for area in areas]) == pytest.approx(areas[0].null_sd, rel=0.05)


def halves(run: int, models: int) -> tuple[np.ndarray, np.ndarray]:
    both = like_models(run, 2 * models, 50)
    return both[:models], both[models:]


@pytest.mark.parametrize("score", [lambda u, r: klom(u, r).mean, lambda u, r: klom(u, r).percentile_95,
                                   lambda u, r: forgetting_quality(u, r).score], ids=["mean", "p95", "quality"])
def test_retrained_against_retrained_is_exchangeable(score):
    """A second retrained half scores within the range of a hundred others: 98% of them, by exchangeability."""
    null = np.array([score(*halves(1_000 + run, 21)) for run in range(RUNS)])
    low, high = null.min(), null.max()
    inside = sum(low <= score(*halves(run, 21)) <= high for run in range(RUNS))
    assert inside >= ENOUGH


def test_perfect_unlearning_by_klom_is_not_zero():
    """The published values of 2 normals with root-N bins: .42 (N = 16), .19 (64), as means over samples."""
    for models, mean in ((16, 0.42), (64, 0.19)):
        rng = np.random.default_rng(models)
        found = klom(rng.normal(size=(models, 800)), rng.normal(size=(models, 800)))
        assert found.mean == pytest.approx(mean, rel=0.15)


def test_memorisation():
    """Nothing is memorised: 95% of the scores within 1.96 errors, in 93 of 100 runs."""
    inside = 0
    for run in range(RUNS):
        rng = np.random.default_rng(run)
        found = memorisation(rng.random((200, 100)) < 0.7, rng.random((200, 100)) < 0.7)
        inside += abs(found.score.mean()) < 1.96 * np.sqrt((found.error**2).sum()) / 100
    assert inside >= ENOUGH


def test_sides_are_as_named():
    state = np.array([[FORGET, OUT], [OUT, FORGET]])
    assert population(Outputs(np.array([[1.0, 0.0], [0.0, 1.0]]), state)).value == 1
