"""Runs every method on a card that is none and on the CPU, and prints what became of each: a JSON object a line.

A process of its own, because torch keeps the card once it has one.
"""

from __future__ import annotations

import copy
import functools
import json
import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pretend_card
import torch
from helping import make_task, parameters_of, small_split
from pretend_card import pretend_card as a_card
from texts import text_task, write_go_emotions, write_tiny_roberta

from engine.evaluation.probe import thinned
from engine.evaluation.readout import read_out
from engine.methods import lotus
from engine.originals.checkpoints import open_checkpoints
from engine.originals.workbench import load_data
from engine.registry import get, names
from engine.runs.execute import execute
from engine.runs.store import open_store
from engine.spec import resolve
from engine.system import device
from engine.types import Progress, Spec

SMALL = {"batch_size": 16, "epochs": 2, "retain_epochs": 1, "max_forget_epochs": 2, "forget_batch_size": 16,
         "retain_batch_size": 16, "gradients": 4, "warm_up_epochs": 1, "rounds": 4}


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


def tried(method: str, digits: Any) -> dict[str, Any]:
    plain = make_task(digits, small_split(40, 50))
    if get("method", method).from_scratch:
        plain = replace(plain, recipe=replace(plain.recipe, epochs=2, batch_size=16))
    parameters = small(method, plain.split.sizes)
    with a_card() as card:
        task, waited, steps = there(plain, card), [], [Progress(0, 1, 0, {}, ends_epoch=True)]
        pretend_card.waits.clear()
        for progress in get("method", method).unlearn(task, parameters):
            if not between(steps[-1], progress):
                waited += pretend_card.waits
            pretend_card.waits.clear()
            steps.append(progress)
        trace, doubles = thinned(steps[1:]), list(pretend_card.doubles)
        outputs = read_out(task.model, task.data, task.data.train, task.split.forget)
    usual = list(get("method", method).unlearn(plain, parameters))
    expected = read_out(plain.model, plain.data, plain.data.train, plain.split.forget)
    return {"method": method, "steps": len(usual), "waited": waited, "doubles": doubles,
            "same_terms": trace == thinned(usual), "same_losses": torch.equal(outputs.loss, expected.loss)}


METRICS = ("retain_accuracy", "forget_accuracy", "test_accuracy", "accuracy_gap", "mia_loss", "mia_entropy")
RUNS = (Spec(parameters={"max_forget_epochs": 3}),
        Spec(method="finetune", scenario="class", forget_class=3, parameters={"max_forget_epochs": 3}),
        Spec(method="retrain", parameters={"epochs": 2}))


def apart(mine: Any, other: Any) -> list[str]:
    """The metrics that are not equal."""
    return [name for name in METRICS if mine is None or mine.get(name) != other.get(name)]


def whole(spec: Spec) -> dict[str, Any]:
    """A run in the store from its beginning to its end, watched live, on the card and on the CPU."""
    store, found = open_store(), []
    for where in ("card", "cpu"):
        run = store.get(store.begin(resolve(spec), True, True))
        with a_card() as card:
            found.append(execute(run, store, open_checkpoints(), card if where == "card" else torch.device("cpu")))
    mine, other = found
    return {"run": f"{spec.dataset} {spec.method} {spec.scenario}", "status": mine.status, "reason": mine.reason,
            "device": mine.device, "apart": apart(mine.metrics, other.metrics)}


def texts() -> dict[str, Any]:
    """Both kinds of text networks: a card reads all columns of a batch, a CPU as many as it needs."""
    found: dict[str, Any] = {"run": "texts"}
    for model in ("text_cnn", "roberta_base"):
        plain = text_task(load_data(get("dataset", "go_emotions"), {"labels": "single"}, torch.device("cpu"),
                                    model=get("model", model)), model)
        parameters = small("finetune", plain.split.sizes)
        with a_card() as card:
            task = there(plain, card)
            mine = thinned(list(get("method", "finetune").unlearn(task, parameters)))["retain_loss"]
        usual = thinned(list(get("method", "finetune").unlearn(plain, parameters)))["retain_loss"]
        found[model] = max(abs(one - other) / other for one, other in zip(mine, usual, strict=True))
    return found


if __name__ == "__main__":
    torch.set_num_threads(1)
    folder = Path(tempfile.mkdtemp())
    os.environ |= {"UNLEARN_DATA_DIR": str(write_go_emotions(folder)),
                   "UNLEARN_MODEL_DIR": str(write_tiny_roberta(folder))}
    device.WITHOUT_FLOAT64 = (pretend_card.NAME,)
    lotus.FORGOTTEN = -2.0  # otherwise it stops before its first step
    loaded = get("dataset", "digits").load({"label_noise": 0.2})
    for one in names("method"):
        try:
            print(json.dumps(tried(one, loaded)), flush=True)
        except Exception as error:
            print(json.dumps({"method": one, "error": f"{type(error).__name__}: {str(error)[:400]}"}), flush=True)
    for work in (*(functools.partial(whole, spec) for spec in RUNS), texts):
        try:
            print(json.dumps(work()), flush=True)
        except Exception as error:
            print(json.dumps({"run": str(work), "error": f"{type(error).__name__}: {str(error)[:400]}"}), flush=True)
