"""Every further measure of a comparison, a row a measure and a column a method, as HTML. Pure: text out."""

from __future__ import annotations

from engine.evaluation.metrics import Metric, all_metrics, metric_of
from engine.studies.cell import Cell
from engine.studies.comparison import Runs
from engine.studies.notes import ORIGINAL
from engine.studies.table import Table, columns_of
from ui.common import measures
from ui.common.html_table import Box, Name, Row, Small, draw
from ui.compare.race import short_title
from ui.compare.table import dot, metrics_of


def columns(scenario: str) -> tuple[str, ...]:
    """The metrics that the main table leaves out."""
    return tuple(m.name for m in all_metrics() if m.name not in columns_of(scenario))


def more(table: Table, runs: Runs, each_seed: bool = False) -> str:
    """``table`` is built with ``columns(...)``; intervals are per seed, and hovering over a dash shows its reason."""
    methods = [method for method in table.methods if any(table.cell(method, name).seeds for name in table.columns)]
    names = {method: f"{short_title(method)}{table.marks(method)}" for method in methods}
    head = [Name("Measure"), *(Name(name, dot=dot(method)) for method, name in names.items())]
    return draw("measures", head, [_row(table, runs, name, methods, each_seed) for name in table.columns],
                several=len(table.comparison.seeds) > 1)


def _row(table: Table, runs: Runs, name: str, methods: list[str], each_seed: bool) -> Row:
    metric = metric_of(name)
    title = f"{metric.title}, {metric.unit}" if metric.unit else metric.title
    ideal = Small(f"ideal: {measures.ideal(metric, table.comparison.scenario)}")
    return Row(Name(title, metric.help, (ideal,)),
               tuple(_box(table.cell(method, name), metric, runs, each_seed) for method in methods))


def _box(cell: Cell, metric: Metric, runs: Runs, each_seed: bool) -> Box:
    if cell.mean is None:
        return Box("–", reason(cell.method, metric.name, runs), number=False)
    digits = 1 if metric.unit in measures.COARSE else 3
    text = f"{cell.mean:.{digits}f}" + ("" if cell.std is None else f" ± {cell.std:.{digits}f}")
    single = [f"seed {seed}: {value:.{digits}f}{_span(cell, seed, metric.name, runs)}"
              for seed, value in cell.values.items()]
    lines = single if each_seed else []
    if len(single) == 1:
        lines = [span] if (span := _span(cell, cell.seeds[0], metric.name, runs).strip(" []")) else []
    return Box(text, ", ".join(single), tuple(map(Small, lines)), cell.best)


def _span(cell: Cell, seed: int, name: str, runs: Runs) -> str:
    """The interval of a seed's value, `` [0.4 to 5.7]``; nothing where the metric has none."""
    span = metrics_of(cell.method, seed, runs).interval(name)
    return f" [{span[0]:.1f} to {span[1]:.1f}]" if span else ""


def reason(method: str, name: str, runs: Runs) -> str:
    """Why a cell is empty, in a sentence."""
    if method == ORIGINAL:
        return ("It compares with the retrained model and is measured for unlearned models only."
                if metric_of(name).needs_retrained else "It was not measured for the Original.")
    finished = [run.metrics for (m, _), run in runs.items() if m == method and run.finished and run.metrics]
    if not finished:
        return "No run of this method has finished yet."
    metrics = finished[0]
    known = metrics.missing.get(name)
    return known or ("Too few samples per side." if name in metrics else "It was not measured in this run.")
