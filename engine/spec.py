"""What a person asks for, checked as a whole, and what it comes to: effective settings, cost, identity.

All problems of a spec are found before anything starts and reported together, each with the nearest
valid value. Effective hyperparameters: the method's default, then the data set's published
setting, then the profile's, then what was asked for; None means "work it out" where a rule exists.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from typing import Any, Literal, overload

from engine import chain, registry
from engine.checks import LARGEST, SMALLEST, checked, number, refused, share
from engine.errors import BadSpec, Problem
from engine.hyperparameters import REWIND
from engine.kind import kind_of
from engine.options import chosen
from engine.registry import current_name, get, models_for, names, unknown
from engine.scenarios._sizes import by_fraction, forget_count, too_small
from engine.selection import no_own_forget_set, selected
from engine.system.files import short_hash
from engine.tuning import wrongly_tuned
from engine.types import (
    NAMED_SEEDS,
    PROFILES,
    Dataset,
    Method,
    Model,
    Plan,
    Recipe,
    Setting,
    Sizes,
    Spec,
    declared,
)

MAX_SEED = 2**31 - 1
MADE_BY = ("dataset", "model", "scenario", "method")  # the components whose code changes a result


@dataclass(frozen=True)
class Resolved:
    """A valid spec with everything it leaves open filled in."""

    spec: Spec
    dataset: Dataset
    model: Model
    method: Method
    recipe: Recipe
    options: dict[str, Any]
    parameters: Any
    sizes: Sizes
    plan: Plan
    code: Mapping[str, str] = dataclasses.field(default_factory=dict)  # what made it, by kind; see MADE_BY
    start: Resolved | None = None  # the run that it continues
    rewind: bool = False  # whether the best of its epochs is kept in the end

    @property
    def effective(self) -> dict[str, Any]:
        """The hyperparameters that the run really uses; ``rewind`` where it is on, as no run from before it has it."""
        return asdict(self.parameters) | ({REWIND.name: True} if self.rewind else {})

    @cached_property
    def fingerprint(self) -> str:
        """Hash of everything a person chose, before the data and the Original are at hand."""
        return short_hash(self._content())

    def identity(self, data_fingerprint: str, original_sha256: str) -> str:
        """Hash of everything that changes the result; device and code version are left out."""
        return short_hash(self._content() | {"data": data_fingerprint, "original": original_sha256}, 32)

    def reference_split(self) -> str:
        """The split identity of the retraining that the run is held against."""
        asked = registry.held_against(self.spec)
        return self.split_identity() if asked == self.spec else resolve(asked).split_identity()

    def split_identity(self) -> str:
        """Hash of what a run shares with its retrained reference: the same data, model and index sets."""
        return short_hash(self._forget_set() | {"seed": self.spec.seeds.forget})

    @property
    def training_seed(self) -> int:
        """The seed of a training from scratch: the paper's retrained model is one for all seeds, as its Original."""
        return self.spec.original_seed if self.spec.profile == "paper" else self.spec.seeds.unlearning

    def training_identity(self, data_fingerprint: str) -> str:
        """Hash of everything that makes the weights of a training from scratch, test/validation split left out."""
        return short_hash(self._forget_set() | {"parameters": self.effective, "training_seed": self.training_seed,
                                                "data": data_fingerprint}
                          | self._made_by("dataset", "model", "scenario", "method"), 24)

    def _forget_set(self) -> dict[str, Any]:
        s = self.spec
        seed_of_forget_set = None if s.profile == "paper" else s.seeds.forget
        return {"dataset": s.dataset, "options": self.options, "model": self.model.name,
                "recipe": asdict(self.recipe), "scenario": s.scenario, "fraction": s.forget_fraction,
                "class": s.forget_class, "forget_seed": seed_of_forget_set, "profile": s.profile,
                **self._selection(), **self._ranked_by(), **self._earlier(),
                **self._made_by("dataset", "model", "scenario")}

    def _ranked_by(self) -> dict[str, Any]:
        """The Original's seed or name, where the scenario chooses by the Original."""
        if not get("scenario", self.spec.scenario).by_original:
            return {}
        return {"original_seed": self.spec.original_seed} | (
            {"imported": self.spec.original} if self.spec.original else {})

    def _content(self) -> dict[str, Any]:
        s = self.spec
        return {"dataset": s.dataset, "options": self.options, "model": self.model.name,
                "recipe": asdict(self.recipe), "method": s.method, "parameters": self.effective,
                "scenario": s.scenario, "fraction": s.forget_fraction, "class": s.forget_class, "seed": s.seed,
                "original_seed": s.original_seed, "profile": s.profile, **s.named_seeds, **self._selection(),
                **self._beginning(), **self._made_by("dataset", "model", "scenario", "method")}

    def _beginning(self) -> dict[str, Any]:
        """What a run began from, where that is not an Original that was trained by the recipe."""
        start = {"start": short_hash(self.start._content(), 32)} if self.start else {}
        return start | ({"imported": self.spec.original} if self.spec.original else {})

    def _earlier(self) -> dict[str, Any]:
        """Who was forgotten before, however that was done."""
        return {} if self.start is None else {"earlier": self.start.split_identity()}

    def _selection(self) -> dict[str, Any]:
        """The scenario's parameters where any is not the default: specs from before them keep their identity."""
        return {"selection": dict(self.spec.selection)} if self.spec.selection else {}

    def _made_by(self, *kinds: str) -> dict[str, Any]:
        """The code of these components, where it is not the first (:mod:`engine.lineage`)."""
        code = {kind: self.code[kind] for kind in kinds if self.code.get(kind)}
        return {"code": code} if code else {}


def resolve(spec: Spec, sizes: Sizes | None = None, code: Mapping[str, str] | None = None) -> Resolved:
    """Checks a spec and fills it in. Raises BadSpec with every problem.

    ``sizes`` are the real set sizes once the data are loaded, ``code`` what made its run (else what makes it today).
    """
    spec, start, problems = _continued(spec)
    spec, bad_numbers = _with_numbers(_with_current_names(spec))
    problems += _unknown_names(spec)
    dataset, method = _known("dataset", spec.dataset), _known("method", spec.method)
    model: Model | None = None
    options: dict[str, Any] = {}
    requested: dict[str, Any] = {}
    if dataset:
        model, model_problem = _model(spec, dataset)
        options, option_problems = chosen(spec, dataset)
        dataset = dataset if option_problems else dataset.at(options)
        spec, scenario_problems = selected(spec, dataset)
        problems += [*scenario_problems, *model_problem, *option_problems]
        problems += wrongly_tuned(dataset, model, method)
    problems += bad_numbers + (_too_few(spec, dataset) if dataset else []) + chain.imported(spec)
    if method:
        requested, parameter_problems = requested_parameters(spec, dataset, method, model)
        problems += parameter_problems
        problems += [Problem("method", why)] if dataset and (why := method.why_not(dataset, model)) else []
    if problems or dataset is None or model is None or method is None:
        raise BadSpec(problems)
    recipe = model.recipe_for(dataset)
    spec = dataclasses.replace(spec, model=model.name)
    if start and (apart := chain.unlike(dataclasses.replace(spec, options=options), dataclasses.replace(
            start.spec, options=start.options))):
        raise BadSpec(apart)
    if gone := chain.nothing_left(spec):
        raise BadSpec(gone)
    if sizes is None:
        sizes = expected_sizes(spec, dataset)
        sizes = chain.remaining(sizes, start.sizes) if start else sizes
    parameters = effective_parameters(requested, method, Setting(dataset, recipe, sizes))
    return Resolved(spec, dataset, model, method, recipe, options, parameters, sizes, method.plan(parameters, sizes),
                    code_of(spec) if code is None else dict(code), start,
                    REWIND in method.hyperparameters and requested[REWIND.name])


def _continued(spec: Spec) -> tuple[Spec, Resolved | None, list[Problem]]:
    """The spec with the run that it continues as that is stored, that run, and what is wrong with it."""
    if problems := chain.too_long(spec):
        return dataclasses.replace(spec, start=None), None, problems
    try:
        before = chain.parent(spec)
        if before is None:
            return spec, None, []
        method = registry.find("method", spec.method)
        start = resolve(chain.forgetting(before) if method and method.from_scratch else before)
    except (BadSpec, TypeError) as error:
        said = error.problems[0] if isinstance(error, BadSpec) else str(error)
        return dataclasses.replace(spec, start=None), None, [
            Problem("start", f"The run that is to be continued is not valid: {said}")]
    return dataclasses.replace(spec, start=chain.stored(start.spec)), start, []


def code_of(spec: Spec) -> dict[str, str]:
    """What makes a run of this spec today, by kind of component; without those whose code is the first one."""
    return {kind: code for kind in MADE_BY if (code := registry.code(kind, getattr(spec, kind)))}


def _with_current_names(spec: Spec) -> Spec:
    """The spec with the present name of every component that is named by an alias."""
    return dataclasses.replace(spec, **{kind: current_name(kind, getattr(spec, kind)) for kind in MADE_BY})


def expected_sizes(spec: Spec, dataset: Dataset) -> Sizes:
    """The set sizes by the data set's declaration, before it is loaded."""
    return (get("scenario", spec.scenario).sizes or by_fraction)(spec, dataset)


def requested_parameters(spec: Spec, dataset: Dataset | None, method: Method,
                         model: Model | None = None) -> tuple[dict[str, Any], list[Problem]]:
    """Values by name, "auto" still None, with the problems of what was asked for."""
    known = {h.name: h for h in method.hyperparameters}
    values = {name: h.default for name, h in known.items()}
    published = method.tuned(dataset.unlearning) if dataset else {}
    if dataset and model:
        published = model.settings_for(dataset, method)
    for source in (published, method.profiles.get(spec.profile, {})):
        values |= {name: value for name, value in source.items() if name in known and not refused(known[name], value)}
    problems: list[Problem] = []
    for name, value in spec.parameters.items():
        if name not in known:
            said = method.no_rewinding if name == REWIND.name else unknown(
                f"hyperparameter of {method.name}", name, tuple(known))
            problems.append(Problem(f"parameters.{name}", said))
            continue
        try:
            values[name] = checked(known[name], value)
        except BadSpec as error:
            problems += error.problems
    return values, problems


def effective_parameters(values: dict[str, Any], method: Method, setting: Setting) -> Any:
    """An instance of the method's parameter dataclass with every automatic value worked out."""
    own = {h.name: h.auto for h in declared(method.parameters)}
    filled = {name: rule.value(setting) if (rule := own[name]) and value is None else value
              for name, value in values.items() if name in own}
    return method.parameters(**filled)


@overload
def _known(kind: Literal["dataset"], name: Any) -> Dataset | None: ...
@overload
def _known(kind: Literal["method"], name: Any) -> Method | None: ...
@overload
def _known(kind: str, name: Any) -> Any: ...
def _known(kind: str, name: Any) -> Any:
    """The component of that name, None where there is none. Without the list of all names: a start checks thousands."""
    record = registry.find(kind, name) if isinstance(name, str) else None
    return record if record and record.name == name else None


def _unknown_names(spec: Spec) -> list[Problem]:
    wrong = {kind: names(kind) for kind in ("dataset", "method", "scenario") if not _known(kind, getattr(spec, kind))}
    wrong |= {} if spec.profile in PROFILES else {"profile": PROFILES}
    order = ("dataset", "method", "profile", "scenario")
    return [Problem(kind, unknown(kind, getattr(spec, kind), wrong[kind])) for kind in order if kind in wrong]


def _with_numbers(spec: Spec) -> tuple[Spec, list[Problem]]:
    """The spec with its numbers in their own type, so that seed 1, 1.0 and "1" are one; and what is wrong with them."""
    by_share = registry.target(spec.scenario) == "fraction"  # else something else says how many
    values: dict[str, Any] = {} if by_share else {"forget_fraction": None}
    problems: list[Problem] = []
    checks: dict[str, Callable[[Any], Any]] = {"forget_fraction": share} if by_share else {}
    seeds = ("seed", "original_seed", *spec.named_seeds)
    checks |= {name: partial(number, name, kind="int", low=0, high=MAX_SEED) for name in seeds}
    for name, check in checks.items():
        try:
            values[name] = check(getattr(spec, name))
        except BadSpec as error:
            problems += error.problems
    values |= {name: None for name in NAMED_SEEDS if name in values and values[name] == values.get("seed")}
    spec = dataclasses.replace(spec, **values)
    return spec, problems + no_own_forget_set(spec)


def _too_few(spec: Spec, dataset: Dataset) -> list[Problem]:
    fraction, size, by_share = spec.forget_fraction, dataset.train_size, registry.target(spec.scenario) == "fraction"
    if not by_share or not isinstance(fraction, (int, float)) or not SMALLEST <= fraction <= LARGEST:
        return []
    return [] if forget_count(fraction, size) else [Problem("forget_fraction", too_small(fraction, size))]


def _model(spec: Spec, dataset: Dataset) -> tuple[Model | None, list[Problem]]:
    fitting = {model.name: model for model in models_for(dataset)}
    name = spec.model or dataset.default_model
    known = registry.find("model", name)
    if known and known.name not in fitting and known.kind == dataset.kind:
        said = f"is {name!r}, which {kind_of(known).misfit(known, dataset)}: choose {', '.join(fitting)}."
        return None, [Problem.about("model", said)]
    if name not in fitting:
        if known is None and (why := registry.why_not("model", name)):
            return None, [Problem("model", why)]
        return None, [Problem("model", unknown(f"model for {dataset.name}", name, tuple(fitting)))]
    return fitting[name], []
