"""Points in the plane as data: sizes, wrong labels, batches, pictures."""

from __future__ import annotations

import pytest
import torch

from engine.data.points import REACH, SIDE, PointPool, window_of
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


# --- a person's own points ------------------------------------------------------------------


def test_the_nearest_point_is_the_one_that_is_like_another():
    one = PointPool(torch.tensor([[0.0, 0.0], [1.0, 1.0]]), torch.tensor([0, 1]))
    other = PointPool(torch.tensor([[0.9, 0.7]]), torch.tensor([0]))
    assert one.like(other, 0) == 1 and one.wrong.tolist() == [False, False]


@pytest.mark.parametrize(("points", "said"), [
    (torch.zeros(2, 1), "train.points has the shape (2, 1) and not (samples, coordinates), two at least."),
    (torch.zeros(2, 2, dtype=torch.float64), "train.points is float64: convert it to float32 with .float()."),
    (torch.tensor([[0.0, float("nan")], [0, 0]]), "train.points holds NaN or infinite values: leave these points out."),
    (torch.zeros(3, 2), "train.points has 3 samples and train.labels 2: give each sample one label."),
])
def test_bad_points_are_named(points, said):
    assert next(PointPool(points, torch.tensor([0, 1])).problems("train")) == said


def test_a_picture_shows_all_points_wherever_they_lie():
    points = torch.tensor([[100.0, -3.0, 7.0], [300.0, 5.0, 7.0]])
    window = window_of(points)
    assert window == ((pytest.approx(90.0), pytest.approx(310.0)), (pytest.approx(-3.4), pytest.approx(5.4)))
    picture = PointPool(points, torch.tensor([0, 1]), window=window).shown(0)["picture"]
    assert picture[round(SIDE * 0.955) - 1, round(SIDE * 0.045)].tolist() == [0, 160, 135]
