"""The ensemble whose models are like a run's: the same data, network, recipe, method and hyperparameters.

Forget sets are nearly as large, and random. What such an ensemble says is evidence about the run's method; its models
are the shadows of an attack on the run itself. Without one, nothing is said.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import BadInput, NotMeasurable
from engine.evaluation.ensembles.broken import whole
from engine.evaluation.ensembles.draws import BLOCK, ORIGINAL, sizes_of
from engine.evaluation.ensembles.outputs import IN, Outputs
from engine.evaluation.per_example import NAME, PerExample
from engine.evaluation.verdict import DAMAGED
from engine.registry import all_of, find, reference
from engine.runs.ensembles.kept import Shelf, states
from engine.runs.ensembles.recorded import Recorded, all_ensembles
from engine.runs.records import Run, outdated
from engine.runs.remembered import Latest
from engine.spec import MADE_BY, Resolved, resolve
from engine.system.same import Same
from engine.types import Sizes, Spec

if TYPE_CHECKING:
    from engine.evaluation.ensembles.shadows import Shadows

_remembered: dict[str, PerExample | None] = {}
_known_parts: Latest[Part | None] = Latest(8192)
NEARLY = 0.02  # how far the share to be forgotten may be from the ensemble's
FEWEST = 2 * BLOCK
SEEDS: dict[str, Any] = {"seed": 0, "original_seed": 0, "forget_seed": None, "unlearning_seed": None,
                         "evaluation_seed": None}  # without which models are alike
USUAL = ("scenario", "selection", "profile", "original", "start")  # ensembles' models begin from trained Originals


@dataclass(frozen=True)
class Part:
    """The models of one method on a shelf, with the retrained ones beside them."""

    shelf: Shelf
    key: str
    retrained: str
    numbers: tuple[int, ...]

    @functools.cached_property
    def name(self) -> str:
        """What its numbers are remembered by; asked for by each of thousands of listed runs."""
        return json.dumps([str(self.shelf.place), self.shelf.about, self.key, self.retrained, self.numbers],
                          sort_keys=True)

    def outputs(self, key: str) -> Outputs:
        """phi of the samples that take part, under the whole models of a part; all of the retrained ones are."""
        state, read = states(self.shelf, self.numbers), self.shelf.read(key, self.numbers)
        taking = (state != IN).any(0)
        kept = np.ones(len(state), dtype=bool) if key == self.retrained else whole(
            read.test_accuracy, self.shelf.read(self.retrained, self.numbers).test_accuracy, DAMAGED)
        return Outputs(read.phi[kept][:, taking], state[kept][:, taking], np.array(self.numbers)[kept] // BLOCK)

    def test_accuracy(self, key: str) -> float:
        """Percent right on new samples, as a mean over models."""
        return float(self.shelf.read(key, self.numbers).test_accuracy.mean())


def shadows_of(run: Run, shelves: Sequence[Shelf] | None = None) -> Shadows | None:
    """The models of the run's method as shadows of an attack on it; None where there are too few."""
    from engine.evaluation.ensembles.shadows import Shadows  # scipy, which a listing does not wait for

    part = part_of(run, shelves)
    if part is None:
        return None
    taking = np.flatnonzero((states(part.shelf, part.numbers) != IN).any(0))
    try:
        return Shadows(taking, part.outputs(part.key))
    except NotMeasurable:  # a model that failed or is damaged
        return None


def evidence_of(run: Run, shelves: Sequence[Shelf] | None = None,
                now: tuple[Hashable, ...] | None = None) -> Mapping[str, Any]:
    """The entry for the run's verdict, by key; empty where no ensemble is like it.

    ``now`` is :func:`of_now` of these ensembles, where it is at hand.
    """
    if not run.finished or run.is_reference or (part := _kept_part_of(run, shelves, now)) is None:
        return {}
    if (name := part.name) not in _remembered:
        _remembered[name] = _measured(part, run.resolved().method.title)
    found = _remembered[name]
    return {} if found is None else {NAME: {"name": NAME, **found.to_json()}}


def _kept_part_of(run: Run, shelves: Sequence[Shelf] | None, now: tuple[Hashable, ...] | None) -> Part | None:
    """The same as :func:`part_of`, remembered: of hundreds of listed runs, most differ in their seeds alone."""
    shelves = all_ensembles() if shelves is None else shelves
    if not _could_be(run):
        return None
    code = tuple(sorted((run.code or {}).items()))
    asked = (repr(replace(run.spec, **SEEDS)), run.data, code, *(now or of_now(shelves)))
    return _known_parts.get(asked, "", lambda: part_of(run, shelves))


def of_now(shelves: Sequence[Shelf]) -> tuple[Hashable, ...]:
    """What evidence depends on beside a run, as it is now: these ensembles, and the components that are registered.

    An ensemble of one's own grows, so that it is one for as long as it is the same object.
    """
    components = Same(record for kind in MADE_BY for record in all_of(kind))
    return _first_of((components, *(shelf if isinstance(shelf, Recorded) else Same([shelf]) for shelf in shelves)))


@functools.lru_cache(maxsize=4)
def _first_of(now: tuple[Hashable, ...]) -> tuple[Hashable, ...]:
    """The first of equal ones: thousands of comparisons end where both are one object."""
    return now


def _could_be(run: Run) -> bool:
    """Whether an ensemble may be like the run at all."""
    return bool(run.data) and not run.spec_extra and all(
        getattr(run.spec, name) == getattr(Spec(), name) for name in USUAL)


def part_of(run: Run, shelves: Sequence[Shelf] | None = None) -> Part | None:
    """The models like the run's, of the shelf that has most of them."""
    if not _could_be(run):
        return None
    near = [shelf for shelf in (all_ensembles() if shelves is None else shelves)
            if shelf.about["dataset"] == run.spec.dataset and shelf.about["data"].startswith(run.data)
            and any(_might_make(part, run.spec) for part in shelf.parts().values())]
    resolved = _resolved(run.spec) if near and not outdated(run) else None
    if resolved is None:
        return None
    found = [part for shelf in near for part in _parts(shelf, resolved)]
    return max(found, key=lambda part: len(part.numbers), default=None)


def _might_make(part: Mapping[str, Any], asked: Spec) -> bool:
    """Whether a part's method is the one asked for, with no number of another size: most cells of a grid end here.

    A default that follows from the sizes is a little different in the run.
    """
    if part.get("method") != asked.method:
        return False
    pairs = [(part["parameters"].get(name), value) for name, value in asked.parameters.items()]
    return not any(isinstance(there, int | float) and isinstance(value, int | float)
                   and abs(there - value) > 0.5 * max(abs(there), abs(value)) for there, value in pairs)


def _parts(shelf: Shelf, asked: Resolved) -> Iterator[Part]:
    """The models of the same method and hyperparameters where the ensemble is of the same making, if enough are there.
    """
    about = shelf.about
    made = {"options": asked.options, "model": asked.model.name, "recipe": asdict(asked.recipe),
            "code": {kind: asked.code[kind] for kind in ("dataset", "model") if kind in asked.code}}
    if not _same(made, {name: about[name] for name in made}) or not _nearly(about, asked):
        return
    as_there = _resolved(_as_usual(asked), _sizes(about, asked))  # such as an alpha that follows from the sizes
    made_by = {"method": asked.method.name, "parameters": as_there and as_there.effective,
               "code": asked.code.get("method", "")}
    parts = shelf.parts()
    mine = next((key for key, part in parts.items() if _same(part, made_by)), None)
    for theirs in (key for key, part in parts.items() if part["method"] == reference().name):
        if mine and len(numbers := _numbers(shelf, mine, theirs)) >= FEWEST:
            yield Part(shelf, mine, theirs, numbers)


def _as_usual(asked: Resolved) -> Spec:
    """The spec with those hyperparameters alone that are not as usual: one that spells out the usual ones is the same.
    """
    usual = _resolved(replace(asked.spec, parameters={}))
    return replace(asked.spec, parameters={name: value for name, value in asked.effective.items()
                                           if usual is None or value != usual.effective.get(name)})


def _numbers(shelf: Shelf, *keys: str) -> tuple[int, ...]:
    """The models that the Originals and these parts have, in whole draws."""
    have = frozenset.intersection(*(shelf.numbers(key) for key in (ORIGINAL, *keys)))
    return tuple(sorted(have))


def _nearly(about: Mapping[str, Any], asked: Resolved) -> bool:
    """Whether a model of the ensemble forgets about as large a share of what it saw."""
    return abs(_sizes(about, asked).forget_fraction - asked.sizes.forget_fraction) <= NEARLY


def _sizes(about: Mapping[str, Any], asked: Resolved) -> Sizes:
    """The sizes of the sets of the ensemble's models."""
    return sizes_of(about["samples"], about.get("candidates", about["samples"]), asked.sizes)


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two records are the same as JSON has them, where tuples are lists."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _text(spec: Spec) -> str:
    return json.dumps(asdict(spec), sort_keys=True)


def _resolved(spec: Spec, sizes: Sizes | None = None) -> Resolved | None:
    """A spec with everything filled in, at other sizes where these are given; None where it is not valid here."""
    components = [find(kind, getattr(spec, kind)) for kind in ("dataset", "method")]
    return _remembered_as(_text(spec), sizes, tuple(map(id, components)))


@functools.lru_cache(maxsize=8192)
def _remembered_as(spec: str, sizes: Sizes | None, components: tuple[int, ...]) -> Resolved | None:
    """The same; ``components`` are those that are registered now, which may be others later."""
    try:
        return resolve(Spec(**json.loads(spec)), sizes)
    except (BadInput, TypeError, ValueError):
        return None


def _measured(part: Part, title: str) -> PerExample | None:
    """What the attack comes to on a part; None where it cannot be carried out."""
    from engine.evaluation.ensembles.ulira import area_of

    try:
        mine, theirs = (part.outputs(key) for key in (part.key, part.retrained))
        areas = area_of(mine), area_of(theirs)
    except NotMeasurable:
        return None
    lost = part.test_accuracy(part.retrained) - part.test_accuracy(part.key)
    return PerExample.of(title, mine.models, *areas, lost >= DAMAGED)
