"""Leave-one-out retraining of every point: exact memorisation, our estimator and an attack held against it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from engine.errors import BadInput
from engine.registry import get
from engine.spec import resolve
from engine.studies.leave_one_out import LeftOut, estimated, first_of, leave_one_out
from engine.types import Spec

SIDE, WRONG = 9, 4  # points of each of two clumps, and which has a label that all around it contradict


@pytest.fixture(scope="module")
def setting():
    """Two clumps of three by three points far apart, a class each; the middle one of the first has the other label."""
    resolved = resolve(Spec("moons"))
    data = first_of(resolved.dataset.load(resolved.options), 2 * SIDE)
    place = torch.arange(2 * SIDE)
    labels, row, column = place // SIDE, place % SIDE // 3, place % 3
    points = torch.stack([0.3 * row - 0.3 + 1.6 * labels - 0.8, 0.3 * column - 0.3], dim=1)
    false = labels.clone()
    false[WRONG] = 1
    train = replace(data.train, points=points, labels=false, clean=labels)
    return replace(data, train=train), resolved.model, replace(resolved.recipe, epochs=120)


@pytest.fixture(scope="module")
def exact(setting):
    return leave_one_out(*setting, seeds=(0, 1))


@pytest.mark.long
def test_the_same_seeds_give_the_same_numbers(setting, exact):
    data, model, recipe = setting
    again = leave_one_out(data, model, recipe, seeds=(1,))
    assert np.array_equal(again.whole, exact.whole[1:]) and np.array_equal(again.without, exact.without[1:])


def test_a_false_label_is_memorised_and_what_others_say_as_well_is_not(exact):
    assert exact.memorisation[WRONG] > 0.9
    assert np.abs(exact.memorisation[SIDE:]).max() < 0.01, "the other clump agrees on every point"
    assert exact.error.shape == (2 * SIDE,) and exact.error.max() < 0.3


def test_a_false_label_harms_its_neighbours_alone(exact):
    beside = [place for place in range(SIDE) if place != WRONG]
    assert exact.influence[WRONG, beside].min() < -1e-3
    assert np.abs(exact.influence[WRONG, SIDE:]).max() < 1e-3


def test_our_estimator_finds_the_same_points(setting, exact):
    """From models on two thirds, it ranks them alike: what is memorised among all is so among fewer."""
    found = estimated(*setting, models=24)
    assert int(found.score.argmax()) == WRONG
    assert found.score[WRONG] == pytest.approx(exact.memorisation[WRONG], abs=0.05)
    assert np.abs(found.score[SIDE:]).max() < 0.1
    assert spearmanr(found.score, exact.memorisation).statistic > 0.7


def test_the_loss_attack_knows_the_memorised_point_for_certain(exact):
    area = exact.exposure(get("attack", "mia_loss").score_samples)
    assert area[WRONG] == 1.0 and area[SIDE:].tolist() == [0.5] * SIDE
    assert spearmanr(area, exact.memorisation).statistic > 0.8


def test_the_estimator_is_exact_on_the_very_models_of_the_definition(exact):
    """Fed with the models of the definition, ours gives the definition's numbers."""
    from engine.evaluation.ensembles.memorisation import memorisation

    point, seeds = 5, len(exact.whole)
    said = np.exp(-np.concatenate([exact.whole[:, point], exact.without[:, point, point]]))[:, None]
    inside = np.repeat([True, False], seeds)[:, None]
    assert memorisation(said, inside).score[0] == pytest.approx(exact.memorisation[point], abs=1e-12)


def test_the_area_of_one_point_by_hand():
    whole, apart = np.array([[0.1], [0.5]]), np.array([[[0.5]], [[0.7]]])
    assert LeftOut(whole, apart).exposure(lambda loss: -loss).tolist() == [3.5 / 4]


@pytest.mark.parametrize(("count", "seeds", "said"), [
    (1, (0,), "1 samples were asked for, but moons has 200: ask for 2 to 200."),
    (201, (0,), "201 samples were asked for, but moons has 200: ask for 2 to 200."),
    (2, (), "There are 2 training samples and 0 seeds: at least two and one are needed."),
])
def test_too_few_are_refused(count, seeds, said):
    resolved = resolve(Spec("moons"))
    with pytest.raises(BadInput) as caught:
        leave_one_out(first_of(resolved.dataset.load(resolved.options), count), resolved.model, resolved.recipe, seeds)
    assert str(caught.value) == said
