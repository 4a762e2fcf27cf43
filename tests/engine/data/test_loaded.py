"""Data that are not as their data set declares are refused in a sentence, before a network meets them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.data.criteria import MANY_LABELS
from engine.data.images import Data, Pool
from engine.data.loaded import check
from engine.data.texts import TextData, TextPool
from engine.errors import BadData
from engine.originals.workbench import forget, load_data
from engine.registry import get

LABELS = torch.tensor([0, 1, 1])
IMAGES = torch.zeros(3, 8, 8, 1, dtype=torch.uint8)
HELDOUT = Pool(IMAGES[:2], LABELS[:2])
PICTURES = Data("mine", ("a", "b"), Pool(IMAGES, LABELS), HELDOUT, (0.0,), (1.0,))
TEXTS = TextData("mine", ("a", "b"), TextPool(("x", "y", "z"), LABELS, LABELS), TextPool(("v", "w"), *[LABELS[:2]] * 2),
                 (), ())
IMAGE_SET = replace(get("dataset", "digits"), name="mine", classes=("a", "b"), train_size=3, heldout_size=2)
TEXT_SET = replace(IMAGE_SET, kind="text")


def said(data, dataset):
    with pytest.raises(BadData) as refused:
        check(data, dataset)
    start = "The data set mine was loaded, but "
    assert str(refused.value).startswith(start)
    return str(refused.value).removeprefix(start)


def test_data_as_declared():
    check(PICTURES, IMAGE_SET)
    check(TEXTS, TEXT_SET)
    check(several(torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])), TEXT_SET)


@pytest.mark.parametrize(("images", "text"), [
    (IMAGES[..., 0], "train.images has the shape (3, 8, 8) and not (samples, height, width, channels): add the "
                     "channels "
                     "with train.images[..., None]."),
    (IMAGES[0, 0], "train.images has the shape (8, 1) and not (samples, height, width, channels)."),
    (IMAGES.float() / 255, "train.images is float32: convert it to uint8, from 0 to 255."),
    (IMAGES.float() * float("nan"), "train.images holds NaN or infinite values: replace them and convert to uint8, "
                                    "from "
                                    "0 to 255."),
    (IMAGES.numpy(), "train.images is a ndarray: make it a tensor with torch.from_numpy."),
    (IMAGES[:2], "train.images has 2 samples and train.labels 3: give each sample one label."),
    (IMAGES[:, :, :7], "train.images have the shape (8, 7, 1) and heldout.images (8, 8, 1): give all pictures one "
                       "shape."),
])
def test_wrong_pictures(images, text):
    assert said(replace(PICTURES, train=Pool(images, LABELS)), IMAGE_SET) == text


@pytest.mark.parametrize(("labels", "text"), [
    (torch.tensor([1, 2, 1]), "train.labels holds 2, and its 2 classes are numbered from 0 to 1: number the labels "
                              "from "
                              "0, or declare the class that is missing."),
    (torch.tensor([0, -1, 1]), "train.labels holds -1, and its 2 classes are numbered from 0 to 1: number the labels "
                               "from 0, or declare the class that is missing."),
    (LABELS.int(), "train.labels is int32: convert it to int64 with .long()."),
    (LABELS[:, None], "train.labels has the shape (3, 1): make it (samples,), a class number a sample."),
    (np.array([0, 1, 1]), "train.labels is a ndarray: make it a tensor with torch.tensor."),
    (LABELS[:0], "train.labels is empty: load at least one sample."),
])
def test_wrong_labels(labels, text):
    assert said(replace(PICTURES, train=Pool(IMAGES, labels)), IMAGE_SET) == text


def several(targets):
    return replace(TEXTS, train=replace(TEXTS.train, targets=targets), criterion=MANY_LABELS,
                   heldout=replace(TEXTS.heldout, targets=torch.eye(2)))


@pytest.mark.parametrize(("targets", "text"), [
    (torch.ones(3, 3), "train.targets has the shape (3, 3): make it (3, 2), a row a sample."),
    (torch.ones(3, 2).long(), "train.targets is int64: convert it to float32."),
    (torch.full((3, 2), float("nan")), "train.targets holds other values than 0 and 1: write 1 for each label of a "
                                       "sample, else 0."),
    (LABELS + 1, "train.targets holds 2, and its 2 classes are numbered from 0 to 1: number the labels from 0, or "
                 "declare "
                 "the class that is missing."),
])
def test_wrong_targets(targets, text):
    assert said(several(targets), TEXT_SET) == text


@pytest.mark.parametrize(("data", "text"), [
    (replace(TEXTS, train=TextPool(("x", None, "z"), LABELS, LABELS)), "train.texts holds None: make every text a "
                                                                       "str."),
    (replace(TEXTS, heldout=TextPool(("x",), LABELS, LABELS)), "heldout.texts has 1 samples and heldout.labels 3: give "
                                                               "each sample one label."),
    (replace(TEXTS, train=["x", "y"]), "train is a list: make it a TextPool."),
    ({"train": 1}, "load() returned a dict: return an engine.data.images.Data."),
])
def test_wrong_texts_and_pools(data, text):
    assert said(data, TEXT_SET) == text


@pytest.mark.parametrize(("loaded", "declared", "text"), [
    ({}, {"train_size": 1_000}, "train has 3 samples and not train_size = 1,000: declare train_size=3."),
    ({}, {"heldout_size": 3}, "heldout has 2 samples and not heldout_size = 3: declare heldout_size=2."),
    ({}, {"class_counts": ((1, 2), (0, 0), (2, 0))}, "heldout has 1 samples of a and not 2 as class_counts declares: "
     "declare what there is."),
    ({}, {"class_counts": ((2, 1), (0, 0), (1, 1))}, "train has 1 samples of a and not 2 as class_counts declares: "
     "declare what there is."),
    ({}, {"test_size": 1}, "test_count is None and not test_size = 1: declare test_size=None."),
    ({"test_count": 1}, {}, "test_count is 1 and not test_size = None: declare test_size=1."),
    ({"test_count": 2}, {}, "test_count is 2 of 2 held-out samples: leave some for the test and some for the "
                            "validation "
                            "set."),
    ({}, {"classes": ("a", "c")}, "its classes are a, b and not a, c as declared: make both the same."),
    ({}, {"input_size": 28}, "a picture has 8 x 8 pixels and not input_size = 28 a side: declare its real size."),
    ({"mean": (0.0,) * 3}, {}, "mean has 3 values for 1 channels: give one for each channel."),
    ({"std": (0.0,)}, {}, "std is (0.0,): give finite numbers above 0."),
    ({"mean": (float("nan"),)}, {}, "mean is (nan,): give finite numbers."),
])
def test_other_sizes_and_scales_than_declared(loaded, declared, text):
    assert said(replace(PICTURES, **loaded), replace(IMAGE_SET, **declared)) == text


def test_a_persons_own_copy_may_be_a_part_of_the_data():
    check(PICTURES, replace(IMAGE_SET, train_size=1_000, available=lambda: "folder"))


def test_loading_refuses_and_keeps_nothing():
    forget()
    wrong = replace(IMAGE_SET, train_size=4, load=lambda options, report: PICTURES)
    for _ in range(2):
        with pytest.raises(BadData, match="declare train_size=3"):
            load_data(wrong, {}, torch.device("cpu"))
