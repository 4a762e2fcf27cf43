"""What the Playground says under its maps: accuracies and the attack of every frame, worked out for all at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.attacks._attacker import FEWEST, balanced
from engine.data.points import PointData
from engine.data.splits import Split
from engine.evaluation.measure import null_band, quick_accuracies, scores
from engine.evaluation.phi import phi_of
from engine.types import Attack

Values = tuple[float | None, ...]
Sides = tuple[np.ndarray, np.ndarray]  # the attack's scores of forgotten and of unseen points


@dataclass(frozen=True)
class Numbers:
    """Percent, a value a frame: right on the forget and on the test set, and right guesses of the attacker.

    ``band`` is the attack's chance range (95%) in the last frame. None where nothing is forgotten, or too few
    points are.
    """

    forget: Values
    test: Values
    attack: Values
    loss: Values
    band: tuple[float, float] | None = None


def of_frames(data: PointData, parts: Split | None, logits: Tensor, attack: Attack, band: bool = False) -> Numbers:
    """The numbers of frames, logits (F, N, C) of the training points and then the held-out ones.

    ``band``: with the chance range too, which takes as long as all the rest.
    """
    known = len(data.train)
    labels = torch.cat([data.train.labels, data.heldout.labels])
    flat, targets = logits.flatten(0, 1), labels.repeat(len(logits))
    loss, entropy, correct = data.criterion.columns(flat, targets)
    columns = {"loss": loss.view(len(logits), -1), "entropy": entropy.view(len(logits), -1),
               "correct": correct.view(len(logits), -1)}
    if "phi" in attack.needs:
        columns["phi"] = phi_of(flat, targets).view(len(logits), -1)
    if parts is None:
        none = (None,) * len(logits)
        return Numbers(none, _percent(columns["correct"][:, known:]), none, none)
    forget, test = parts.forget, parts.test + known
    right = columns["correct"]
    sides = _sides(columns, forget, test, attack)
    losses = tuple(round(float(value), 4) for value in columns["loss"][:, forget].mean(1))
    return Numbers(_percent(right[:, forget]), _percent(right[:, test]), _attacked(sides, attack, len(logits)), losses,
                   null_band(attack, *sides[-1], seed=0) if band and sides else None)


def _percent(right: Tensor) -> Values:
    return tuple(round(100 * float(value), 1) for value in right.double().mean(1))


def _sides(columns: dict[str, Tensor], forget: Tensor, test: Tensor, attack: Attack) -> list[Sides]:
    """The attack's scores of both sides in each frame; none below ten samples a side."""
    if min(len(forget), len(test)) < FEWEST:
        return []
    def of(frame: int, index: Tensor) -> np.ndarray:
        return scores(attack, {name: column[frame, index] for name, column in columns.items()}, len(index))

    return [(of(frame, forget), of(frame, test)) for frame in range(len(columns["loss"]))]


def _attacked(sides: list[Sides], attack: Attack, frames: int) -> Values:
    """The attack's accuracy in each frame."""
    if not sides:
        return (None,) * frames
    pairs = [balanced(*pair) for pair in sides]
    told = quick_accuracies(attack, *(np.stack(side) for side in zip(*pairs, strict=True)))
    return tuple(round(float(value), 1) for value in told)
