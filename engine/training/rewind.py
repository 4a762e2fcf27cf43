"""Rewinding, an option of any method: of all its epochs keep the one that has forgotten just enough.

After each epoch the error on D_f is measured in evaluation mode. In the end the reference is the error of the last
weights on those samples of D_v whose class occurs in D_f: a random subset mostly has every class, so there it is
all of D_v. (It is also all of D_v where no sample there has one of these classes.) Kept are the weights whose error on
D_f is nearest to the reference; of equally near ones the earliest.

The rule is that of the released code of SCRUB (Kurmanji et al. 2023; its classes are a set, their frequencies are not
matched). That code also compares epoch 0, the Original, and where it is nearest asks for weights that it never saved;
here the epochs after at least one pass are compared, since the Original has forgotten nothing. An epoch ends where a
step says so (``Progress.ends_epoch``), and with the last step. A method without epochs says so
(``Method.no_epochs``).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from engine.terms import REWINDING
from engine.types import Progress

FORGET_ERROR, REFERENCE_ERROR, KEPT_EPOCH = REWINDING


def nearest(errors: dict[int, Fraction], reference: Fraction) -> int:
    """The epoch whose error is nearest to the reference, the earliest of equally near ones."""
    return min(errors, key=lambda epoch: (abs(errors[epoch] - reference), epoch))


class Epochs:
    """The weights after each epoch; of epochs with one error the first alone, since no later one could win."""

    def __init__(self, task: Any):
        self.task, self.count = task, 0
        self.errors: dict[int, Fraction] = {}
        self.states: dict[int, dict[str, Any]] = {}

    def keep(self) -> Fraction:
        """Takes the weights as they are now as those after one more epoch; returns their error on D_f."""
        self.count += 1
        error = self.error(self.task.data.train, self.task.split.forget)
        if error not in self.errors.values():
            self.errors[self.count] = error
            self.states[self.count] = {name: value.detach().to("cpu", copy=True)
                                       for name, value in self.task.model.state_dict().items()}
        return error

    def error(self, pool: Any, index: Any) -> Fraction:
        """The share of these samples that is classified wrongly in evaluation mode; every layer's mode is restored."""
        from engine.evaluation.readout import read_out

        modes = [(layer, layer.training) for layer in self.task.model.modules()]
        correct = read_out(self.task.model, self.task.data, pool, index).correct
        for layer, training in modes:
            layer.training = training
        return Fraction(int((~correct).sum()), len(correct))

    def alike(self) -> Any:
        """The samples of D_v whose class occurs in D_f; all of D_v where there is none."""
        import torch

        validation, forget = self.task.split.validation, self.task.split.forget
        labels = self.task.data.heldout.labels[validation]
        chosen = validation[torch.isin(labels, self.task.labels(forget).unique())]
        return chosen if len(chosen) else validation

    def rewind(self) -> dict[str, float]:
        """Gives the model the weights that the rule keeps; returns the terms of the last step."""
        reference = self.error(self.task.data.heldout, self.alike())
        epoch = nearest(self.errors, reference)
        self.task.model.load_state_dict(self.states[epoch])
        return {REFERENCE_ERROR.name: float(100 * reference), KEPT_EPOCH.name: float(epoch)}


def rewound(task: Any, steps: Iterator[Progress]) -> Iterator[Progress]:
    """The steps of a method, at whose last one ``task.model`` has the weights of the epoch that the rule keeps."""
    epochs, progress, ended = Epochs(task), None, False
    for progress in steps:
        ended = progress.step == progress.total_steps
        if ended or progress.ends_epoch:
            error = {FORGET_ERROR.name: float(100 * epochs.keep())}
            terms = {**progress.terms, **error, **(epochs.rewind() if ended else {})}
            progress = dataclasses.replace(progress, terms=terms)
        yield progress
    if progress and not ended:  # it stopped by itself
        if not progress.ends_epoch:
            epochs.keep()
        epochs.rewind()
