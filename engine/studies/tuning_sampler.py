"""Who proposes the settings of a search: evenly spread points, and with Optuna what the points before suggest.

Positions in the unit cube go in and out; what they mean is :mod:`engine.studies.tuning_space`'s. The same history gives
the same proposals.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from typing import Any

Point = tuple[float, ...]
SPREAD, TPE = "spread", "tpe"
SAMPLERS = (TPE, SPREAD)
TITLES = {TPE: "Optuna (TPE)", SPREAD: "Evenly spread"}
SEED = 0  # of every method's points alike
BATCH = 4  # settings that are proposed at once, so that they can be computed side by side
PATIENCE = 200  # points drawn in vain before a search gives up: the space holds no other setting within the budget


def best_here() -> str:
    """Optuna's sampler where Optuna is installed."""
    return TPE if problem(TPE) is None else SPREAD


def problem(sampler: str) -> str | None:
    """Why a sampler cannot be used here, in a sentence, or None."""
    if sampler == TPE and importlib.util.find_spec("optuna") is None:
        return "Optuna is not installed here: pip install -r requirements-tune.txt, or use the sampler spread."
    return None


def spread_first(sampler: str, trials: int) -> int:
    """How many trials, the method's own among them, come before a sampler has anything to learn from."""
    return trials if sampler == SPREAD else min(trials, 1 + trials // 2)


def spread(dimensions: int) -> Iterator[Point]:
    """Points that fill the cube evenly (Halton's sequence, scrambled), the same ones for every search."""
    from scipy.stats.qmc import Halton

    engine = Halton(dimensions, scramble=True, rng=SEED)
    while True:
        yield tuple(float(one) for one in engine.random(1)[0])


def suggested(known: Sequence[tuple[Point, float]], dimensions: int) -> Iterator[Point]:
    """Points where a tree-structured Parzen estimator expects a low score, given scores at points (lower is better)."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    cube: dict[str, Any] = {f"x{number}": optuna.distributions.FloatDistribution(0.0, 1.0)
                            for number in range(dimensions)}
    sampler = optuna.samplers.TPESampler(seed=SEED + len(known), n_startup_trials=1, constant_liar=True)
    study = optuna.create_study(sampler=sampler)
    for point, score in known:
        study.add_trial(optuna.trial.create_trial(params=dict(zip(cube, point, strict=True)), distributions=cube,
                                                  value=score))
    while True:
        asked = study.ask(cube)
        yield tuple(asked.params[name] for name in cube)
