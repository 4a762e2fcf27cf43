"""An engine for machine unlearning: data sets, Originals, methods, attacks, runs. This is its whole public surface.

- ``load`` begins a notebook and returns a :class:`Lab`; ``Parts`` and ``Result`` are what it hands out.
- ``weights_of`` gives the model that a finished run ended with, a :class:`RunWeights`.
- ``Spec`` is one run as a person asks for it; ``python -m engine`` is the command line.
- ``Method``, ``Attack``, ``Scenario``, ``Dataset``, ``Model`` are what a component's file binds, with the records that
  they are made of: ``Recipe``, ``Option``, ``Term``, ``Sizes``, ``Plan``, ``Progress``, ``parameter``, ``Auto``.
  ``register`` adds one to this process.
- ``errors`` holds every error that is raised on purpose.

Importing the package imports no torch; asking for ``load``, ``weights_of`` or what they hand out does. Import it before
torch where other work runs on the machine: how idle threads wait (:mod:`engine.system.waiting`) is settled by then.
"""

from __future__ import annotations

from typing import Any

from engine import errors
from engine.system.version import __version__
from engine.system.waiting import spin_briefly
from engine.types import (
    Attack,
    Auto,
    Dataset,
    Method,
    Model,
    Option,
    Plan,
    Progress,
    Recipe,
    Scenario,
    Sizes,
    Spec,
    Term,
    parameter,
)

__all__ = ["Attack", "Auto", "Dataset", "Lab", "Method", "Model", "Option", "Parts", "Plan", "Progress", "Recipe",
           "Result", "RunWeights", "Scenario", "Sizes", "Spec", "Term", "__version__", "errors", "load", "parameter",
           "register", "weights_of"]

spin_briefly()


def __getattr__(name: str) -> Any:
    if name in ("Lab", "Parts", "Result", "RunWeights", "load", "weights_of"):
        from engine import api

        return getattr(api, name)
    if name == "register":
        from engine.registry import register

        return register
    raise AttributeError(f"module 'engine' has no attribute {name!r}")
