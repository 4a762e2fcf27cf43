"""Every method on a card that is none: nothing meets from two devices, and within an epoch nobody waits for the card.

The numbers are those of the CPU, as the pretended card computes there.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pretend_card
import pytest
import torch
from helping import make_task, parameters_of, small_split
from pretend_card import pretend_card as a_card

from engine.evaluation.probe import thinned
from engine.evaluation.readout import read_out
from engine.registry import get, names
from engine.types import Progress

SMALL = {"batch_size": 16, "epochs": 2, "retain_epochs": 1, "max_forget_epochs": 2, "forget_batch_size": 16,
         "retain_batch_size": 16, "gradients": 4, "warm_up_epochs": 1, "rounds": 4}
ASKS = {"munba": "its bargain is struck on the host, by three numbers a step",
        "influence": "single gradients are read one by one"}


def there(task: Any, device: torch.device) -> Any:
    """The same task on a device."""
    first = copy.deepcopy(task.fresh())
    return replace(task, model=copy.deepcopy(task.model).to(device), data=task.data.to(device), device=device,
                   split=task.split.to(device), fresh=lambda: copy.deepcopy(first).to(device))


def small(method: str, sizes: Any) -> Any:
    known = set(get("method", method).parameters.__dataclass_fields__)
    return parameters_of(method, sizes, **{name: value for name, value in SMALL.items() if name in known})


def between(before: Progress, now: Progress) -> bool:
    """Whether a step begins or ends an epoch or a phase of a method, where a card may be asked."""
    return before.ends_epoch or now.ends_epoch or now.step == now.total_steps or (
        (before.epoch, before.terms.keys()) != (now.epoch, now.terms.keys()))


@pytest.mark.parametrize("method", names("method"))
def test_a_method_runs_on_a_card_without_waiting_for_it(digits, method):
    plain = make_task(digits, small_split(40, 50))
    if get("method", method).from_scratch:
        plain = replace(plain, recipe=replace(plain.recipe, epochs=2, batch_size=16))
    parameters = small(method, plain.split.sizes)
    with a_card() as device:
        task, waited, steps = there(plain, device), [], [Progress(0, 1, 0, {}, ends_epoch=True)]
        pretend_card.waits.clear()
        for progress in get("method", method).unlearn(task, parameters):
            if not between(steps[-1], progress):
                waited += pretend_card.waits
            pretend_card.waits.clear()
            steps.append(progress)
        del steps[0]
        trace, outputs = thinned(steps), read_out(task.model, task.data, task.data.train, task.split.forget)
    if method not in ASKS:
        assert waited == []
    usual = list(get("method", method).unlearn(plain, parameters))
    assert trace == thinned(usual)
    expected = read_out(plain.model, plain.data, plain.data.train, plain.split.forget)
    assert torch.equal(outputs.loss, expected.loss)
