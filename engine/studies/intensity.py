"""Every method by its own knob: the map of how strongly it forgets by how much, and the values to try.

What alpha is to ∇τ, another hyperparameter is to another method: each declares it (``Method.intensity``), so that the
same map exists for all of them, side by side.
"""

from __future__ import annotations

import functools
from math import inf
from typing import Any

from engine.errors import BadInput
from engine.hyperparameters import Hyperparameter
from engine.registry import all_of, find, get
from engine.spec import resolve
from engine.studies.sweep import FRACTION, Axis, Sweep
from engine.types import PROFILES, Method, Spec, declared

FRACTIONS = (0.03, 0.15, 0.3)
FACTORS = (0.25, 0.5, 1, 2, 4)  # of the method's own value: it stands in the middle


def with_a_knob() -> list[Method]:
    """The methods that declare one.

    Examples
    --------
    >>> "nabla_tau" in [method.name for method in with_a_knob()]
    True
    """
    return [method for method in all_of("method") if method.intensity]


def strengths(method: str, dataset: str = "digits", profile: str = PROFILES[0], model: str | None = None,
              factors: tuple[float, ...] = FACTORS) -> tuple[Any, ...]:
    """A quarter of the method's own value of its knob up to four times it, inside the declared range.

    A value of a half and more that can be 1 at most is a share: its distance from 1 is what is scaled.

    Parameters
    ----------
    method, dataset, profile, model : str
        Where the method's own value is looked up: at the usual forget fraction.
    factors : tuple of float
        What that value is multiplied by.

    Returns
    -------
    tuple of float or int
        Each value once, from small to large.

    Raises
    ------
    BadInput
        Where the method has no knob.

    Examples
    --------
    >>> strengths("nabla_tau"), strengths("neggrad_plus")
    ((0.0625, 0.125, 0.25, 0.5, 1.0), (0.6, 0.8, 0.9, 0.95, 0.975))
    """
    field = knob(method)
    own = resolve(Spec(dataset, method, model=model, profile=profile)).effective[field.name] or field.step or 1
    found = sorted(_scaled(own, factor, field) for factor in factors)
    return tuple(dict.fromkeys(found))


def knob(method: str) -> Hyperparameter:
    """The hyperparameter that says how strongly a method forgets. Raises BadInput where none does."""
    record = get("method", method)
    for field in declared(record.parameters):
        if record.intensity and field.name == record.intensity:
            return field
    raise BadInput(f"{record.title} declares no knob of strength: it has no map by one. These have: "
                   f"{', '.join(method.name for method in with_a_knob())}.")


def intensity_map(method: str, dataset: str = "digits", seeds: tuple[int, ...] = (0,), profile: str = PROFILES[0],
                  model: str | None = None, fractions: tuple[float, ...] = FRACTIONS) -> Sweep:
    """The grid of a method's knob by the forget fraction. Raises BadInput where it has no knob.

    Examples
    --------
    >>> grid = intensity_map("ssd")
    >>> grid.across.name, grid.down.name, grid.size
    ('selection', 'forget_fraction', 15)
    """
    across = Axis(knob(method).name, strengths(method, dataset, profile, model))
    return Sweep(dataset=dataset, method=method, across=across, down=Axis(FRACTION, fractions), seeds=seeds,
                 profile=profile, model=model)


def of_a_knob(spec: Spec) -> bool:
    """Whether a run belongs to such a map: the knob alone is set, to one of its values.

    Examples
    --------
    >>> of_a_knob(Spec("digits", "ssd", parameters={"selection": 1.25})), of_a_knob(Spec("digits", "ssd"))
    (True, False)
    """
    method = find("method", spec.method)
    if method is None or not method.intensity or tuple(spec.parameters) != (method.intensity,):
        return False
    return spec.parameters[method.intensity] in _known(spec.method, spec.dataset, spec.profile, spec.model)


@functools.lru_cache(maxsize=256)
def _known(method: str, dataset: str, profile: str, model: str | None) -> tuple[Any, ...]:
    """Remembered: a page asks for every run that ships."""
    return strengths(method, dataset, profile, model)


def _scaled(own: Any, factor: float, field: Hyperparameter) -> Any:
    low, high = (-inf if field.low is None else field.low), (inf if field.high is None else field.high)
    share = high == 1 and own > 0.5
    value = min(high, max(low, 1 - (1 - own) / factor if share else own * factor))
    return int(value) if field.kind == "int" else float(f"{value:.6g}")
