"""GoEmotions (Demszky et al. 2020): Reddit comments, each with one or more of 27 emotions or neutral.

Hub: google-research-datasets/go_emotions, config ``simplified``, columns ``text`` and ``labels``. docs/methods.md has
two readings: the paper's keeps every comment with all its labels, the corrected one those with a single label.
The official validation and test split are kept apart, so a seed varies the forget set and the order of batches only.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from engine.datasets import _hub
from engine.errors import DataMissing
from engine.types import Dataset, Option, Recipe

HUB_ID, CONFIG = "google-research-datasets/go_emotions", "simplified"
SPLITS = ("train", "test", "validation")
CLASSES = (
    "admiration", "amusement", "anger", "annoyance", "approval", "caring", "confusion", "curiosity", "desire",
    "disappointment", "disapproval", "disgust", "embarrassment", "excitement", "fear", "gratitude", "grief", "joy",
    "love", "nervousness", "optimism", "pride", "realization", "relief", "remorse", "sadness", "surprise", "neutral",
)
# Comments a class: in the training set, in the test set, in test and validation together; by the first label.
_SINGLE = (
    (2710, 1652, 1025, 1451, 1873, 649, 858, 1389, 389, 709, 1402, 498, 203, 510, 430, 1857, 39, 853, 1427, 85, 861,
     51, 586, 88, 353, 817, 720, 12823),
    (348, 186, 131, 194, 236, 86, 97, 176, 56, 88, 195, 76, 23, 57, 65, 260, 2, 93, 160, 12, 107, 7, 89, 7, 44, 102,
     87, 1606),
    (674, 394, 240, 358, 494, 182, 199, 340, 108, 179, 407, 137, 43, 109, 123, 521, 8, 199, 333, 20, 226, 16, 163, 15,
     84, 186, 182, 3198),
)
_ALL = (
    (4130, 2244, 1547, 2138, 2596, 966, 1268, 1772, 543, 1028, 1651, 580, 248, 700, 510, 2096, 65, 1013, 1533, 105,
     974, 57, 698, 96, 404, 874, 751, 12823),
    (504, 252, 197, 286, 318, 114, 139, 233, 74, 127, 220, 84, 30, 84, 74, 288, 6, 116, 169, 16, 120, 8, 109, 7, 46,
     108, 92, 1606),
    (992, 549, 389, 533, 673, 252, 275, 438, 138, 256, 466, 158, 58, 162, 148, 585, 16, 237, 350, 27, 253, 17, 195, 15,
     93, 193, 187, 3198),
)


def load(options: dict[str, Any], on_progress: Callable[[str, float], None] | None = None) -> Any:
    """GoEmotions as :class:`engine.data.texts.TextData`, not yet tokenised; raises DataMissing where it is absent."""
    from engine.data.about import About
    from engine.data.criteria import MANY_LABELS, ONE_LABEL
    from engine.data.texts import TextData

    many = options["labels"] == "several"
    if on_progress:
        on_progress("Opening go_emotions", 0.0)
    splits, origin = _hub.opened("go_emotions", HUB_ID, CONFIG, SPLITS)
    read = {split: _pool(splits[split], split, many) for split in SPLITS}
    pools = {split: pool for split, (pool, _) in read.items()}
    places = {split: where for split, (_, where) in read.items()}
    return TextData(name="go_emotions", classes=CLASSES, train=pools["train"],
                    heldout=_joined(pools["test"], pools["validation"]), mean=(), std=(), origin=origin,
                    options=dict(options), test_count=len(pools["test"]),
                    criterion=MANY_LABELS if many else ONE_LABEL,
                    about={"train": About(places["train"]), "heldout": About(places["test"] + places["validation"])})


def _pool(rows: Any, split: str, many: bool) -> tuple[Any, tuple[str, ...]]:
    """A split's comments, all of them or those with one label, and where each is; of several labels the first counts.
    """
    import torch

    from engine.data.texts import TextPool

    _hub.check_columns(rows, split, "go_emotions", "text", "labels")
    texts, given = rows.values("text"), [_labels(rows, split, row, value)
                                         for row, value in enumerate(rows.values("labels"))]
    if (row := next((row for row, text in enumerate(texts) if not isinstance(text, str)), None)) is not None:
        raise DataMissing(f"The {split} split of go_emotions has the text {texts[row]!r} ({rows.where(row)}): "
                          "download it again.")
    kept = [(text, labels, rows.where(row)) for row, (text, labels) in enumerate(zip(texts, given, strict=True))
            if many or len(labels) == 1]
    if len(kept) < _hub.FEWEST:
        raise DataMissing(f"Of the {len(texts):,} comments in the {split} split of go_emotions {len(kept)} have "
                          "exactly one label, and at least 2 are needed: use labels=several.")
    hot = torch.zeros(len(kept), len(CLASSES))
    for row, (_, labels, _place) in enumerate(kept):
        hot[row, labels] = 1
    first = hot.argmax(dim=1)
    return TextPool(tuple(text for text, *_ in kept), first, hot if many else first), tuple(
        place for *_, place in kept)


def _labels(rows: Any, split: str, row: int, value: Any) -> list[int]:
    """The classes of a comment, each once. Raises DataMissing with its file and row where they are none."""
    numbers = [_hub.class_number(one, CLASSES, range(len(CLASSES)))
               for one in (value if isinstance(value, list) else [value])]
    found = list(dict.fromkeys(number for number in numbers if number is not None))
    if not numbers or None in numbers or not 0 <= min(found) <= max(found) < len(CLASSES):
        raise DataMissing(f"The {split} split of go_emotions has the labels {value!r} ({rows.where(row)}); numbers "
                          f"from 0 to {len(CLASSES) - 1} or names such as {CLASSES[0]!r} are expected: download it "
                          f"again from https://huggingface.co/datasets/{HUB_ID}.")
    return found


def _joined(test: Any, validation: Any) -> Any:
    import torch

    from engine.data.texts import TextPool

    return TextPool(test.texts + validation.texts, torch.cat([test.labels, validation.labels]),
                    torch.cat([test.targets, validation.targets]))


def variant(dataset: Dataset, options: Mapping[str, Any]) -> Dataset:
    """The declaration under the reading with single or with several labels."""
    if options["labels"] == "single":
        return dataset
    return dataclasses.replace(dataset, train_size=43_410, heldout_size=10_853, test_size=5_427, class_counts=_ALL,
                               multi_label=True)


# docs/methods.md: AdamW 3e-4 with a batch of 128, alpha .5, no decay of the rate, E = R / 2F. The authors' code squares
# inside the ReLU; that stays an option.
_FORGET_EPOCHS = {"learning_rate": 3e-4, "batch_size": 128, "final_lr_fraction": 1.0, "retain_epochs": 1}

DATASET = Dataset(
    name="go_emotions",
    title="GoEmotions",
    kind="text",
    classes=CLASSES,
    train_size=36_308,
    heldout_size=9_138,
    test_size=4_590,
    class_counts=_SINGLE,
    single_labels="choose single labels (labels=single, the default of profile corrected)",
    variant=variant,
    input_size=40,
    default_model="text_cnn",
    paper_model="roberta_base",
    recipe=Recipe(optimiser="adamw", learning_rate=5e-5, weight_decay=0.01, batch_size=128, epochs=10,
                  final_lr_fraction=0.1),
    load=load,
    available=lambda: _hub.available("go_emotions", HUB_ID),
    summary="54,263 Reddit comments with 27 emotions or none.",
    source=f"https://huggingface.co/datasets/{HUB_ID}",
    options=(Option("labels", "single", ("single", "several"),
                    "Single: the comments with one label, cross entropy. Several: all comments with all their labels, "
                    "binary cross entropy, as in the paper.", profiles={"paper": "several"}),),
    unlearning={"nabla_tau": _FORGET_EPOCHS | {"alpha": 0.5}, "finetune": _FORGET_EPOCHS},
)
