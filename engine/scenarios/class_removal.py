"""A whole class (paper, section 5.2, table 4).

docs/methods.md: the attack compares the forgotten samples with all held-out ones of the same class, of both halves; the
test set leaves the class out; the validation set is the whole half.
"""

from __future__ import annotations

from typing import Any

from engine.errors import BadSpec
from engine.scenarios._sizes import heldout
from engine.types import Dataset, Scenario, Sizes, Spec


def select(data: Any, spec: Spec) -> Any:
    """Every training sample of the class ``spec.forget_class`` (its number), int64 (F,).

    Raises BadSpec where there is none, or no other.
    """
    labels = data.train.labels.cpu()
    forget = (labels == spec.forget_class).nonzero().squeeze(1)
    if not len(forget):
        present = ", ".join(data.classes[number] for number in labels.unique().tolist())
        raise BadSpec([f"forget_class is {spec.forget_class} ({data.classes[spec.class_number]}), but none of the "
                       f"{len(labels):,} training samples is of that class. Valid: {present}."])
    if len(forget) == len(labels):
        raise BadSpec([f"forget_class is {spec.forget_class} ({data.classes[spec.class_number]}), but all "
                       f"{len(labels):,} training samples are of that class: there would be nothing left to keep."])
    return forget


def unseen(data: Any, spec: Spec) -> Any:
    """All held-out samples of the class, int64 (M,)."""
    return (data.heldout.labels.cpu() == spec.forget_class).nonzero().squeeze(1)


def sizes(spec: Spec, dataset: Dataset) -> Sizes:
    """Where the data set declares no counts, classes of equal size: the data say how many there really are."""
    test, validation = heldout(dataset)
    sets = (dataset.train_size, test, dataset.heldout_size)
    if dataset.class_counts:
        forget, in_test, outside = (counts[spec.class_number] for counts in dataset.class_counts)
    else:
        forget, in_test, outside = (samples // len(dataset.classes) for samples in sets)
    return Sizes(dataset.train_size, forget, dataset.train_size - forget, validation, test - in_test, outside)


SCENARIO = Scenario(
    name="class",
    title="a class",
    summary="All training samples of one class.",
    aim="The accuracy on it should fall to zero, as in a retrained model.",
    source="Trippa et al. 2024, section 5.2",
    select=select,
    sizes=sizes,
    target="class",
    unseen=unseen,
    columns=("retain_accuracy", "forget_accuracy", "test_accuracy"),
    ideals={"accuracy_gap": "match_retrained"},  # a forgotten class is not to look like the test set, which lacks it
)
