"""Loaded data, held against what their data set declares, before a network meets them.

Where they are otherwise, a run would fail deep inside torch, or measure something else without a word.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from engine.data.base import Data
from engine.errors import BadData
from engine.types import Dataset


def check(data: Any, dataset: Dataset) -> None:
    """Raises BadData with the first thing that is not as it must be."""
    if problem := next(_problems(data, dataset), None):
        raise BadData(f"The data set {dataset.name} was loaded, but {problem}")


def _problems(data: Any, dataset: Dataset) -> Iterator[str]:
    """What is wrong, most basic things first; later ones rely on those before."""
    if not isinstance(data, Data):
        yield f"load() returned a {type(data).__name__}: return an engine.data.images.Data."
    if data.kind != dataset.kind:
        yield (f"load() returned a {type(data).__name__}, of the kind {data.kind!r}, and {dataset.kind!r} is declared: "
               "declare the kind that is loaded.")
    if data.classes != dataset.classes:
        yield (f"its classes are {_short(data.classes)} and not {_short(dataset.classes)} as declared: make both the "
               "same.")
    for name in ("train", "heldout"):
        pool = getattr(data, name)
        if not isinstance(pool, data.pool):
            yield f"{name} is a {type(pool).__name__}: make it a {data.pool.__name__}."
        yield from _targets(name, pool, len(dataset.classes))
        yield from pool.problems(name)
    yield from data.problems(dataset)
    yield from _sizes(data, dataset)


def _targets(name: str, pool: Any, classes: int) -> Iterator[str]:
    """What is wrong with labels, and with targets where a sample can have several labels."""
    yield from _labels(f"{name}.labels", pool.labels, classes)
    targets, field = pool.targets, f"{name}.targets"
    if targets is pool.labels:
        return
    if targets.ndim == 1:
        yield from _labels(field, targets, classes)
    elif targets.shape != (len(pool.labels), classes):
        yield f"{field} has the shape {tuple(targets.shape)}: make it {(len(pool.labels), classes)}, a row a sample."
    elif targets.dtype != torch.float32:
        yield f"{field} is {_dtype(targets)}: convert it to float32."
    elif not bool(((targets == 0) | (targets == 1)).all()):  # NaN is neither
        yield f"{field} holds other values than 0 and 1: write 1 for each label of a sample, else 0."


def _labels(field: str, labels: Any, classes: int) -> Iterator[str]:
    if not isinstance(labels, Tensor):
        yield f"{field} is a {type(labels).__name__}: make it a tensor with torch.tensor."
    if labels.ndim != 1:
        yield f"{field} has the shape {tuple(labels.shape)}: make it (samples,), a class number a sample."
    if labels.dtype != torch.int64:
        yield f"{field} is {_dtype(labels)}: convert it to int64 with .long()."
    if not len(labels):
        yield f"{field} is empty: load at least one sample."
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= classes:
        yield (f"{field} holds {low if low < 0 else high}, and its {classes} classes are numbered from 0 to "
               f"{classes - 1}: number the labels from 0, or declare the class that is missing.")


def _sizes(data: Data, dataset: Dataset) -> Iterator[str]:
    """Where forms and estimates would reckon with other numbers of samples than there are.

    A person's own copy in ``$UNLEARN_DATA_DIR`` may be a part of the data: a run then counts what was loaded.
    """
    if data.test_count is not None and not 0 < data.test_count < len(data.heldout):
        yield (f"test_count is {data.test_count:,} of {len(data.heldout):,} held-out samples: leave some for the test "
               "and some for the validation set.")
    if dataset.available() == "folder":
        return
    for name, size, declared in (("train", len(data.train), dataset.train_size),
                                 ("heldout", len(data.heldout), dataset.heldout_size)):
        if size != declared:
            yield f"{name} has {size:,} samples and not {name}_size = {declared:,}: declare {name}_size={size}."
    yield from _class_counts(data, dataset)
    if data.test_count != dataset.test_size:
        yield (f"test_count is {data.test_count} and not test_size = {dataset.test_size}: declare "
               f"test_size={data.test_count}.")


def _class_counts(data: Data, dataset: Dataset) -> Iterator[str]:
    """The first class of which there are other numbers of samples than declared."""
    if not dataset.class_counts:
        return
    for name, pool, declared in (("train", data.train, dataset.class_counts[0]),
                                 ("heldout", data.heldout, dataset.class_counts[2])):
        found = torch.bincount(pool.labels, minlength=len(declared)).tolist()
        for number, (count, wanted) in enumerate(zip(found, declared, strict=True)):
            if count != wanted:
                yield (f"{name} has {count:,} samples of {dataset.classes[number]} and not {wanted:,} as class_counts "
                       "declares: declare what there is.")


def _dtype(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _short(classes: tuple[str, ...]) -> str:
    """All of a few classes; of many the first, the last and how many."""
    few = len(classes) <= 4
    return ", ".join(map(str, classes)) if few else f"{classes[0]} to {classes[-1]} ({len(classes)} classes)"
