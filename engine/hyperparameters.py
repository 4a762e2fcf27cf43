"""How methods and scenarios declare their parameters: fields of a dataclass, with all that a page or the CLI asks."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from engine.system.words import spaced

Kind = Literal["int", "float", "bool", "choice", "text", "samples"]
Search = tuple[float, float] | Literal[False] | None  # how tuning searches it: between these, not at all, by the rule


@dataclass(frozen=True)
class Auto:
    """A hyperparameter that is worked out from the run.

    Parameters
    ----------
    rule : str
        The rule in words.
    value : callable
        The rule as code: ``value(setting)``, of an :class:`engine.types.Setting`.

    Examples
    --------
    >>> Auto("twice the recipe's epochs", lambda setting: 2 * setting.recipe.epochs).rule
    "twice the recipe's epochs"
    """

    rule: str
    value: Callable[[Any], Any]


def parameter(default: Any = None, *, help: str, group: str = "optimiser", low: float | None = None,
              high: float | None = None, step: float | None = None, unit: str = "",
              choices: tuple[str, ...] = (), auto: Auto | None = None, samples: bool = False,
              search: Search = None) -> Any:
    """A dataclass field that declares one parameter; ``auto`` makes None mean "work it out".

    Parameters
    ----------
    default : Any
        The value where none is given.
    help : str
        What it does, in a sentence.
    group : str
        Pages show the group ``main`` at once and fold the others away.
    low, high, step : float, optional
        The range, both ends included, and the step of a control.
    unit : str
        The unit, if any.
    choices : tuple of str
        The values of a hyperparameter that is a choice.
    auto : Auto, optional
        How the value is worked out where it is None.
    samples : bool
        Whether the value is the name of a list of samples, which pages let a person paste, upload or tick.
    search : tuple of float or False, optional
        Between which values tuning searches it, or False where it stays as it is; by default
        :mod:`engine.studies.tuning_space` decides.

    Examples
    --------
    >>> parameter(0.1, help="Step size.", low=0.0).default
    0.1
    """
    return field(default=default, metadata={
        "help": help, "group": group, "low": low, "high": high, "step": step, "unit": unit,
        "choices": choices, "auto": auto, "samples": samples, "search": search})


@dataclass(frozen=True)
class Hyperparameter:
    """One declared hyperparameter, as pages and the CLI read it; :func:`parameter` says what each field means.

    Parameters
    ----------
    name : str
        The name of the dataclass's field.
    kind : {'int', 'float', 'bool', 'choice', 'text', 'samples'}
        What its values are.
    default : Any
        The value where none is given.
    help, group, unit : str
        What it does, where pages show it, and its unit.
    low, high, step : float or None
        The range, both ends included, and the step of a control.
    choices : tuple of str
        The values of a choice.
    auto : Auto or None
        How the value is worked out where it is None.
    search : tuple of float, False or None
        Between which values tuning searches it, as :func:`parameter` says.

    Examples
    --------
    >>> from engine.registry import get
    >>> get("method", "nabla_tau").knob.title
    'alpha'
    """

    name: str
    kind: Kind
    default: Any
    help: str
    group: str
    low: float | None
    high: float | None
    step: float | None
    unit: str
    choices: tuple[str, ...]
    auto: Auto | None
    search: Search = None

    @property
    def title(self) -> str:
        """The name as people read it: ``retain epochs``."""
        return spaced(self.name)


REWIND = Hyperparameter(  # of every method that has epochs; an identity names it only where it is on
    "rewind", "bool", False, "In the end go back to the epoch whose error on the forget set is nearest to that on "
    "validation samples of the same classes: forgotten just enough (SCRUB+R's rule). Looks at validation data.",
    "rewind", None, None, None, "", (), None, False)


def _kind(annotation: Any) -> Kind:
    """``float`` of ``float | None``, whether annotations are kept as text (``from __future__``) or not."""
    text = annotation.__name__ if isinstance(annotation, type) else str(annotation).split("|")[0].strip()
    return "text" if text == "str" else cast(Kind, text)


@functools.lru_cache(maxsize=256)  # pages ask for it of every run that they list
def declared(parameters: type) -> tuple[Hyperparameter, ...]:
    """The parameters that a dataclass declares, in the order they are written."""
    found = []
    for f in dataclasses.fields(parameters):
        about = {name: value for name, value in f.metadata.items() if name != "samples"}
        kind: Kind = "samples" if f.metadata["samples"] else "choice" if about["choices"] else _kind(f.type)
        found.append(Hyperparameter(name=f.name, kind=kind, default=f.default, **about))
    return tuple(found)
