"""Somebody else's names of weights, changed into a network's own where only the names differ.

Every change is listed, so that a person sees what was done to the file. Values are never changed here.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

SHOWN = 5
PREFIXES = ("module.", "_orig_mod.", "model.", "backbone.")  # DataParallel, torch.compile, and common wrappers
ENCODERS = ("roberta.", "bert.")
OTHERS = (("linear.", "fc."), ("classifier.", "fc."), ("head.", "fc."), ("shortcut.", "downsample."),
          ("fc.", "head."), ("classifier.", "head."), ("fc.", "heads.head."), ("head.", "heads.head."),
          *((name, "encoder.") for name in ENCODERS))
COUNTERS = re.compile(r"(^|\.)(total_(ops|params)|n_averaged)$")  # what profilers and averaging leave in a network
COUNTER = "num_batches_tracked"
NORMALISE = re.compile(r"(^|\.)(normalize|normalise|normalizer)\.(mean|std)$")


@dataclass(frozen=True)
class Named:
    """Weights under a network's own names, with what was changed, a sentence each."""

    tensors: dict[str, Tensor]
    said: list[str] = field(default_factory=list)
    normalisation: dict[str, Tensor] = field(default_factory=dict)  # mean and std, where the file carries them


def renamed(found: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> Named:
    """The weights under the names of ``wanted``, as far as prefixes and common other names explain them."""
    tensors, said = dict(found), list[str]()
    for what, new in (("The prefix", _without_prefixes), ("The name", _by_other_names)):
        names = {name: new(name, wanted) for name in tensors}
        changed = {old: now for old, now in names.items() if now != old}
        if changed and len(set(names.values())) == len(names):
            tensors = {names[name]: value for name, value in tensors.items()}
            said += _changes(what, changed)
    left = {name: value for name, value in tensors.items() if name not in wanted}
    normalisation = {name.rpartition(".")[2]: left[name] for name in left if NORMALISE.search(name)}
    dropped = [name for name in left if NORMALISE.search(name) or COUNTERS.search(name)]
    kept = {name: value for name, value in tensors.items() if name not in dropped}
    if dropped:
        said.append(f"Left out: {listed(dropped)}, which {'is no weight' if len(dropped) == 1 else 'are no weights'}.")
    return Named(*_with_counts(kept, wanted, said), normalisation)


def listed(names: Iterable[str]) -> str:
    """At most five names, and how many more there are."""
    names = list(names)
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(name[:100] for name in names[:SHOWN]) + more


def _without_prefixes(name: str, wanted: Mapping[str, Tensor]) -> str:
    while name not in wanted and (prefix := next((one for one in PREFIXES if name.startswith(one)), None)):
        name = name.removeprefix(prefix)
    return name


def _by_other_names(name: str, wanted: Mapping[str, Tensor]) -> str:
    """The network's name for what goes by another one elsewhere; the name itself where there is none."""
    for theirs, ours in () if name in wanted else OTHERS:
        for now in (ours + name.removeprefix(theirs) if name.startswith(theirs) else name,
                    name.replace(f".{theirs}", f".{ours}")):
            if now in wanted:
                return now
    return name


def _changes(what: str, changed: Mapping[str, str]) -> list[str]:
    """One sentence a kind of change: what of the names was replaced by what, and how often."""
    kinds: dict[tuple[str, str], int] = {}
    for old, now in changed.items():
        kind = _difference(old, now)
        kinds[kind] = kinds.get(kind, 0) + 1
    return [f"{what} {old!r} was {f'changed to {now!r}' if now else 'taken off'} in {count:,} names."
            for (old, now), count in kinds.items()]


def _difference(old: str, now: str) -> tuple[str, str]:
    """The parts of two names, between dots, that are not alike."""
    one, other = old.split("."), now.split(".")
    if old.endswith(f".{now}"):
        return old.removesuffix(now), ""
    end = _alike(one[::-1], other[::-1])
    one, other = one[:len(one) - end], other[:len(other) - end]
    begin = _alike(one, other)
    return ".".join(one[begin:]), ".".join(other[begin:])


def _alike(one: list[str], other: list[str]) -> int:
    """How many parts two lists have in common from their beginning."""
    return len(list(itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))))


def _with_counts(tensors: dict[str, Tensor], wanted: Mapping[str, Tensor],
                 said: list[str]) -> tuple[dict[str, Tensor], list[str]]:
    """With batch norm's step counters, which old files lack and nothing here reads."""
    absent = [name for name in wanted if name.endswith(COUNTER) and name not in tensors
              and name.removesuffix(COUNTER) + "running_mean" in tensors]
    if not absent:
        return tensors, said
    return (tensors | {name: torch.zeros((), dtype=torch.int64) for name in absent},
            [*said, f"{len(absent):,} step counters of batch norm were absent and set to 0; nothing reads them."])
