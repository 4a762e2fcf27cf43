"""Hands components out by name: data sets, models, scenarios, methods and attacks.

A component is one record (``engine.types``) in one file (:mod:`engine.discovery` finds them), which binds it to
``DATASET``, ``MODEL``, ``SCENARIO``, ``METHOD`` or ``ATTACK``; :func:`register` adds a record from a notebook.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, overload

from engine import lineage
from engine.discovery import modules
from engine.errors import BadInput
from engine.scenario import Yardstick
from engine.system.words import unknown as unknown
from engine.types import Attack, Dataset, Method, Model, Scenario, Spec
from engine.validity import KINDS as KINDS
from engine.validity import wrong as _wrong

_sources: dict[tuple[str, str], Path | None] = {}
_codes: dict[tuple[str, str], Callable[[], str]] = {}  # of the files as they were found: they may be edited meanwhile


@functools.cache
def table(kind: str) -> dict[str, Any]:
    """All records of a kind by name, the usual ones first; found at the first question."""
    records: dict[str, Any] = {}
    for place, module, shown in modules(kind):
        record = getattr(module, kind.upper(), None)
        if record is None and not module.__name__.startswith("engine."):
            continue  # a stranger's file may hold other kinds
        _add(kind, record, records, place, shown)
    order = getattr(importlib.import_module(f"engine.{kind}s"), "FIRST", ())
    return {name: records[name] for name in order if name in records} | records


def _known(kind: str) -> dict[str, Any]:
    """The components of code, and after them those that a person has declared in files, as they are now."""
    records = table(kind)
    declared = _declared(kind)
    found = declared() if declared else {}
    return records | {name: record for name, record in found.items() if _is_free(name, records)} if found else records


@functools.cache
def _declared(kind: str) -> Callable[[], Mapping[str, Any]] | None:
    """What finds the components of that kind that a person declares; None where there is no such thing."""
    return getattr(importlib.import_module(f"engine.{kind}s"), "declared", None)


def _is_free(name: str, records: dict[str, Any]) -> bool:
    return name not in records and not any(name in record.aliases for record in records.values())


def register(record: Any) -> Any:
    """Adds a component to this process and returns it; takes the place of one with its name. Raises BadInput.

    Worker processes do not know it: put it into a folder of ``$UNLEARN_COMPONENTS`` for sweeps.

    Parameters
    ----------
    record : Dataset, Model, Scenario, Method or Attack
        The component.

    Examples
    --------
    >>> from dataclasses import replace
    >>> register(replace(get("method", "finetune"), name="mine", title="Mine")).name
    'mine'
    """
    kind = next((kind for kind, wanted in KINDS.items() if isinstance(record, wanted)), None)
    if kind is None:
        raise BadInput(f"register() was given a {type(record).__name__}, but takes one of "
                       f"{', '.join(wanted.__name__ for wanted in KINDS.values())}.")
    records = table(kind)
    others = {name: known for name, known in records.items() if name != record.name}
    _add(kind, record, others, lineage.file_of(record), "the component")
    records[record.name] = record
    return record


def names(kind: str) -> tuple[str, ...]:
    """The names of all components of a kind, the usual ones first.

    Parameters
    ----------
    kind : str
        ``dataset``, ``model``, ``scenario``, ``method`` or ``attack``.

    Examples
    --------
    >>> names("scenario")[:2]
    ('random', 'class')
    """
    return tuple(_known(kind))


@overload
def all_of(kind: Literal["dataset"]) -> tuple[Dataset, ...]: ...
@overload
def all_of(kind: Literal["model"]) -> tuple[Model, ...]: ...
@overload
def all_of(kind: Literal["scenario"]) -> tuple[Scenario, ...]: ...
@overload
def all_of(kind: Literal["method"]) -> tuple[Method, ...]: ...
@overload
def all_of(kind: Literal["attack"]) -> tuple[Attack, ...]: ...
@overload
def all_of(kind: str) -> tuple[Any, ...]: ...
def all_of(kind: str) -> tuple[Any, ...]:
    """All records of a kind, the usual ones first."""
    return tuple(_known(kind).values())


def by_class(scenario: str) -> bool:
    """Whether a scenario forgets a class, which is then named instead of a fraction; not where it is unknown here."""
    record = find("scenario", scenario)
    return record is not None and record.by_class


def corrective(scenario: str) -> bool:
    """Whether a scenario undoes what manipulated samples did; not where it is unknown here."""
    record = find("scenario", scenario)
    return record is not None and record.corrective


def target(scenario: str) -> str:
    """What a scenario goes by: ``fraction``, ``class`` or ``selection``; a fraction where it is unknown here."""
    record = find("scenario", scenario)
    return "fraction" if record is None else record.target


def judged_by(spec: Spec) -> Yardstick:
    """What a good result of a stored spec looks like (:class:`engine.scenario.Scenario`)."""
    record = find("scenario", spec.scenario)
    return "unseen" if record is None else record.judged_by(spec)


def compares_unlike(spec: Spec) -> bool:
    """Whether an attacker's two sides differ without any training (:class:`engine.scenario.Scenario`)."""
    record = find("scenario", spec.scenario)
    return record is not None and record.compares_unlike(spec)


def live_attacks() -> tuple[Attack, ...]:
    """The attacks that one model is enough for, so that they can follow it while a method trains."""
    return tuple(attack for attack in all_of("attack") if not attack.needs_retrained)


def attack_codes(attacks: Iterable[Attack]) -> dict[str, str]:
    """The code of these attacks by name, where it is not the first (see :func:`code`)."""
    return {attack.name: made_by for attack in attacks if (made_by := code("attack", attack.name))}


@overload
def find(kind: Literal["dataset"], name: object) -> Dataset | None: ...
@overload
def find(kind: Literal["model"], name: object) -> Model | None: ...
@overload
def find(kind: Literal["scenario"], name: object) -> Scenario | None: ...
@overload
def find(kind: Literal["method"], name: object) -> Method | None: ...
@overload
def find(kind: Literal["attack"], name: object) -> Attack | None: ...
@overload
def find(kind: str, name: object) -> Any | None: ...
def find(kind: str, name: object) -> Any:
    """The record of that name or with that alias, None where there is none.

    Parameters
    ----------
    kind, name : str
        The kind (see :func:`names`) and the name or alias.

    Examples
    --------
    >>> find("method", "no such method") is None
    True
    """
    found = _named(table(kind), name)  # the code's come first, and need no look at any file
    return _named(_known(kind), name) if found is None else found


def _named(records: Mapping[str, Any], name: object) -> Any:
    if name in records:
        return records[str(name)]
    return next((record for record in records.values() if name in record.aliases), None)


@overload
def get(kind: Literal["dataset"], name: str) -> Dataset: ...
@overload
def get(kind: Literal["model"], name: str) -> Model: ...
@overload
def get(kind: Literal["scenario"], name: str) -> Scenario: ...
@overload
def get(kind: Literal["method"], name: str) -> Method: ...
@overload
def get(kind: Literal["attack"], name: str) -> Attack: ...
@overload
def get(kind: str, name: str) -> Any: ...
def get(kind: str, name: str) -> Any:
    """The record of that name or alias; raises BadInput with the nearest name.

    Parameters
    ----------
    kind, name : str

    Examples
    --------
    >>> get("dataset", "digits").name
    'digits'
    """
    record = find(kind, name)
    if record is None:
        raise BadInput(unknown(kind, name, names(kind)))
    return record


def why_not(kind: str, name: object) -> str | None:
    """Why a component of a package is not at hand, as a sentence; None where the name is of no package."""
    ask = getattr(importlib.import_module(f"engine.{kind}s"), "why_not", None)
    return ask(str(name)) if ask else None


def current_name(kind: str, name: Any) -> Any:
    """The present name of a component that once had this one; any other name as it is."""
    record = find(kind, name)
    return name if record is None else record.name


def reference() -> Method:
    """The method that all others are measured against."""
    return next(method for method in all_of("method") if method.role == "reference")


def of_the_paper() -> tuple[str, ...]:
    """The names of the paper's methods."""
    return tuple(method.name for method in all_of("method") if method.in_paper)


def is_reference(spec: Spec) -> bool:
    """Whether a spec is a reference: the reference method by its recipe, with no hyperparameter of its own.

    Where the scenario holds its runs against another forget set, a retraining on that one.
    """
    by_recipe = not spec.parameters and current_name("method", spec.method) == reference().name
    return by_recipe and held_against(spec) == spec


def held_against(spec: Spec) -> Spec:
    """A spec with the forget set whose retraining its run is held against: its own, or as its scenario says."""
    record = find("scenario", spec.scenario)
    return spec if record is None or record.reference is None else record.reference(spec)


def code(kind: str, name: str) -> str:
    """What made results of this component: empty for the code that the recorded runs were made with, else a hash.

    Comments, formatting, docstrings and texts for people do not change it (``engine.system.source``).
    """
    record = find(kind, name)
    return "" if record is None else getattr(record, "code", "") or _codes.get((kind, record.name), str)()


def source(kind: str, name: str) -> Path | None:
    """The file that a component was found in; None for one that a notebook registered."""
    return _sources.get((kind, get(kind, name).name))


def ships(kind: str, name: str) -> bool:
    """Whether a component comes with the engine, and not from a file, a package or a notebook of somebody's own."""
    place = source(kind, name)
    return place is not None and Path(__file__).parent in place.parents


def unlisted() -> dict[str, str]:
    """The components that ship whose present code is in no generation of :mod:`engine.lineage`, with its hash."""
    shipped = {(kind, record.name): source(kind, record.name) for kind in KINDS for record in all_of(kind)}
    return {f"{kind}/{name}": code(kind, name) for (kind, name), place in shipped.items()
            if place and ships(kind, name) and not lineage.listed(f"{kind}/{name}", lineage.hash_of(
                kind, get(kind, name), place))}


def models_for(dataset: Dataset) -> tuple[Model, ...]:
    """The models that fit a data set, its default first."""
    fitting = [model for model in all_of("model") if model.fits(dataset)]
    return tuple(sorted(fitting, key=lambda model: model.name != dataset.default_model))


def _add(kind: str, record: Any, records: dict[str, Any], place: Path | None, shown: str) -> None:
    if wrong := _wrong(kind, record, records):
        raise BadInput(f"{shown} {wrong}")
    records[record.name] = record
    _sources[kind, record.name] = place
    _codes[kind, record.name] = lineage.coded(kind, record, place)
