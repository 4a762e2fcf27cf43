"""How long an idle thread of a training spins before it sleeps.

GNU OpenMP, which torch computes with on Linux, lets idle threads spin for long by default. Beside one busy process that
doubles the time of a training and more: threads spin on the core that another one waits for. It reads its settings as
it is loaded, so they are set as soon as the engine is imported, which imports no torch. Every way in passes here: the
command line, the app, notebooks, the processes of a sweep and the workers of Ray.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping

SPINS = "2000"  # short beside other work, long enough for layers that follow one another: benchmarks/waiting_threads.py
OTHERS = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")


def spin_briefly(environment: MutableMapping[str, str] | None = None) -> None:
    """Sets ``GOMP_SPINCOUNT`` for this process and those that it starts, unless the person has set how to wait.

    >>> said = {}
    >>> spin_briefly(said)
    >>> said
    {'GOMP_SPINCOUNT': '2000'}
    """
    settings = os.environ if environment is None else environment
    if not any(name in settings for name in OTHERS):
        settings["GOMP_SPINCOUNT"] = SPINS
