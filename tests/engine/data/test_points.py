"""Points in the plane as data: sizes, wrong labels, batches, pictures."""

from __future__ import annotations

import pytest
import torch

from engine.data.points import REACH, SIDE, PointPool
from engine.originals.checkpoints import open_checkpoints, original_key
from engine.registry import all_of, get, models_for
from engine.spec import resolve
from engine.training.networks import build_network
from engine.types import Spec

SETS = [one for one in all_of("dataset") if one.kind == "points"]


def loaded(name, noise=0.1):
    return get("dataset", name).load({"label_noise": noise})


def test_three_data_sets_of_points_fit_the_perceptron():
    assert [one.name for one in SETS] == ["moons", "blobs", "spirals"]
    assert [[model.name for model in models_for(one)] for one in SETS] == [["mlp"]] * 3


@pytest.mark.parametrize("dataset", SETS, ids=lambda one: one.name)
class TestPoints:
    def test_are_as_declared_and_inside_the_map(self, dataset):
        data = loaded(dataset.name)
        assert (len(data.train), len(data.heldout)) == (dataset.train_size, dataset.heldout_size) == (200, 600)
        for pool in (data.train, data.heldout):
            assert pool.points.dtype == torch.float32 and float(pool.points.abs().max()) <= REACH
            assert sorted(pool.labels.unique().tolist()) == list(range(len(dataset.classes)))
        assert data.inputs == 2 and data.classes == dataset.classes

    def test_exactly_a_tenth_of_the_labels_is_wrong_and_the_option_says_otherwise(self, dataset):
        assert [int(loaded(dataset.name, noise).train.wrong.sum()) for noise in (0.0, 0.1, 0.2)] == [0, 20, 40]
        assert int(loaded(dataset.name).heldout.wrong.sum()) == 60

    def test_are_the_same_at_every_load(self, dataset):
        assert loaded(dataset.name).content == loaded(dataset.name).content
        assert loaded(dataset.name).fingerprint != loaded(dataset.name, 0.2).fingerprint

    def test_an_original_of_these_very_points_ships(self, dataset):
        resolved = resolve(Spec(dataset.name))
        found = open_checkpoints().find(original_key(resolved), loaded(dataset.name).fingerprint)
        assert found is not None and found.fingerprint == loaded(dataset.name).fingerprint
        assert found.sidecar["metrics"]["train_accuracy"] > 90 > found.sidecar["metrics"]["heldout_accuracy"]


def test_a_batch_is_coordinates_in_quarters():
    data = loaded("moons")
    inputs, labels = data.batch(data.train, torch.tensor([3, 5]))
    assert torch.equal(inputs, data.train.points[[3, 5]] / 0.25) and torch.equal(labels, data.train.labels[[3, 5]])


def test_a_sample_is_shown_large_on_the_map():
    pool = PointPool(torch.tensor([[0.0, 0.0], [1.5, 1.5]]), torch.tensor([0, 1]), torch.tensor([0, 0]))
    picture = pool.shown(0)["picture"]
    middle = (SIDE - 1) // 2
    assert picture.shape == (SIDE, SIDE, 3) and picture.dtype.name == "uint8"
    assert picture[middle, middle].tolist() == [0, 160, 135], "the point in the colour of its class"
    assert picture[middle, middle + 5].tolist() == [0, 0, 0], "with a dark frame"
    assert picture[0, -1].tolist() != [255] * 3 and pool.shown(1)["picture"][0, -1].tolist() == [132, 82, 184]
    assert pool.wrong.tolist() == [False, True]


def test_the_perceptron_answers_one_row_a_point():
    net = build_network(get("model", "mlp"), 3, 2, 0, torch.device("cpu"))
    assert net(torch.zeros(5, 2)).shape == (5, 3)
    assert sum(p.numel() for p in net.parameters()) == 2 * 64 + 64 + 2 * (64 * 64 + 64) + 64 * 3 + 3
