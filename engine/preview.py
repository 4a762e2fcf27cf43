"""Who would be forgotten, before anything starts: how many, of which classes, and some of them to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from engine.data.base import Data
from engine.data.splits import split
from engine.originals.checkpoints import open_checkpoints
from engine.originals.workbench import load_data, prepare_bench
from engine.registry import get
from engine.spec import Resolved, resolve
from engine.types import Sizes, Spec

SHOWN = 12


@dataclass(frozen=True)
class Shown:
    """One chosen sample: its number in D, its class, and a ``picture``, uint8 (H, W, C), or a ``text``."""

    sample: int
    label: str
    picture: Any = None
    text: str | None = None


@dataclass(frozen=True)
class Preview:
    """A choice before launch: the real sizes, the chosen samples, how many of each class, and some of them."""

    resolved: Resolved
    samples: tuple[int, ...]
    classes: dict[str, tuple[int, int]]  # by name: chosen, and all of the training set
    shown: tuple[Shown, ...]

    @property
    def sizes(self) -> Sizes:
        return self.resolved.sizes

    def to_json(self) -> dict[str, Any]:
        """For scripts; pictures are left out."""
        return {"spec": {name: getattr(self.resolved.spec, name) for name in (
                    "dataset", "scenario", "forget_fraction", "forget_class", "selection", "seed", "profile")},
                "sizes": {name: getattr(self.sizes, name) for name in Sizes.__dataclass_fields__},
                "classes": {name: {"forgotten": chosen, "all": total}
                            for name, (chosen, total) in self.classes.items()},
                "shown": [{"sample": one.sample, "label": one.label} | ({} if one.text is None else {"text": one.text})
                          for one in self.shown]}


def preview(spec: Spec, count: int = SHOWN) -> Preview:
    """Who a spec would forget; loads the data, and an Original only where the scenario chooses by it.

    Raises BadSpec with every problem, DataMissing or BadData, and then OriginalMissing.
    """
    resolved = resolve(spec)
    data = _data(resolved)
    sets = split(data, resolved.spec)
    forget: list[int] = sets.forget.tolist()
    return Preview(resolve(spec, sets.sizes), tuple(forget), _classes(data, sets.forget),
                   shown(data, _spread(forget, count)))


def check_left(resolved: Resolved) -> None:
    """Raises BadSpec where a request of a continued run has nobody left; loads the data where only they can tell."""
    by_share = get("scenario", resolved.spec.scenario).target == "fraction"
    if resolved.start is not None and not by_share and resolved.dataset.available() is not None:
        split(_data(resolved), resolved.spec)


def _data(resolved: Resolved) -> Data:
    cpu = torch.device("cpu")
    if get("scenario", resolved.spec.scenario).by_original:
        return prepare_bench(resolved, open_checkpoints(), cpu).data
    return load_data(resolved.dataset, resolved.options, cpu)


def shown(data: Data, samples: Sequence[int]) -> tuple[Shown, ...]:
    """These training samples, to look at."""
    return tuple(Shown(sample, data.classes[int(data.train.labels[sample])], **data.train.shown(sample))
                 for sample in samples)


def _classes(data: Data, forget: torch.Tensor) -> dict[str, tuple[int, int]]:
    """The classes that are hit, the most chosen first."""
    labels, count = data.train.labels.cpu(), len(data.classes)
    chosen, total = (torch.bincount(one, minlength=count).tolist() for one in (labels[forget.cpu()], labels))
    hit = sorted((number for number in range(count) if chosen[number]), key=lambda number: -chosen[number])
    return {data.classes[number]: (chosen[number], total[number]) for number in hit}


def _spread(samples: Sequence[int], count: int) -> list[int]:
    """Some of them from one end to the other, so that a sorted list does not show its beginning alone."""
    if len(samples) <= count:
        return list(samples)
    return [samples[round(place * (len(samples) - 1) / (count - 1))] for place in range(count)]
