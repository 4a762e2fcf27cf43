"""From the runs of a comparison to its table: means over seeds, the paper's values beside ours, who is best, the cost.

Three rules, the same for every table and export:

- A number's *distance* is to its metric's declared ideal (``engine.evaluation.metrics``): a number, the retrained
  model's value (``match_retrained``) or, for ``max``, 100%.
- *Best* is every unlearning method (neither the Original nor retraining) whose distance lies within the chance range
  of the smallest one. The chance range (``engine.evaluation.noise``) is that of the method with the smallest distance;
  without one nobody is best, for then a single sample might decide.
  A method with an over-forgotten run is never best in an attack's columns: there, far from the ideal can look near.
  Nor is a value that lies under its chance range (``engine.evaluation.sides``).
  One with a damaged model (``engine.evaluation.verdict``) is never best at all: an attack near
  chance is no success then. Nor is one that changed or forgot nothing (``engine.studies.unchanged``).
- Ours and the paper's value are *outside* one another where they differ by more than two standard deviations,
  the root of both variances; ours counts as 0 where there is one seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from statistics import stdev
from typing import Any

from engine.errors import BadInput
from engine.evaluation.measured import Metrics
from engine.evaluation.metrics import ideal_in, metric_of
from engine.evaluation.noise import noise_floor
from engine.evaluation.sides import Side, apart, side_of
from engine.evaluation.verdict import Kind, Verdict, verdict_of
from engine.registry import all_of, corrective, get, is_reference
from engine.spec import Resolved, resolve
from engine.studies.cell import Cell
from engine.studies.comparison import REFERENCE, Comparison, Runs
from engine.studies.costs import average, cost_of
from engine.studies.notes import (
    ORIGINAL,
    Note,
    judged_as,
    note_on_clean_trained,
    notes_on_paper,
    notes_on_runs,
    notes_on_sides,
)
from engine.studies.paper import paper_value
from engine.studies.unchanged import IDLE, forgot_nothing, unchanged
from engine.studies.unchanged import MARK as UNCHANGED
from engine.types import Forgotten

UNIT_MAX = 100.0  # what "max" can be at most: the metrics of that ideal are percentages
Measured = Mapping[tuple[str, int], Metrics]  # by method and seed


@dataclass(frozen=True)
class Table:
    """A finished or half-finished table. ``cost[method]`` has steps, samples, seconds, seconds_ratio, samples_ratio.

    ``noise`` is the chance range per metric in its unit (None: not known), ``missing`` the (method, seed) pairs
    without a finished run, ``notes`` what to know when reading it. ``judged`` are the seeds of every verdict that a
    method got: what any page or report counts.
    """

    comparison: Comparison
    columns: tuple[str, ...]
    methods: tuple[str, ...]
    cells: list[Cell]
    cost: dict[str, dict[str, float | None]]
    noise: dict[str, float | None]
    missing: list[tuple[str, int]]
    notes: list[Note] = field(default_factory=list)
    judged: Mapping[str, Mapping[Kind, tuple[int, ...]]] = field(default_factory=dict)

    def cell(self, method: str, metric: str) -> Cell:
        """The cell of a row and a column; raises KeyError."""
        for cell in self.cells:
            if (cell.method, cell.metric) == (method, metric):
                return cell
        raise KeyError((method, metric))

    def marks(self, method: str) -> str:
        """``†`` for an over-forgotten run, ``‡`` a damaged model, ``○`` no change, ``∅`` nothing forgotten."""
        cell = self.cell(method, self.columns[0])
        marks = "†" * cell.over_forgotten + "‡" * cell.damaged + UNCHANGED * cell.unchanged + IDLE * cell.forgot_nothing
        return "" if method == ORIGINAL else marks


def columns_of(scenario: str) -> tuple[str, ...]:
    """The metrics of a scenario's table: its own, and the distance from 50 of each headline attack with a say."""
    attacks = [] if corrective(scenario) else [f"{attack.name}_gap" for attack in all_of("attack") if attack.headline]
    return (*get("scenario", scenario).columns, *attacks)


def build_table(comparison: Comparison, runs: Runs, columns: Sequence[str] | None = None) -> Table:
    """The table of these runs (see ``engine.studies.comparison.find_runs``); only finished runs count.

    Rows: the Original (from the runs' own measurement of it), retraining, then the methods as asked.
    ``columns`` are names of metrics, by default the paper's for the scenario.
    """
    columns = tuple(columns or columns_of(comparison.scenario))
    resolved = _resolved(comparison)
    finished = {cell: run for cell, run in runs.items() if run.finished and run.metrics}
    measured = {cell: run.metrics for cell, run in finished.items() if run.metrics}
    ordered = sorted(comparison.methods, key=lambda method: method != REFERENCE)  # stable: the others as asked
    rows = {ORIGINAL: _originals(comparison, measured)} | {
        method: {seed: measured[method, seed] for seed in comparison.seeds if (method, seed) in measured}
        for method in ordered}
    retrained, verdicts = _retrained(comparison, measured), _verdicts(finished)
    specs = {method: resolved if method in (ORIGINAL, REFERENCE) else _resolved(comparison, method) for method in rows}
    mine = [method for method in rows if method not in (ORIGINAL, REFERENCE)]
    same = {method for method in mine if unchanged(rows[method], specs[method])}
    idle = {method for method in mine if method not in same and forgot_nothing(rows[method], specs[method])}
    cells, noise = [], {}
    for metric in columns:
        column = [replace(_cell(comparison, specs[method], method, metric, metrics, retrained,
                                verdicts.get(method, {})), unchanged=method in same,
                          forgot_nothing=method in idle)
                  for method, metrics in rows.items()]
        nearest = min(_candidates(column), key=_away, default=None)
        noise[metric] = nearest.chance if nearest else None
        cells += [_marked(cell, None if _alone(column) else nearest, noise[metric]) for cell in column]
    missing = [cell for cell in comparison.grid() if cell not in finished]
    cells.sort(key=lambda cell: list(rows).index(cell.method))  # row by row
    notes = notes_on_runs(comparison, rows, finished, retrained, verdicts)
    notes += note_on_clean_trained(columns, retrained) if corrective(comparison.scenario) else []
    notes += notes_on_sides(cells) + _unmarked(cells, noise)
    if any(cell.difference is not None for cell in cells):
        notes += notes_on_paper(comparison, resolved)
    return Table(comparison, columns, tuple(rows), cells, cost_of(comparison, finished), noise, missing, notes,
                 {method: judged_as(verdicts.get(method, {})) for method in mine})


# --- rows -----------------------------------------------------------------------------------


def _resolved(comparison: Comparison, method: str = REFERENCE) -> Resolved | None:
    """A method's run in the comparison with its names filled in; None where its data set is not known here."""
    try:
        return resolve(comparison.spec(method, (comparison.seeds or (0,))[0]))
    except BadInput:
        return None


def _originals(comparison: Comparison, measured: Measured) -> dict[int, Metrics]:
    """The Original's metrics by seed, from any run of that seed: all runs of a split measure the same."""
    found: dict[int, Metrics] = {}
    for (_, seed), metrics in measured.items():
        if seed in comparison.seeds and metrics.original:
            found.setdefault(seed, metrics.original)
    return {seed: found[seed] for seed in comparison.seeds if seed in found}


def _retrained(comparison: Comparison, measured: Measured) -> dict[int, Metrics]:
    """The retrained model's metrics by seed: of the comparison's own retraining, else as other runs refer to it."""
    found = {seed: metrics for (method, seed), metrics in measured.items()
             if method == REFERENCE and is_reference(comparison.spec(method, seed))}
    for (_, seed), metrics in measured.items():
        if metrics.retrained:
            found.setdefault(seed, metrics.retrained)
    return found


def _verdicts(finished: Runs) -> dict[str, dict[int, Verdict]]:
    """The verdicts on the runs by method and seed; the Original has none."""
    found: dict[str, dict[int, Verdict]] = {}
    for (method, seed), run in finished.items():
        if verdict := verdict_of(run):
            found.setdefault(method, {})[seed] = verdict
    return found


# --- cells ----------------------------------------------------------------------------------


def _cell(comparison: Comparison, resolved: Resolved | None, method: str, metric: str,
          metrics: Mapping[int, Mapping[str, Any]], retrained: Mapping[int, Mapping[str, Any]],
          verdicts: Mapping[int, Verdict]) -> Cell:
    """A cell by itself; who is best is known only once the column is complete."""
    values = {seed: found[metric] for seed, found in metrics.items() if found.get(metric) is not None}
    mean, std = average(values.values()), stdev(values.values()) if len(values) > 1 else None
    aims = [retrained[seed][metric] for seed in values if seed in retrained
            and retrained[seed].get(metric) is not None]
    off = apart(metric, [(metrics[seed], retrained[seed]) for seed in values if seed in retrained])
    forget = _forget_of(comparison, resolved)
    paper = _paper(comparison, resolved, forget, method, metric)
    paper_mean, paper_std = paper or (None, None)
    difference = None if mean is None or paper_mean is None else mean - paper_mean
    outside = None if difference is None else abs(difference) > 2 * ((std or 0.0) ** 2 + (paper_std or 0.0) ** 2) ** 0.5
    aim = average(aims)
    return Cell(dataset=comparison.dataset, scenario=comparison.scenario, forget=forget, method=method, metric=metric,
                mean=mean, std=std, seeds=tuple(values), values=values, paper_mean=paper_mean, paper_std=paper_std,
                difference=difference, outside=outside, retrained=aim,
                distance=_distance(metric, comparison.scenario, mean, off), off_retrained=off,
                side=_side(metric, comparison, method, {seed: metrics[seed] for seed in values}, retrained, resolved),
                chance=noise_floor(metric, list(metrics.values()), resolved) if resolved else None,
                over_forgotten=any(verdicts[seed].kind == "over_forgotten" for seed in verdicts if seed in metrics),
                damaged=any(verdicts[seed].damaged for seed in verdicts if seed in metrics))


def _forget_of(comparison: Comparison, resolved: Resolved | None) -> Forgotten:
    """The fraction, or the class as its number."""
    return comparison.forget if resolved is None else resolved.spec.forgotten


def _paper(comparison: Comparison, resolved: Resolved | None, forget: Forgotten, method: str,
           metric: str) -> tuple[float, float] | None:
    """The paper's value, if this is the paper's model on the data as they are."""
    if resolved is not None:
        usual = {option.name: option.default_in(comparison.profile) for option in resolved.dataset.options}
        as_published = usual | resolved.options == usual
        if not as_published:
            return None
    return None if comparison.selection else paper_value(comparison.dataset, comparison.scenario, forget, method,
                                                         metric)


def _distance(metric: str, scenario: str, mean: float | None, off_retrained: float | None) -> float | None:
    ideal = ideal_in(metric_of(metric), scenario)
    if mean is None or ideal == "match_retrained":
        return off_retrained
    return abs(mean - (UNIT_MAX if ideal == "max" else float(ideal)))


def _side(metric: str, comparison: Comparison, method: str, metrics: Mapping[int, Mapping[str, Any]],
          retrained: Mapping[int, Mapping[str, Any]], resolved: Resolved | None) -> Side | None:
    """On which side an unlearning method lies; the Original and retraining are never best anyway."""
    ideal = ideal_in(metric_of(metric), comparison.scenario)
    if method in (ORIGINAL, REFERENCE) or resolved is None or ideal == "match_retrained":
        return None
    noise = noise_floor(metric, list(metrics.values()), resolved) if metric == "accuracy_gap" else None
    return side_of(metric, [(one, retrained.get(seed)) for seed, one in metrics.items()], noise)


# --- who is best ----------------------------------------------------------------------------


def _alone(cells: Sequence[Cell]) -> bool:
    """Whether there is one method to choose from: it would be the best of one."""
    return len({cell.method for cell in cells if cell.method not in (ORIGINAL, REFERENCE)}) < 2


def _candidates(column: Sequence[Cell]) -> list[Cell]:
    """The cells of a column that may be best."""
    return [cell for cell in column if cell.method not in (ORIGINAL, REFERENCE) and cell.distance is not None
            and not cell.doubtful]


def _away(cell: Cell) -> float:
    """The distance to the ideal; infinite where the cell has none."""
    return inf if cell.distance is None else cell.distance


def _marked(cell: Cell, nearest: Cell | None, noise: float | None) -> Cell:
    if nearest is None or noise is None or not _candidates([cell]):
        return replace(cell, best=False)
    return replace(cell, best=_away(cell) - _away(nearest) <= noise)


def _unmarked(cells: Sequence[Cell], noise: Mapping[str, float | None]) -> list[Note]:
    """Columns with values in which nobody is marked as best."""
    without = [metric_of(name).title for name, floor in noise.items()
               if floor is None and _candidates([cell for cell in cells if cell.metric == name])]
    return [Note("no_floor", f"No chance range is known for {', '.join(without)}: no method is marked as best there.")
            ] if without else []


