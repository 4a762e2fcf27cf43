"""A sweep's runs as a heatmap of one metric: each square's mean, spread and state, the best of each row, the rule.

The paper's figure 2 shows |MIA_L - 50| and |accuracy on D_f - accuracy on D_t| over alpha and the forget fraction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from statistics import fmean, stdev
from typing import Any, Literal

from engine.evaluation.metrics import headlines, metric_of
from engine.evaluation.noise import noise_floor
from engine.evaluation.sides import misleads, side_of, signed
from engine.evaluation.verdict import verdict_of
from engine.registry import get
from engine.runs.records import Run
from engine.spec import resolve
from engine.studies.sweep import Sweep
from engine.studies.sweep_runs import ABSENT, Runs, resolved_cells
from engine.types import declared

Doubt = Literal["damaged", "over_forgotten", "under"]
DOUBTS: dict[Doubt, str] = {"damaged": "damaged", "over_forgotten": "over-forgotten", "under": "below chance"}
Place = tuple[Any, Any]  # value across, value down


@dataclass(frozen=True)
class Square:
    """One place of the grid over its seeds. ``std`` (n - 1) is None under two values.

    ``signed`` are the seeds' values with the signs that a distance loses (``engine.evaluation.sides.signed``).

    ``states`` holds status and reason by seed; ``state`` is what the square shows: running before failed before
    waiting before finished. ``noise`` is the metric's chance range here, ``within`` whether the mean is no further than
    that from the ideal (for a metric that should be high: from the map's best). Where it is ``doubtful``, as in a
    table (``engine.evaluation.sides``), it is neither within nor the best of its row. ``excess`` is how far the mean
    lies beyond the chance range, 0 inside it; None where either is not known. ``why`` says which of the reasons makes
    it doubtful.
    """

    across: Any
    down: Any
    values: dict[int, float]
    states: dict[int, tuple[str, str | None]]
    mean: float | None
    std: float | None
    noise: float | None
    within: bool = False
    doubtful: bool = False
    excess: float | None = None
    why: Doubt | None = None
    signed: Mapping[int, float] = field(default_factory=dict)

    @property
    def state(self) -> str:
        known = {status for status, _ in self.states.values()}
        if "running" in known:
            return "running"
        if "failed" in known:
            return "failed"
        return "finished" if known == {"finished"} else "waiting"


@dataclass(frozen=True)
class Row:
    """One value down: the best value across, all that are as good, and the rule's.

    As good is what lies no further from the best than its chance range; where the best is inside the chance range of
    the ideal, only what is inside too. Otherwise a large chance range alone would make far values as good.
    """

    down: Any
    best: Any
    mean: float
    as_good: tuple[Any, ...]
    rule: float | None
    at_rule: Any  # the value of the grid that is nearest to the rule's
    at_rule_mean: float | None
    holds: bool | None  # whether it is as good as the best; None where the grid does not reach the rule, or not yet
    blind: bool = False  # chance hides whatever might differ here, so nothing holds or fails
    at_rule_doubtful: bool = False  # that cell is excluded, so the rule cannot hold there


@dataclass(frozen=True)
class Heatmap:
    """All squares by place, rows that have a value, and what the method itself would choose across, by value down.

    ``blind`` are the rows that cannot tell: all their squares lie inside the chance range, and that is at least half of
    what the Original shows, so that even half of the forgetting would go unseen.
    """

    sweep: Sweep
    metric: str
    squares: dict[Place, Square]
    rule: dict[Any, float]
    blind: frozenset[Any] = frozenset()

    @property
    def high_is_good(self) -> bool:
        return metric_of(self.metric).ideal == "max"

    def rows(self) -> list[Row]:
        """The rows in which there is something to choose between."""
        return [row for down in self.sweep.down.values if (row := self._row(down))]

    def _row(self, down: Any) -> Row | None:
        squares = [self.squares[x, down] for x in self.sweep.across.values]
        measured = [(mean, one) for one in squares if (mean := one.mean) is not None]
        sound = [(mean, one) for mean, one in measured if not one.doubtful]
        if not sound or len(measured) < min(2, len(self.sweep.across.values)):
            return None
        lowest, best = min(sound, key=lambda pair: self._badness(pair[0]))
        limit = self._badness(lowest) + (best.noise or 0.0)
        as_good = tuple(one.across for mean, one in sound if self._badness(mean) <= limit
                        and (self.high_is_good or one.within or not best.within))
        rule = self.rule.get(down)
        at, at_rule, holds, doubtful = None, None, None, False
        numbers = self._numbers()
        if rule is not None and numbers:
            at = min(numbers, key=lambda x: abs(x - rule))
            at_rule, doubtful = self.squares[at, down].mean, self.squares[at, down].doubtful
            known = self._reached(rule) and at_rule is not None and down not in self.blind
            holds = at in as_good if known else None
        return Row(down, best.across, lowest, as_good, rule, at, at_rule, holds, down in self.blind,
                   doubtful)

    def _badness(self, mean: float) -> float:
        return -mean if self.high_is_good else mean

    def _reached(self, rule: float) -> bool:
        values = self._numbers()
        return min(values) <= rule * (1 + 1e-9) and rule <= max(values) * (1 + 1e-9)

    def _numbers(self) -> list[float]:
        """The values across but for ``auto``, which is a column of its own and says nothing of the rule."""
        return [x for x in self.sweep.across.values if isinstance(x, int | float)]


def measures() -> tuple[str, ...]:
    """The metrics that a map can show: how far every headline attack is from 50, then the accuracies."""
    return (*(attack.metric("gap") for attack in headlines()), "accuracy_gap", "test_accuracy")


def build(sweep: Sweep, runs: Runs, metric: str) -> Heatmap:
    """The heatmap of a metric from what has been run so far."""
    cells = resolved_cells(sweep)
    squares = {(x, y): _square(x, y, {seed: runs.get((x, y, seed)) for seed in sweep.seeds}, metric,
                               cells[x, y, sweep.seeds[0]])
               for y in sweep.down.values for x in sweep.across.values}
    best = max((one.mean for one in squares.values() if one.mean is not None and not one.doubtful), default=None)
    high = metric_of(metric).ideal == "max"
    squares = {place: replace(one, excess=beyond, within=beyond == 0 and not one.doubtful)
               for place, one in squares.items() for beyond in [_excess(one, best if high else None)]}
    blind = frozenset(y for y in sweep.down.values if not high and _blind(
        [squares[x, y] for x in sweep.across.values], _original(sweep, runs, metric, y)))
    return Heatmap(sweep, metric, squares, rule(sweep), blind)


def rule(sweep: Sweep) -> dict[Any, float]:
    """What the method chooses across by itself, by value down; empty where the axis has no rule or is not numbers."""
    field = next((h for h in declared(get("method", sweep.method).parameters) if h.name == sweep.across.name), None)
    if field is None or field.auto is None or sweep.across.name in sweep.parameters:
        return {}
    found = {y: resolve(sweep.spec_with({sweep.down.name: y})).effective[field.name] for y in sweep.down.values}
    return {y: float(value) for y, value in found.items() if value is not None}


def _square(x: Any, y: Any, by_seed: Mapping[int, Run | None], metric: str, resolved: Any) -> Square:
    finished = {seed: run.metrics for seed, run in by_seed.items() if run and run.finished and run.metrics}
    values = {seed: value for seed, metrics in finished.items() if (value := metrics.get(metric)) is not None}
    states: dict[int, tuple[str, str | None]] = {
        seed: (run.status, run.reason) if run else (ABSENT, None) for seed, run in by_seed.items()}
    noise = noise_floor(metric, list(finished.values()), resolved) if values else None
    why = _doubt(metric, by_seed, noise)
    return Square(across=x, down=y, values=values, states=states, mean=fmean(values.values()) if values else None,
                  std=stdev(values.values()) if len(values) > 1 else None,
                  noise=noise, doubtful=why is not None, why=why,
                  signed={seed: value for seed, metrics in finished.items()
                          if (value := signed(metric, metrics)) is not None})


def _doubt(metric: str, by_seed: Mapping[int, Run | None], noise: float | None) -> Doubt | None:
    """Why a good value would be misleading, by the rule of the tables; None where it would not."""
    finished = [run for run in by_seed.values() if run and run.finished and run.metrics]
    verdicts = [verdict for run in finished if (verdict := verdict_of(run))]
    side = side_of(metric, [(run.metrics, run.metrics.retrained) for run in finished if run.metrics], noise)
    over, damaged = any(one.over_forgotten for one in verdicts), any(one.damaged for one in verdicts)
    if not misleads(metric, over, damaged, side):
        return None
    return "damaged" if damaged else "under" if not misleads(metric, over, False, None) else "over_forgotten"


def _excess(square: Square, best: float | None) -> float | None:
    """How far the mean lies beyond the chance range of the ideal, or of the ``best`` of a map where high is good."""
    if square.mean is None or square.noise is None:
        return None
    return max(0.0, (square.mean if best is None else best - square.mean) - square.noise)


def _original(sweep: Sweep, runs: Runs, metric: str, down: Any) -> float | None:
    """What the Original shows in a row, mean over its runs."""
    found = [run.metrics.original.get(metric) for x in sweep.across.values for seed in sweep.seeds
             if (run := runs.get((x, down, seed))) and run.metrics and run.metrics.original]
    known = [value for value in found if value is not None]
    return fmean(known) if known else None


def _blind(row: list[Square], original: float | None) -> bool:
    """Whether chance hides everything in a row (see :class:`Heatmap`)."""
    measured = [one for one in row if one.excess is not None]
    if not measured or original is None or any(one.excess for one in measured):
        return False
    return 2 * fmean(one.noise or 0.0 for one in measured) >= original
