"""An ensemble: many Originals of one data set on random thirds of it, so that measures over many models can be taken.

For every block of three models the training set is drawn once: each sample is left out of one model's data, kept in
another's, and forgotten by the third. So each sample has equally many models in every state, and model m's draw does
not depend on how many models there are. O_m is trained on what is kept or to be forgotten, the retrained model R_m on
what is kept, and each method makes O_m forget. Nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from engine.errors import BadSpec, Problem
from engine.evaluation.ensembles.draws import BLOCK, DESIGN, ORIGINAL, sizes_of
from engine.registry import names, reference, unknown
from engine.spec import MAX_SEED, Resolved, resolve
from engine.system.files import short_hash
from engine.types import Spec

FEWEST, MOST = 2 * BLOCK, 10_000
FEWEST_CANDIDATES = 30  # ten a side for the area of one model


@dataclass(frozen=True)
class Ensemble:
    """What a person asks for.

    Parameters
    ----------
    dataset : str
        The data set's name.
    methods : tuple of str
        The methods whose models are wanted beside Originals and retrained models.
    models : int
        How many Originals; a larger ensemble begins with the same models.
    model : str, optional
        The network, by default that of the data set.
    options : mapping, optional
        Options of the data set that differ from the defaults.
    seed : int
        What all seeds come from.
    parameters : mapping, optional
        By method, hyperparameters that differ from the defaults.
    candidates : int or 'all', optional
        How many samples take part; the others are in all models' data. By default so many that an Original forgets
        the usual share of what it saw (15%, 390 of 1,000); with all it is half.

    Examples
    --------
    >>> Ensemble("digits", ("finetune",), models=64).models
    64
    """

    dataset: str = "digits"
    methods: tuple[str, ...] = (Spec().method,)
    models: int = 64
    model: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    candidates: int | Literal["all"] | None = None

    def spec(self, method: str) -> Spec:
        """The unlearning of one of its models as an ordinary spec; the sizes of its sets are :func:`sizes_of`'s."""
        return Spec(dataset=self.dataset, method=method, model=self.model, forget_fraction=0.5,
                    options=dict(self.options), parameters=dict(self.parameters.get(method, {})))


@dataclass(frozen=True)
class Design:
    """A checked ensemble on data of a known size, with the effective settings of each part.

    ``parts`` has the retrained model first, then each method, by name. ``candidates`` of the ``samples`` take part.
    """

    ensemble: Ensemble
    parts: Mapping[str, Resolved]
    samples: int
    candidates: int

    @property
    def base(self) -> Resolved:
        """The retrained models' settings: data set, network, options and recipe."""
        return self.parts[reference().name]

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that were asked for, without the retrained models."""
        return tuple(name for name in self.parts if name != reference().name)

    def about(self, content: str) -> dict[str, Any]:
        """Everything that the Originals and states depend on, on data of this sha256, as JSON."""
        base, candidates = self.base, self.candidates
        drawn_from = {} if candidates == self.samples else {"candidates": candidates}
        return {"design": DESIGN, **drawn_from, "dataset": base.dataset.name, "options": base.options,
                "model": base.model.name, "recipe": asdict(base.recipe), "seed": self.ensemble.seed,
                "samples": self.samples, "data": content,
                "code": {kind: base.code[kind] for kind in ("dataset", "model") if kind in base.code}}

    def made_by(self) -> dict[str, dict[str, Any]]:
        """By the key of each part its method, hyperparameters and code."""
        return {self.key(name): {"method": one.method.name, "parameters": one.effective,
                                 "code": one.code.get("method", "")} for name, one in self.parts.items()}

    def key(self, part: str) -> str:
        """What the outputs of a part are kept under: its method, hyperparameters and code."""
        if part == ORIGINAL:
            return ORIGINAL
        found = self.parts[part]
        made_by = {"parameters": found.effective, "code": found.code.get("method", "")}
        return f"{found.method.name}-{short_hash(made_by)}"


def design(ensemble: Ensemble, samples: int | None = None) -> Design:
    """Checks an ensemble and fills it in; ``samples`` is the real size of the training set once it is loaded.

    Raises
    ------
    BadSpec
        With every problem.

    Examples
    --------
    >>> design(Ensemble("moons", ("finetune",), models=6)).parts["finetune"].sizes.forget
    26
    """
    problems = _bad_numbers(ensemble)
    wanted = dict.fromkeys([reference().name, *ensemble.methods])
    problems += [Problem("methods", unknown("method", name, names("method"))) for name in wanted
                 if name not in names("method")]
    known = [name for name in wanted if name in names("method")]
    parts = {}
    for name in known:
        try:
            parts[name] = resolve(ensemble.spec(name))
        except BadSpec as error:
            problems += error.problems
    if problems:
        raise BadSpec(list(dict.fromkeys(problems)))
    samples = samples or parts[known[0]].dataset.train_size
    candidates = candidates_in(ensemble, samples)
    if not FEWEST_CANDIDATES <= candidates <= samples:
        raise BadSpec([Problem.about("candidates", f"is {candidates:,}, but must be from {FEWEST_CANDIDATES} to the "
                                                   f"{samples:,} training samples: a third of them is a side.")])
    sizes = sizes_of(samples, candidates, parts[known[0]].sizes)
    return Design(ensemble, {name: resolve(part.spec, sizes) for name, part in parts.items()}, samples,
                  candidates)


def candidates_in(ensemble: Ensemble, samples: int) -> int:
    """How many of these samples take part: as asked, or so many that the usual share is forgotten.

    A third c/3 of them is forgotten of the n - c/3 samples that an Original saw.

    Examples
    --------
    >>> candidates_in(Ensemble(), 1_000), candidates_in(Ensemble(candidates="all"), 1_000)
    (390, 1000)
    """
    if ensemble.candidates == "all":
        return samples
    if ensemble.candidates is not None:
        return ensemble.candidates
    share = Spec().fraction
    return max(FEWEST_CANDIDATES, round(share * samples / (1 + share)) * BLOCK)


def _bad_numbers(ensemble: Ensemble) -> list[Problem]:
    problems = []
    if not FEWEST <= ensemble.models <= MOST:
        problems.append(Problem.about("models", f"is {ensemble.models}, but must be from {FEWEST} to {MOST:,}: a "
                                                "sample needs two models in every state."))
    if not 0 <= ensemble.seed <= MAX_SEED:
        problems.append(Problem.about("seed", f"is {ensemble.seed}, but must be a number from 0 to {MAX_SEED:,}."))
    return problems
