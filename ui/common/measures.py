"""Every measure of a finished run as ``engine.evaluation.metrics`` declares it: Original, now, retrained, ideal.

Nothing here names a metric: one that is added to the engine, or that a new attack brings, appears by itself.
"""

from __future__ import annotations

import streamlit as st

from engine.evaluation.evidence import Decisive
from engine.evaluation.measured import UNMEASURED, Metrics
from engine.evaluation.metrics import Metric, ideal_in, metrics_in
from engine.evaluation.verdict import verdict_of
from engine.runs import library
from engine.runs.nearest import nearest
from engine.runs.queue import manager
from engine.runs.records import Run
from ui.common import words
from ui.common.said import plain

COARSE = ("%", "points")  # units that are told with one decimal; the others are fractions of one


def table(run: Run) -> None:
    """All metrics of a finished run; those that are empty say why."""
    found = verdict_of(run)
    st.table(rows(run.metrics or UNMEASURED, run.spec.scenario, found.decisive if found else None))
    if run.metrics and run.metrics.retrained is None and not run.is_reference and (
            near := nearest(run, library.retrainings(manager().store))):
        st.caption(f"Retrained models of these data: none has this split. {near}")
    st.caption("Spans are exact 95% intervals (Clopper and Pearson 1934). A dash means not measured.")


def rows(final: Metrics, scenario: str, decisive: Decisive | None = None) -> list[dict[str, str]]:
    """One row a metric, every value as Markdown with its unit and interval; a dash where there is none."""
    models = {"Original": final.original or UNMEASURED, "now": final,
              words.reference(scenario): final.retrained or UNMEASURED}
    return [{"measure": f"**{m.title}**{decides(m, decisive, ' :orange-badge[{}]')}  \n"
                        f":small[{m.help}{_reason(m, final)}]",
             **{title: _cell(m, metrics) for title, metrics in models.items()}, "ideal": _whole(ideal(m, scenario))}
            for m in metrics_in(scenario)]


def decides(metric: Metric, decisive: Decisive | None, form: str = "{}") -> str:
    """Marks the measure that a verdict rests on, with its limit."""
    if decisive is None or decisive.metric != metric.name:
        return ""
    return form.format(f"decides: {decisive.words('', metric.unit, 1 if metric.unit in COARSE else 3).strip()}")


def value(metric: Metric, number: float | None) -> str:
    """``49.3%``, ``12.0 points``, ``0.512``; a dash where there is none."""
    if metric.unit in COARSE:
        return words.number(number, 1, _unit(metric) if number is not None else "")
    return words.number(number, 3, _unit(metric) if number is not None else "")


def ideal(metric: Metric, scenario: str) -> str:
    """What a good value is, from the metric's own declaration."""
    aim = ideal_in(metric, scenario)
    if aim == "match_retrained":
        return f"as {words.reference(scenario)}"
    return "high" if aim == "max" else f"{aim:g}{_unit(metric)}"


def _unit(metric: Metric) -> str:
    return metric.unit if metric.unit == "%" else f" {metric.unit}" if metric.unit else ""


def _cell(metric: Metric, metrics: Metrics) -> str:
    shown, below = _whole(value(metric, metrics.get(metric.name))), spread(metric, metrics)
    return f"{shown}  \n:small[{_whole(below)}]" if below else shown


def spread(metric: Metric, metrics: Metrics) -> str:
    """What stands in small print below a value: its 95% interval, or how many models are behind it; else nothing."""
    if metric.references and (models := metrics.get(metric.references)) is not None:
        return f"{models} reference{'s' if models != 1 else ''}"
    span = metrics.interval(metric.name)
    return f"{span[0]:.1f} to {span[1]:.1f}" if span else ""


def _whole(text: str) -> str:
    """Not to be broken into lines."""
    return text.replace(" ", "\u00a0")


def _reason(metric: Metric, final: Metrics) -> str:
    reason = why_missing(metric, final)
    return f" :orange[{plain(reason)}]" if reason else ""


def why_missing(metric: Metric, final: Metrics) -> str:
    """Why the run has no value here, in a sentence; nothing where it has one."""
    if final.get(metric.name) is not None:
        return ""
    known = final.missing.get(metric.name)
    return known or ("Too few samples per side." if metric.name in final else "Not measured in this run.")
