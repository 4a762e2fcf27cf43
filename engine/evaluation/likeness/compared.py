"""Original, unlearned, retrained and a second retrained model side by side: every measure of likeness on every set.

Two retrained models that differ by their seed alone say what is attainable: where they are not alike, an unlearned
model cannot be asked to be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from engine.errors import BadInput
from engine.evaluation.likeness import agreement, by_class, cka, jsd, prediction_matrix
from engine.evaluation.likeness.agreement import Agreement
from engine.evaluation.likeness.by_class import ClassAccuracy
from engine.evaluation.likeness.outputs import Outputs

ORIGINAL, UNLEARNED, RETRAINED, AGAIN = "original", "unlearned", "retrained", "retrained_again"
PAIRS = {"unlearned_original": (UNLEARNED, ORIGINAL), "unlearned_retrained": (UNLEARNED, RETRAINED),
         "unlearned_retrained_again": (UNLEARNED, AGAIN), "attainable": (RETRAINED, AGAIN),
         "original_retrained": (ORIGINAL, RETRAINED)}
MOVES = {"original_to_unlearned": (ORIGINAL, UNLEARNED), "original_to_retrained": (ORIGINAL, RETRAINED)}
BLIND_SPOTS = {"agreement": agreement.BLIND_SPOT, "by_class": by_class.BLIND_SPOT, "jsd": jsd.BLIND_SPOT,
               "prediction_matrix": prediction_matrix.BLIND_SPOT, "cka": cka.BLIND_SPOT}
FEWEST_FEATURES = 150
Said = Mapping[str, Outputs]  # by model, on one set


@dataclass(frozen=True)
class OnSet:
    """One set's numbers by pair of models: agreement, mean divergence in nats, CKA by layer; accuracy by class.

    ``attainable`` is the pair of retrained models; ``moved`` counts predictions from class to class.
    """

    count: int
    agreement: dict[str, Agreement]
    jsd: dict[str, float]
    cka: dict[str, dict[str, float | None]]
    by_class: dict[str, list[ClassAccuracy]]
    moved: dict[str, list[list[int]]]
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The record as plain values."""
        return asdict(self) | {"notes": list(self.notes)}


def compared(said: Said, labels: np.ndarray, classes: Sequence[str]) -> OnSet:
    """Every measure on one set, as far as its models are there. Raises BadInput for an empty set."""
    count = len(labels)
    if not count:
        raise BadInput("There are no samples in this set to compare models on.")
    pairs = {name: (said[one], said[other]) for name, (one, other) in PAIRS.items() if {one, other} <= set(said)}
    return OnSet(
        count, {name: agreement.agreement(one.said, other.said) for name, (one, other) in pairs.items()},
        {name: float(jsd.jsd(one.probabilities, other.probabilities).mean()) for name, (one, other) in pairs.items()},
        {name: _layers(one, other) for name, (one, other) in pairs.items()},
        {model: by_class.by_class(one.said, labels, classes) for model, one in said.items()},
        {name: prediction_matrix.prediction_matrix(said[one].said, said[other].said, len(classes)).tolist()
         for name, (one, other) in MOVES.items() if {one, other} <= set(said)},
        _notes(said, count))


def _layers(one: Outputs, other: Outputs) -> dict[str, float | None]:
    """CKA by layer in the order of the network; none where too few samples are compared."""
    names = [name for name in one.features if name in other.features]
    return {name: cka.linear_cka(one.features[name], other.features[name]) for name in names
            if len(one.features[name]) >= cka.FEWEST}


def _notes(said: Said, count: int) -> tuple[str, ...]:
    constant = [model for model, one in said.items() if count > 1 and len(np.unique(one.said)) == 1
                and not np.ptp(one.probabilities, axis=0).any()]
    notes = [f"The {model.replace('_', ' ')} model says the same of every sample: it is damaged, and its likeness to "
             "others means nothing." for model in constant]
    if count < FEWEST_FEATURES:
        notes.append(f"CKA is of {count} samples: below {FEWEST_FEATURES} it is noisy.")
    return tuple(notes)
