"""What the Playground's component is sent: films and points as plain values, fields as base64."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from engine.registry import get

if TYPE_CHECKING:
    from engine.studies.playground import Asked, Film, Ground


def choices(names: tuple[str, ...]) -> list[dict[str, Any]]:
    """The data sets of points with their titles and shares of wrong labels."""
    records = [get("dataset", name) for name in names]
    return [{"name": one.name, "title": one.title, "noise": sorted(one.options[0].choices)} for one in records]


def points(at: Ground) -> dict[str, Any]:
    """The training points: where, which class, and whose label is wrong on purpose."""
    train = at.data.train
    return {"classes": list(at.data.classes), "xy": [[round(float(v), 3) for v in row] for row in train.points],
            "labels": train.labels.tolist(), "wrong": train.wrong.nonzero().flatten().tolist()}


def question(asked: Asked) -> dict[str, Any]:
    """The question as the browser's controls hold it."""
    return {"dataset": asked.dataset, "noise": asked.label_noise, "forget": list(asked.forget), "alpha": asked.alpha,
            "brake": asked.brake, "arrows": asked.arrows}


def film(of: Film) -> dict[str, Any]:
    """Frames: all fields but that of the first class, which follows from them, and a value of each number a frame."""
    told = of.numbers
    return {"fields": base64.b64encode(of.fields[:, 1:].tobytes()).decode(), "side": of.fields.shape[-1],
            "steps": list(of.steps), "total": of.total, "forget": told.forget, "test": told.test,
            "attack": told.attack, "loss": told.loss, "band": told.band, "stopped": of.stopped,
            "arrows": [one.rows() for one in of.arrows], "longest": of.longest, "whole": of.whole}
