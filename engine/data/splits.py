"""The index sets of a run: what to forget, to keep, to validate and to test on."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from engine import chain
from engine.data.base import Data
from engine.data.persets import PerSet
from engine.errors import BadSpec, Problem
from engine.registry import get
from engine.scenarios._classes import named
from engine.system.rng import permutation
from engine.types import Sizes, Spec


class Split(PerSet[Tensor]):
    """Index tensors (int64, on the device): forget and retain into D, the others into the held-out pool."""

    validation: Tensor

    def __init__(self, forget: Tensor, retain: Tensor, validation: Tensor, test: Tensor, unseen: Tensor | None = None):
        super().__init__(retain, forget, test, unseen, validation=validation)

    @property
    def sizes(self) -> Sizes:
        return Sizes(train=len(self.forget) + len(self.retain), **dict(self.map(len).items()))

    def to(self, device: torch.device) -> Split:
        return Split(**{name: index.to(device) for name, index in self.items()})


def split(data: Data, spec: Spec) -> Split:
    """The index sets of a run, on the data's device; the held-out pool is halved by the seed or officially split.

    That seed is the forget set's: scenarios find it under ``spec.seed``.

    Where the scenario names non-members of its own (class removal), the test set leaves them out; the validation set
    is the whole half.
    """
    scenario, gone = get("scenario", spec.scenario), gone_before(data, spec)
    spec = replace(spec, seed=spec.seeds.forget)
    if scenario.by_original and data.ranks is None:
        raise BadSpec([Problem("scenario", f"The scenario {spec.scenario!r} chooses by what an Original says of single "
                               "samples: load the data with one, as engine.load does.")])
    unseen = scenario.unseen(data, spec) if scenario.unseen else None
    forget = _valid(scenario.select(data, spec), len(data.train), spec)
    return split_off(data, forget if gone is None else _others(forget, gone, data, spec), spec, unseen, gone)


def gone_before(data: Data, spec: Spec) -> Tensor | None:
    """The training samples that earlier requests have taken, int64; None where this is the first one."""
    before = chain.parent(spec)
    if before is None:
        return None
    earlier, forget = gone_before(data, before), split(data, before).forget.cpu()
    return forget if earlier is None else torch.cat([earlier, forget])


def gone_already(data: Data, spec: Spec) -> int:
    """How many samples a request names that earlier ones have taken; a scenario by a share takes others instead."""
    gone, scenario = gone_before(data, spec), get("scenario", spec.scenario)
    if gone is None or scenario.target == "fraction":
        return 0
    return int(torch.isin(scenario.select(data, replace(spec, seed=spec.seeds.forget)), gone).sum())


def _others(forget: Tensor, gone: Tensor, data: Data, spec: Spec) -> Tensor:
    """The chosen samples that are not forgotten yet. A scenario by a share chooses as many others in their place.

    Raises BadSpec where none or no others are left.
    """
    size, count = len(data.train), len(forget)
    if get("scenario", spec.scenario).target == "fraction" and bool(torch.isin(forget, gone).any()):
        more = replace(spec, forget_fraction=min(1.0, (count + len(gone)) / size))
        forget = get("scenario", spec.scenario).select(data, more)
    left = forget[~torch.isin(forget, gone)][:count]
    if not 0 < len(left) < size - len(gone):
        raise BadSpec([Problem("start", f"Of the {count:,} chosen samples {len(left):,} are not forgotten yet, and of "
                               f"all {size - len(gone):,} are left: at least one must be forgotten, and one kept.")])
    return left


def split_off(data: Data, forget: Tensor, spec: Spec, unseen: Tensor | None = None,
              gone: Tensor | None = None) -> Split:
    """The index sets where these training samples, int64 (F,) in any order, are to be forgotten.

    Those that are ``gone`` already are in none of them.
    """
    kept = torch.ones(len(data.train), dtype=torch.bool)
    kept[forget] = False
    if gone is not None:
        kept[gone] = False
    validation, test = _halves(data, spec)
    if unseen is not None:
        test = _without(test, unseen, spec, data.classes)
    return Split(forget.sort().values, kept.nonzero().squeeze(1), validation, test, unseen).to(data.device)


def _valid(forget: Tensor, size: int, spec: Spec) -> Tensor:
    """What a scenario chose, held against what a forget set is. Raises BadSpec."""
    if forget.dtype != torch.int64 or forget.ndim != 1:
        said = f"chose {forget.dtype} numbers of shape {tuple(forget.shape)}: its select() must return int64 (F,)."
    elif len(forget) and not 0 <= int(forget.min()) <= int(forget.max()) < size:
        said = f"chose samples from {int(forget.min()):,} to {int(forget.max()):,}, but there are 0 to {size - 1:,}."
    elif len(forget.unique()) != len(forget):
        said = f"chose {len(forget):,} samples, but only {len(forget.unique()):,} different ones: each once is enough."
    elif not 0 < len(forget) < size:
        said = (f"chose {len(forget):,} of the {size:,} training samples: at least one must be forgotten, and at least "
                "one kept.")
    else:
        return forget
    raise BadSpec([Problem("scenario", f"The scenario {spec.scenario!r} {said}")])


def _halves(data: Data, spec: Spec) -> tuple[Tensor, Tensor]:
    """Validation and test indices into the held-out pool: the official ones, else its halves by the seed."""
    if data.test_count is not None:
        everything = torch.arange(len(data.heldout))
        return everything[data.test_count:], everything[:data.test_count]
    order = permutation(len(data.heldout), spec.seeds.forget, "test/validation")
    return order[:len(order) // 2].sort().values, order[len(order) // 2:].sort().values


def _without(test: Tensor, unseen: Tensor, spec: Spec, classes: tuple[str, ...]) -> Tensor:
    """The test set without the samples that are compared with D_f. Raises BadSpec where none would be left."""
    rest = test[~torch.isin(test, unseen)]
    if len(rest):
        return rest
    if spec.forget_class is None:
        raise BadSpec([f"The scenario {spec.scenario!r} compares with all {len(test):,} samples of the test half: "
                       "there would be nothing left to test on."])
    raise BadSpec([f"forget_class is {named(spec, classes)}, but all {len(test):,} samples of the test half are of "
                   "that class: there would be nothing left to test on."])
