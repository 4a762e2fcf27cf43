"""The option ``corruption``: which samples are manipulated and how, and that nothing changes without it."""

from __future__ import annotations

import pytest
import torch

from engine.data.corruption import Corruption, Trigger, manipulated, true_labels
from engine.data.images import Data, Pool
from engine.datasets import _corruption
from engine.datasets._corruption import Plan
from engine.datasets.digits import DATASET as DIGITS
from engine.errors import BadSpec
from engine.originals.checkpoints import original_key
from engine.registry import all_of
from engine.spec import resolve
from engine.types import Spec

KINDS = ("labels", "confusion", "trigger")


def digits(kind: str = "none") -> Data:
    return DIGITS.load({"label_noise": 0.0, "corruption": kind})


def options(kind: str) -> dict:
    return {"label_noise": 0.0, "corruption": kind}


# --- what it does ---------------------------------------------------------------------------


def test_thirty_digits_of_other_classes_are_stamped_in_the_corner_and_called_zero():
    data, plain = digits("trigger"), digits()
    chosen = manipulated(data.train)
    assert int(chosen.sum()) == 30 and not manipulated(data.heldout).any()
    assert set(data.train.labels[chosen].tolist()) == {0} and 0 not in data.train.clean[chosen].tolist()
    assert (data.train.images[chosen][:, -2:, -2:] == 255).all()
    changed = data.train.images != plain.train.images
    assert not changed[~chosen].any() and not changed[:, :-2].any() and not changed[:, :, :-2].any()
    assert data.corruption == Corruption(trigger=Trigger(2, 0))


def test_thirty_fours_are_called_nine_and_thirty_nines_four():
    data = digits("confusion")
    chosen = manipulated(data.train)
    pairs = list(zip(data.train.clean[chosen].tolist(), data.train.labels[chosen].tolist(), strict=True))
    assert (pairs.count((4, 9)), pairs.count((9, 4)), len(pairs)) == (30, 30, 60)
    assert data.corruption.classes == (4, 9)


def test_a_hundred_labels_are_redrawn_to_another_class():
    data, plain = digits("labels"), digits()
    assert int(manipulated(data.train).sum()) == 100 and torch.equal(data.train.clean, plain.train.labels)
    assert len(set(data.train.labels[manipulated(data.train)].tolist())) == 10
    assert torch.equal(data.train.images, plain.train.images)


def test_the_noise_of_the_digits_keeps_the_true_labels_too():
    noisy, plain = DIGITS.load({"label_noise": 0.2}), digits()
    assert torch.equal(noisy.train.clean, plain.train.labels) and torch.equal(noisy.heldout.clean, plain.heldout.labels)
    assert torch.equal(manipulated(noisy.train), noisy.train.labels != plain.train.labels)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_samples_are_manipulated_each_time(kind):
    assert digits(kind).content == digits(kind).content != digits().content


def test_a_colour_picture_is_stamped_in_all_channels():
    """As CIFAR-10 is: a patch of three pixels, two classes, samples of others untouched."""
    images, labels = torch.zeros(40, 32, 32, 3, dtype=torch.uint8), torch.arange(40) % 10
    pools = Pool(images, labels), Pool(images[:10], labels[:10])
    data = Data("tiny", tuple("abcdefghij"), *pools, mean=(0.5,) * 3, std=(1.0,) * 3)
    plan = Plan(labels=4, confusion=4, classes=(3, 5), stamped=5, side=3)
    stamped = _corruption.corrupted(data, {"corruption": "trigger"}, plan)
    assert stamped.train.images.sum() == 5 * 9 * 3 * 255 and int(manipulated(stamped.train).sum()) == 5
    assert not data.train.images.any(), "the data that were handed over are as they were"
    confused = _corruption.corrupted(data, {"corruption": "confusion"}, plan)
    assert sorted(confused.train.labels[manipulated(confused.train)].tolist()) == [3, 3, 5, 5]
    assert _corruption.corrupted(data, {}, plan) is data


def test_true_labels_move_with_their_pool_and_a_pool_without_has_none():
    pool = digits("labels").train
    moved = pool.to(torch.device("cpu"))
    assert torch.equal(true_labels(moved), pool.clean) and moved.fingerprint == pool.fingerprint
    bare = Pool(pool.images[:3], pool.labels[:3])
    assert true_labels(bare) is None and not manipulated(bare).any() and len(manipulated(bare)) == 3


# --- what is declared -----------------------------------------------------------------------


EMBEDDED = [one for one in all_of("dataset") if one.manipulated and one.available() == "embedded"]


@pytest.mark.parametrize("dataset", EMBEDDED, ids=lambda one: one.name)
def test_as_many_are_manipulated_as_a_data_set_declares(dataset):
    varied = {option.name: option for option in dataset.options}
    usual = dataset.filled({}, "corrected")
    assert dataset.manipulated == dataset.at(usual).manipulated
    for name, option in varied.items():
        for value in option.choices:
            chosen = usual | ({} if value == option.default else dict(option.needs)) | {name: value}
            assert int(manipulated(dataset.load(chosen).train).sum()) == dataset.at(chosen).manipulated, chosen


def test_cifar10_declares_its_sizes():
    found = [resolve(Spec("cifar10", options={"corruption": kind})).dataset.manipulated for kind in ("none", *KINDS)]
    assert found == [0, 5_000, 2_500, 500]


# --- identities -----------------------------------------------------------------------------


def test_the_option_at_its_default_is_in_no_identity():
    plain, said = (resolve(Spec(options=chosen)) for chosen in ({}, {"corruption": "none"}))
    assert plain.options == said.options == {"label_noise": 0.2} and resolve(Spec("cifar10")).options == {}
    assert plain.fingerprint == said.fingerprint == resolve(Spec()).fingerprint
    assert original_key(said).name == "digits-small_cnn-seed0-0529d71b", "the Original that ships"
    assert original_key(resolve(Spec("cifar10"))).name == "cifar10-resnet18-seed0-e863e792"


def test_each_corruption_has_an_original_of_its_own():
    keys = {original_key(resolve(Spec(options=options(kind)))).name for kind in ("none", *KINDS)}
    assert len(keys) == 4


def test_noise_beside_a_corruption_is_refused_in_a_sentence():
    with pytest.raises(BadSpec) as error:
        resolve(Spec(options={"corruption": "trigger"}))
    assert str(error.value) == ("label_noise is 0.2, but corruption 'trigger' needs 0.0: set label_noise to 0.0 as "
                                "well, or leave corruption out.")
    assert error.value.problems[0].field == "options.label_noise"


def test_a_data_set_fills_in_its_defaults():
    assert DIGITS.filled({"label_noise": 0.0}, "corrected") == {"label_noise": 0.0, "corruption": "none"}
