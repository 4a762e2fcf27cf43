"""Which comparisons and grids ship finished for a data set: what a form can show at once after another one was chosen.

A comparison or a grid ships where each of its runs is recorded as it would be carried out now.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from engine.errors import LabError
from engine.registry import get, names
from engine.runs.recorded import newest_as_now, recorded_runs
from engine.runs.records import Run
from engine.studies.comparison import REFERENCE, Comparison
from engine.studies.sweep import PRESETS, Sweep
from engine.studies.sweep_runs import resolved_cells
from engine.types import Spec

Kind = tuple[str, float]  # profile and share


def shipped_presets(dataset: str) -> dict[str, Sweep]:
    """The preset grids of a data set that ship finished, the largest first, by their names."""
    return _presets(dataset, tuple(run.id for run in recorded_runs()))


@functools.lru_cache(maxsize=32)
def _presets(dataset: str, recorded: tuple[str, ...]) -> dict[str, Sweep]:
    """Remembered as long as the same runs are ``recorded``: a page asks at every click."""
    shipped = newest_as_now(recorded_runs(), dataset=dataset)
    known = sorted(PRESETS.items(), key=lambda item: -item[1].size) if shipped else []
    found = {name: replace(preset, dataset=dataset) for name, preset in known}
    return {name: sweep for name, sweep in found.items() if _fingerprints(sweep) <= shipped.keys()}


def shipped_map_seed(dataset: str, profile: str) -> int | None:
    """The seed of the maps by each method's own knob that ship with a data set; None where none do."""
    runs = newest_as_now(recorded_runs(), dataset=dataset).values()
    seeds = Counter(run.spec.seed for run in runs if run.spec.profile == profile
                    and tuple(run.spec.parameters) == (get("method", run.spec.method).intensity,))
    return seeds.most_common(1)[0][0] if seeds else None


def _fingerprints(sweep: Sweep) -> set[str]:
    """Those of a grid's runs; one that nothing has where these data cannot be had so."""
    try:
        return {resolved.fingerprint for resolved in resolved_cells(sweep).values()}
    except LabError:
        return {""}


def shipped_comparison(dataset: str) -> Comparison | None:
    """The comparison of a random share with the most methods, then seeds, that ships with its retrained model.

    None where there are fewer than two methods to compare.
    """
    groups: dict[Kind, dict[str, set[int]]] = {}
    for run in _plain(newest_as_now(recorded_runs(), dataset=dataset).values()):
        kind = run.spec.profile, float(run.spec.forget_fraction or 0.0)
        groups.setdefault(kind, {}).setdefault(run.spec.method, set()).add(run.spec.seed)
    fit = {kind: methods for kind, methods in groups.items() if REFERENCE in methods and len(methods) > 2}
    if not fit:
        return None
    usual = Spec().fraction
    profile, share = max(fit, key=lambda kind: (
        len(fit[kind]), len(set.intersection(*fit[kind].values())), -abs(kind[1] - usual)))
    methods = fit[profile, share]
    return Comparison(dataset, forget=share, methods=tuple(name for name in names("method") if name in methods),
                      seeds=tuple(sorted(set.intersection(*methods.values()))) or (0,), profile=profile)


def _plain(runs: Iterable[Run]) -> list[Run]:
    """Finished runs as a comparison has them: a random share, all settings at their defaults."""
    return [run for run in runs if run.finished and run.spec.scenario == Comparison().scenario
            and not run.spec.parameters and not run.spec.options and not run.spec.original_seed
            and run.spec.model in (None, get("dataset", run.spec.dataset).default_model)]
