"""What a run begins from: an imported Original, or the run that it continues, held against what it asks for.

``Spec.start`` is the spec of the run that is continued, as it is stored, which may itself continue another. Earlier
forget sets are left out of everything that a later request may see; a retraining depends on who was forgotten before,
not on how.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from engine.errors import BadSpec, Problem
from engine.flow import NAMED_SEEDS
from engine.registry import find, reference
from engine.types import Sizes, Spec

SHARED = ("dataset", "model", "profile", "options", "original", "original_seed")
LONGEST = 50
IMPORTED = re.compile(r"[a-z0-9][a-z0-9_.]{0,39}")
IMPORTED_NAMES = "1 to 40 of the characters a to z, 0 to 9, _ and ., a letter or digit first"
FIELDS = frozenset(field.name for field in dataclasses.fields(Spec))
LATER = (*NAMED_SEEDS, "selection", "original", "start")  # fields that came later: empty is as it was before


def imported(spec: Spec) -> list[Problem]:
    """What is wrong with the name of an imported Original; whether there is one is known where Originals are kept."""
    if spec.original is None:
        return []
    if not isinstance(spec.original, str) or not IMPORTED.fullmatch(spec.original):
        said = f"is {str(spec.original)[:60]!r}, but must be {IMPORTED_NAMES}."
        return [Problem.about("original", said)]
    if spec.original_seed:
        return [Problem.about("original_seed", f"is {spec.original_seed}, but the imported Original {spec.original!r} "
                              "has no seed: leave it out.")]
    return []


def stored(spec: Spec) -> dict[str, Any]:
    """A spec as it is stored: later fields that are empty are left out, so that versions without them read it too."""
    return {name: value for name, value in dataclasses.asdict(spec).items()
            if name not in LATER or value not in (None, {})}


def parent(spec: Spec) -> Spec | None:
    """The spec of the run that this one continues. Raises BadSpec where it cannot be one."""
    if spec.start is None:
        return None
    if not isinstance(spec.start, Mapping) or (strange := set(spec.start) - FIELDS):
        said = f"has a field {min(strange)!r}" if isinstance(spec.start, Mapping) else f"is {str(spec.start)[:40]!r}"
        raise BadSpec([Problem.about("start", f"{said}, but must be the spec of a run.")])
    return Spec(**spec.start)


def length(spec: Spec) -> int:
    """How many requests came before, at most one more than are allowed."""
    count, start = 0, spec.start
    while isinstance(start, Mapping) and count <= LONGEST:
        count, start = count + 1, start.get("start")
    return count


def too_long(spec: Spec) -> list[Problem]:
    said = f"continues more than {LONGEST} runs one after another: start from an Original again."
    return [Problem.about("start", said)] if length(spec) > LONGEST else []


def unlike(spec: Spec, before: Spec) -> list[Problem]:
    """Where a run is of other data or another model than the one that it continues."""
    return [Problem.about(name, f"is {getattr(spec, name)!r}, but the run that it continues has "
                          f"{getattr(before, name)!r}: both must be the same.")
            for name in SHARED if getattr(spec, name) != getattr(before, name)]


def nothing_left(spec: Spec) -> list[Problem]:
    """Where a request asks for what earlier ones have taken already, as far as that can be said without the data."""
    scenario, earlier = find("scenario", spec.scenario), list[Spec]()
    before = parent(spec)
    while before is not None:
        earlier.append(before)
        before = parent(before)
    if scenario is None or not scenario.all_gone(spec, earlier):
        return []
    field = "forget_class" if scenario.by_class else "scenario"
    return [Problem(field, f"Earlier requests, which this run continues, have forgotten all of {scenario.title} that "
                           "it asks for already: nothing is left to forget, so choose others.")]


def forgetting(before: Spec) -> Spec:
    """The same requests carried out by retraining: all that a model that never saw these samples depends on."""
    start = None if (earlier := parent(before)) is None else stored(forgetting(earlier))
    return dataclasses.replace(before, method=reference().name, parameters={}, seed=before.seeds.forget, start=start,
                               forget_seed=None, unlearning_seed=None, evaluation_seed=None)


def remaining(sizes: Sizes, before: Sizes) -> Sizes:
    """Set sizes where earlier requests have taken their samples; raises BadSpec where too few are left."""
    train = before.train - before.forget
    if sizes.forget >= train:
        raise BadSpec([Problem("start", f"Of the training samples {train:,} are left after the earlier requests, but "
                               f"{sizes.forget:,} are to be forgotten: fewer can be.")])
    return dataclasses.replace(sizes, train=train, retain=train - sizes.forget)
