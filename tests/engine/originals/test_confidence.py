"""What an Original's training keeps of every sample: right to the last digit, after a kill too, and in nobody's way."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from engine.data.criteria import MANY_LABELS, ONE_LABEL
from engine.errors import BadCheckpoint
from engine.originals.checkpoints import CONFIDENCE, Checkpoints, OriginalKey, original_key
from engine.originals.confidence import Confidence, ConfidenceSums
from engine.originals.pretrain import train_original
from engine.originals.recorded_scores import recorded_scores
from engine.originals.workbench import load_data
from engine.registry import get
from engine.spec import resolve
from engine.training.loop import train
from engine.training.networks import build_network
from engine.types import Recipe, Spec

CPU = torch.device("cpu")
RECIPE = Recipe(optimiser="sgd", learning_rate=0.1, batch_size=50, epochs=4, final_lr_fraction=0.1, momentum=0.9)
KEY = OriginalKey("moons", "mlp", RECIPE, 0, {"label_noise": 0.1})
SHIPPED = ("digits", "moons", "blobs", "spirals")


class Killed(Exception):
    """Stands for the end of a process."""


def kill_at(step):
    def on_step(progress, seconds):
        if progress.step == step:
            raise Killed

    return on_step


@pytest.fixture(scope="module")
def moons():
    moons = get("dataset", "moons")
    return load_data(moons, {"label_noise": 0.1}, CPU)


@pytest.fixture(scope="module")
def whole(moons, tmp_path_factory):
    checkpoints = Checkpoints(tmp_path_factory.mktemp("whole"), shipped=None)
    return checkpoints, train_original(KEY, moons, checkpoints, 1)


@pytest.fixture
def checkpoints(tmp_path):
    return Checkpoints(tmp_path / "checkpoints", shipped=None)


def net_of(moons):
    return build_network(get("model", "mlp"), len(moons.classes), moons.inputs, 0, CPU)


def test_two_epochs_by_hand():
    sums = ConfidenceSums(3, CPU)
    for index, probability in [([2, 0], [0.5, 1.0]), ([1], [0.25]), ([0], [0.5]), ([1, 2], [0.75, 0.0])]:
        sums.see(torch.tensor(index), torch.tensor(probability))
    found = sums.mean(2)
    assert (found.mean.dtype, found.mean.tolist(), found.epochs) == (np.float16, [0.75, 0.5, 0.25], 2)
    assert found.proxy.tolist() == [0.25, 0.5, 0.75]


def test_the_probability_is_that_of_the_loss():
    logits = torch.tensor([[2.0, 0.0, -1.0], [0.0, 0.0, 0.0]])
    classes, rows = torch.tensor([0, 2]), torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]])
    assert ONE_LABEL.probability(logits, classes).tolist() == pytest.approx([0.843795, 1 / 3], abs=1e-6)
    assert MANY_LABELS.probability(logits, rows)[1].item() == pytest.approx(1 / 8)
    assert torch.allclose(MANY_LABELS.probability(logits, rows), torch.exp(-MANY_LABELS.columns(logits, rows)[0]))


def test_without_a_step_the_mean_is_what_the_network_says(moons, checkpoints):
    still = dataclasses.replace(KEY, recipe=dataclasses.replace(RECIPE, learning_rate=0.0))
    kept = checkpoints.confidence(train_original(still, moons, checkpoints, 1))
    inputs, labels = moons.batch(moons.train, torch.arange(len(moons.train)))
    said = net_of(moons)(inputs).softmax(1).gather(1, labels[:, None])[:, 0].detach().numpy()
    assert np.abs(kept.mean - said).max() < 5e-4 and kept.epochs == 4  # half precision


def test_looking_changes_no_weight(moons):
    nets = []
    for seen in (None, ConfidenceSums(len(moons.train), CPU).see):
        net = net_of(moons)
        for _ in train(net, moons, torch.arange(len(moons.train)), RECIPE, 0, seen=seen):
            pass
        nets.append(net.state_dict())
    assert all(torch.equal(nets[0][name], nets[1][name]) for name in nets[0])


@pytest.mark.parametrize("step", [3, 8, 16])  # 4 steps an epoch: before a whole one, after two, before the result
def test_after_a_kill_the_means_are_those_of_an_uninterrupted_training(step, moons, checkpoints, whole):
    with pytest.raises(Killed):
        train_original(KEY, moons, checkpoints, 1, kill_at(step))
    resumed = train_original(KEY, moons, checkpoints, 1)
    assert resumed.sha256 == whole[1].sha256
    assert np.array_equal(checkpoints.confidence(resumed).mean, whole[0].confidence(whole[1]).mean)


def test_what_an_earlier_version_began_ends_without(moons, checkpoints, monkeypatch, whole):
    monkeypatch.setattr(ConfidenceSums, "state", lambda self: {})
    with pytest.raises(Killed):
        train_original(KEY, moons, checkpoints, 1, kill_at(8))
    monkeypatch.undo()
    resumed = train_original(KEY, moons, checkpoints, 1)
    assert resumed.sha256 == whole[1].sha256 and checkpoints.confidence(resumed) is None


def test_it_belongs_to_its_weights_only(whole, checkpoints):
    checkpoints.root.mkdir()
    whole[0].copy(whole[1], checkpoints.root)
    original = checkpoints.find(KEY)
    assert np.array_equal(checkpoints.confidence(original).mean, whole[0].confidence(whole[1]).mean)
    other = dataclasses.replace(original, sidecar=original.sidecar | {"sha256": "0" * 64})
    assert checkpoints.confidence(other) is None
    original.path.with_suffix(CONFIDENCE).write_bytes(b"damaged")
    with pytest.raises(BadCheckpoint, match=r"confidence\.safetensors cannot be read .*Delete it"):
        checkpoints.confidence(original)
    original.path.with_suffix(CONFIDENCE).unlink()
    assert checkpoints.confidence(original) is None


def test_saved_again_without_it_none_is_left(moons, checkpoints):
    net = net_of(moons)
    original = checkpoints.save(KEY, "f" * 64, net, {"metrics": {}}, Confidence(np.zeros(2, np.float16), 1))
    assert checkpoints.confidence(original).mean.tolist() == [0, 0]
    checkpoints.save(KEY, "f" * 64, net, {"metrics": {}})
    assert checkpoints.confidence(original) is None


@pytest.mark.parametrize("name", SHIPPED)
def test_the_small_originals_ship_with_theirs(name, tmp_path):
    checkpoints, dataset = Checkpoints(tmp_path), get("dataset", name)
    original = checkpoints.find(original_key(resolve(Spec(dataset=name))))
    kept = checkpoints.confidence(original)
    assert (len(kept.mean), kept.epochs) == (dataset.train_size, dataset.recipe.epochs)
    assert original.path.with_suffix(CONFIDENCE).stat().st_size < 3_000


@pytest.mark.parametrize("name", ["cifar10", "go_emotions"])
def test_the_large_ones_say_that_they_have_none(name, tmp_path):
    checkpoints = Checkpoints(tmp_path)
    assert checkpoints.confidence(checkpoints.find(original_key(resolve(Spec(dataset=name))))) is None


def test_the_shipped_one_is_what_training_gives_today(tmp_path):
    """And its weights are the shipped ones, bit for bit."""
    resolved = resolve(Spec(dataset="blobs"))
    key, shipped, mine = original_key(resolved), Checkpoints(tmp_path), Checkpoints(tmp_path / "mine", shipped=None)
    again = train_original(key, load_data(resolved.dataset, resolved.options, CPU), mine, 1)
    there = shipped.find(key)
    if again.sidecar["torch"] != there.sidecar["torch"] or again.sidecar["processor"] != there.sidecar["processor"]:
        pytest.skip("the shipped one was trained by another torch or processor, which rounds otherwise")
    assert again.sha256 == there.sha256
    assert np.array_equal(mine.confidence(again).mean, shipped.confidence(there).mean)


def test_on_digits_it_orders_samples_as_200_models_do(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    proxy = checkpoints.confidence(checkpoints.find(original_key(resolve(Spec())))).proxy
    true = next(found for about, found in recorded_scores()
                if about["dataset"] == "digits")
    assert spearmanr(proxy, true.correctness.score).statistic == pytest.approx(0.858, abs=5e-4)
    assert spearmanr(proxy, true.probability.score).statistic == pytest.approx(0.899, abs=5e-4)
