"""Which runs a sweep consists of: what is there, what is missing, and what it comes to cell by cell.

A run belongs to a cell where the resolved spec has the same fingerprint, so nothing is computed twice: not after a
kill, not in a larger grid, and not where a run was asked for by itself.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from engine.evaluation.measured import UNMEASURED
from engine.evaluation.metrics import headlines
from engine.runs import afterwards, library
from engine.runs.recorded import asked_for
from engine.runs.records import Run
from engine.runs.store import Store
from engine.spec import Resolved, resolve
from engine.studies.sweep import FRACTION, Axis, Cell, Sweep
from engine.types import NAMED_SEEDS, Spec

ABSENT = "missing"
ALIKE = ("dataset", "method", "model", "scenario", "selection", "profile", "options", "original_seed",
         "original", "start", *NAMED_SEEDS)  # the same in all of a grid
Runs = dict[Cell, Run]


def find_runs(sweep: Sweep, store: Store, recorded: bool = True) -> Runs:
    """The best run of each cell; a cell without any is left out.

    Best is as :mod:`engine.runs.library` has it, recorded runs with ``recorded`` only.
    """
    wanted = {cell: resolved.fingerprint for cell, resolved in resolved_cells(sweep).items()}
    best = library.best(wanted, store, recorded, dataset=sweep.dataset, method=sweep.method)
    complete = {run.id: afterwards.completed(run, store) for run in best.values()}  # cells may share a run
    return {cell: complete[run.id] for cell, run in best.items()}


def resolved_cells(sweep: Sweep) -> dict[Cell, Resolved]:
    """The resolved spec of every cell; remembered, because a page asks for them every second. Raises BadSpec."""
    return _resolved_cells(_ByContent(sweep))


@functools.lru_cache(maxsize=64)  # every method's map at once, side by side
def _resolved_cells(of: _ByContent) -> dict[Cell, Resolved]:
    return {cell: resolve(of.sweep.spec(*cell)) for cell in of.sweep.cells()}


class _ByContent:
    """A sweep as a key: it holds dictionaries, so it has no hash of its own."""

    def __init__(self, sweep: Sweep):
        self.sweep, self.text = sweep, repr(sweep)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByContent) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)


def missing(sweep: Sweep, runs: Runs) -> list[Cell]:
    """The cells that are neither finished nor running nor queued, in the order in which they are best run.

    Of cells that are the same run (alpha ``auto`` and the number that it comes to) the first stands for all.
    """
    left: dict[str, Cell] = {}
    for cell in library.missing(sweep.cells(), runs):
        left.setdefault(resolved_cells(sweep)[cell].fingerprint, cell)
    return list(left.values())


def counts(sweep: Sweep, runs: Runs) -> dict[str, int]:
    """How many cells are in which status, ``missing`` among them."""
    return dict(Counter(runs[cell].status if cell in runs else ABSENT for cell in sweep.cells()))


def cell_of(sweep: Sweep, cell: Cell, run: Run | None) -> dict[str, Any]:
    """One cell as a record: its values by name, seed, run, status, reason and metrics (None where unknown)."""
    metrics = (run.metrics if run else None) or UNMEASURED
    return {sweep.across.name: cell[0], sweep.down.name: cell[1], "seed": cell[2],
            "run_id": run.id if run else None, "status": run.status if run else ABSENT,
            "reason": run.reason if run else None, "seconds": run.seconds if run else None,
            **{name: metrics.get(name) for name in shown()}}


def shown() -> tuple[str, ...]:
    """The metrics of a cell's record."""
    return (*(name for attack in headlines() for name in (attack.name, attack.metric("gap"))), "accuracy_gap",
            "test_accuracy", "forget_accuracy", "retain_accuracy")


def grids(runs: Iterable[Run]) -> tuple[list[Sweep], list[Run]]:
    """Whole grids among finished runs of random subsets, and the runs that belong to none.

    Runs alike but for their seed and exactly two quantities, with a value for each pair of them, are a grid. A square
    may be a run that says it otherwise (alpha left to the rule comes to 0.25): that one stays loose as well.
    """
    alike: dict[str, list[Run]] = {}
    for run in runs:
        spec = run.spec
        alike.setdefault(repr([getattr(spec, name) for name in ALIKE] + sorted(spec.parameters)), []).append(run)
    every = [run for group in alike.values() for run in group]
    sweeps, loose = [], []
    for group in alike.values():
        sweep = _grid(group, every)
        sweeps += [sweep] if sweep else []
        loose += [] if sweep else group
    return sweeps, loose


def _grid(group: Sequence[Run], every: Sequence[Run]) -> Sweep | None:
    specs = [run.spec for run in group]
    varied = [{FRACTION: spec.forget_fraction, **spec.parameters} for spec in specs]
    values = {name: _in_order(one[name] for one in varied) for name in varied[0]}
    several = [name for name in values if len(values[name]) > 1]
    seeds = tuple(dict.fromkeys(spec.seed for spec in specs))
    if len(several) != 2 or specs[0].scenario != Spec().scenario or specs[0].named_seeds:
        return None
    down, across = sorted(several, key=lambda name: name != FRACTION)
    held = {name: one[0] for name, one in values.items() if name not in (*several, FRACTION)}
    sweep = Sweep(dataset=specs[0].dataset, method=specs[0].method, model=specs[0].model,
                  across=Axis(across, values[across]), down=Axis(down, values[down]), seeds=seeds,
                  forget_fraction=values[FRACTION][0], profile=specs[0].profile, options=specs[0].options,
                  parameters=held, original_seed=specs[0].original_seed)
    return sweep if sweep.size == len(group) or _completed(sweep, group, every) else None


def _in_order(values: Iterable[Any]) -> tuple[Any, ...]:
    """Each value once, from small to large where they are numbers."""
    known = tuple(dict.fromkeys(values))
    return tuple(sorted(known)) if all(isinstance(value, int | float) for value in known) else known


def _completed(sweep: Sweep, group: Sequence[Run], every: Sequence[Run]) -> bool:
    """Whether other runs fill the squares that a group of runs leaves open."""
    if sweep.size > min(2 * len(group), len(every)):
        return False  # far from a grid: not worth looking
    there = {resolved.fingerprint for run in every if (resolved := asked_for(run))}
    return all(resolved.fingerprint in there for resolved in resolved_cells(sweep).values())
