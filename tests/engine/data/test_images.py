"""Data on the device: normalisation, augmentation, memory layout, fingerprints, and the digits' deliberate noise."""

from __future__ import annotations

import dataclasses

import pytest
import torch
import torch.nn.functional as F

from engine.data.images import Data, Pool, shift_and_flip
from engine.registry import get
from engine.system.rng import generator


def small(images=None, labels=(0, 1, 2), mean=(0.5, 0.25, 0.0), std=(0.25, 0.5, 1.0)):
    if images is None:
        images = torch.arange(3 * 4 * 4 * 3, dtype=torch.uint8).reshape(3, 4, 4, 3)
    pool = Pool(images, torch.tensor(labels))
    return Data("small", ("a", "b", "c"), pool, pool, mean, std, augment=shift_and_flip)


def test_pixels_are_normalised_per_channel():
    """Pixel 255: (1 - .5) / .25 = 2, (1 - .25) / .5 = 1.5, (1 - 0) / 1 = 1; pixel 0: -2, -.5, 0."""
    images = torch.tensor([255, 0], dtype=torch.uint8).reshape(2, 1, 1, 1).expand(2, 4, 4, 3)
    inputs, labels = small(images, (1, 2)).batch(small(images, (1, 2)).train, torch.tensor([0, 1]))
    assert inputs.shape == (2, 3, 4, 4) and inputs.dtype == torch.float32
    assert inputs[0, :, 2, 3].tolist() == pytest.approx([2.0, 1.5, 1.0], abs=1e-5)
    assert inputs[1, :, 0, 0].tolist() == pytest.approx([-2.0, -0.5, 0.0], abs=1e-5)
    assert labels.tolist() == [1, 2]


def test_a_batch_is_an_index_look_up_in_channels_last_order():
    data = small()
    inputs, labels = data.batch(data.train, torch.tensor([2, 0]))
    assert inputs.is_contiguous(memory_format=torch.channels_last) and labels.tolist() == [2, 0]
    expected = (data.train.images[2].permute(2, 0, 1) / 255 - torch.tensor([0.5, 0.25, 0.0]).view(3, 1, 1)
                ) / torch.tensor([0.25, 0.5, 1.0]).view(3, 1, 1)
    assert torch.allclose(inputs[0], expected, atol=1e-5)


def test_every_augmented_image_is_a_shifted_crop_maybe_flipped():
    images = torch.randint(1, 256, (200, 6, 6, 3), generator=generator(0, "test"), dtype=torch.uint8)
    out = shift_and_flip(images, generator(1, "augment"), pad=4)
    assert out.shape == images.shape and out.dtype == torch.uint8
    padded = F.pad(images, (0, 0, 4, 4, 4, 4))
    crops, flips = set(), 0
    for image, source in zip(out, padded):
        found = [(top, left, flip) for top in range(9) for left in range(9) for flip in (False, True)
                 if torch.equal(image.flip(1) if flip else image, source[top:top + 6, left:left + 6])]
        assert len(found) == 1
        crops.add(found[0][:2])
        flips += found[0][2]
    assert {top for top, _ in crops} == {left for _, left in crops} == set(range(9))
    assert 70 <= flips <= 130, "about half are flipped"


def test_data_that_declare_no_augmentation_are_trained_on_as_they_are():
    data = dataclasses.replace(small(), augment=None)
    index = torch.arange(len(data.train))
    assert torch.equal(data.batch(data.train, index, generator(0, "augment"))[0], data.batch(data.train, index)[0])


def test_a_data_set_brings_its_own_augmentation():
    data = dataclasses.replace(small(), augment=lambda images, generator: 255 - images)
    index = torch.arange(len(data.train))
    plain, turned = data.batch(data.train, index)[0], data.batch(data.train, index, generator(0, "augment"))[0]
    assert not torch.equal(plain, turned)


def test_augmentation_repeats_by_its_generator():
    images = torch.randint(0, 256, (20, 8, 8, 1), generator=generator(0, "test"), dtype=torch.uint8)
    state = torch.random.get_rng_state()
    one, same, other = (shift_and_flip(images, generator(seed, "augment")) for seed in (0, 0, 1))
    assert torch.equal(one, same) and not torch.equal(one, other)
    assert torch.equal(state, torch.random.get_rng_state())
    data = small(images, tuple(range(20)), (0.0,), (1.0,))
    index = torch.arange(20)
    augmented, _ = data.batch(data.train, index, generator(0, "augment"))
    assert torch.allclose(augmented, one.permute(0, 3, 1, 2) / 255, atol=1e-6)
    assert augmented.is_contiguous(memory_format=torch.channels_last)


def test_the_fingerprint_sees_one_pixel_and_one_label():
    before = small()
    pixel = before.train.images.clone()
    pixel[1, 2, 3, 0] += 1
    prints = [before, small(), small(pixel), small(labels=(0, 1, 1)), small(before.train.images.reshape(3, 2, 8, 3))]
    found = [data.fingerprint for data in prints]
    assert found[0] == found[1] and len(set(found)) == 4 and len(found[0]) == 64
    assert dataclasses.replace(before, mean=(0.0, 0.0, 0.0)).fingerprint == found[0]


def test_content_sees_the_held_out_pool_too():
    before = small()
    after = dataclasses.replace(before, heldout=Pool(before.heldout.images, torch.tensor([0, 0, 0])))
    assert after.fingerprint == before.fingerprint and after.content != before.content


# --- digits ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def clean():
    return get("dataset", "digits").load({"label_noise": 0.0})


def test_without_noise_the_labels_are_scikit_learns(clean):
    from sklearn.datasets import load_digits

    bunch = load_digits()
    known = {(bunch.images[i] * 255 / 16).round().astype("uint8").tobytes(): bunch.target[i] for i in range(1_797)}
    for pool in (clean.train, clean.heldout):
        assert [known[image.numpy().tobytes()] for image in pool.images] == pool.labels.tolist()


def test_noise_redraws_a_fifth_of_all_labels(clean, digits):
    """359 of 1,797 labels are redrawn from ten classes, so about nine tenths of them change, on every split."""
    for noisy, true in ((digits.train, clean.train), (digits.heldout, clean.heldout)):
        assert torch.equal(noisy.images, true.images)
        changed = (noisy.labels != true.labels).float().mean().item()
        assert changed == pytest.approx(0.18, abs=0.025)
    wrong = torch.cat([digits.train.labels != clean.train.labels, digits.heldout.labels != clean.heldout.labels])
    assert 300 <= int(wrong.sum()) <= 340
    redrawn = digits.train.labels[digits.train.labels != clean.train.labels]
    assert redrawn.bincount(minlength=10).min() > 5, "uniformly over the classes"


def test_the_same_digits_every_time(digits, clean):
    again = get("dataset", "digits").load({"label_noise": 0.2})
    assert again.content == digits.content != clean.content
    assert digits.origin == "scikit-learn" and digits.options == {"label_noise": 0.2}
