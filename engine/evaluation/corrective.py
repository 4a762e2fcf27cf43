"""What manipulated training samples did to a model, measured on unseen samples with their true labels.

docs/methods.md, "Corrective unlearning": the *affected domain* are the stamped test images of all classes but the
target's, the test images of two confused classes, or the whole test set where labels of any class are wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from engine.data.base import Data
from engine.data.corruption import Corruption, true_labels
from engine.errors import BadInput
from engine.evaluation.metrics import CORRECTIVE_SIZES as SIZES
from engine.evaluation.readout import read_out

NO_TRIGGER = "No trigger was stamped on these data."
NO_DOMAIN = "The test set has no sample of the classes that were confused."
NO_REST = "Labels of any class are wrong in these data: the whole test set is the affected domain."


def corrective(model: nn.Module, data: Data, test: Tensor) -> dict[str, Any]:
    """The measures of :data:`engine.evaluation.metrics.CORRECTIVE` on these held-out samples, int64 (T,), in percent.

    Raises BadInput where the data keep no true labels.
    """
    true = true_labels(data.heldout)
    if true is None:
        raise BadInput(f"The data set {data.name} keeps no true labels, so nothing can be corrected: choose one with "
                       "manipulated samples.")
    true = true[test]
    said = _said(model, data, data.heldout, test)
    if trigger := data.corruption.trigger:
        return measured(said, _said(model, data, data.heldout.stamped(trigger), test), true, data.corruption)
    return measured(said, None, true, data.corruption)


def measured(said: Tensor, said_stamped: Tensor | None, true: Tensor, corruption: Corruption) -> dict[str, Any]:
    """The same from the classes said of test images as they are and as stamped, int64 (T,) each."""
    right, affected = said == true, torch.ones_like(true, dtype=torch.bool)
    success = floor = None
    if trigger := corruption.trigger:
        assert said_stamped is not None
        affected = true != trigger.target
        corrected, rest = said_stamped[affected] == true[affected], right
        success, floor = (_percent(one[affected] == trigger.target) for one in (said_stamped, said))
    else:
        if corruption.classes:
            affected = torch.isin(true, true.new_tensor(corruption.classes))
        corrected, rest = right[affected], right[~affected]
    return {"corrected_accuracy": _percent(corrected), "attack_success": success, "attack_success_floor": floor,
            "rest_accuracy": _percent(rest), SIZES: {"affected": len(corrected), "rest": len(rest)}}


def why_empty(metrics: Mapping[str, Any]) -> dict[str, str]:
    """Why a measure of :func:`corrective` is None, by its name."""
    reasons = {"attack_success": NO_TRIGGER, "attack_success_floor": NO_TRIGGER, "rest_accuracy": NO_REST,
               "corrected_accuracy": NO_DOMAIN}
    return {name: why for name, why in reasons.items() if metrics.get(name) is None}


def _said(model: nn.Module, data: Data, pool: Any, index: Tensor) -> Tensor:
    said = read_out(model, data, pool, index).predicted
    assert said is not None  # a new read-out has all columns
    return said.long().to(data.device)


def _percent(right: Tensor) -> float | None:
    """None of no samples."""
    return 100 * float(right.double().mean()) if len(right) else None
