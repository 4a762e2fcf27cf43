"""A run's report: its picture in motion, every number with its chance range and ideal, and how to repeat it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.errors import LabError
from engine.evaluation.events import Course, Reading
from engine.evaluation.measured import UNMEASURED, Metrics
from engine.evaluation.metrics import Metric, metrics_in
from engine.evaluation.verdict import remarks, verdict_of
from engine.runs import afterwards, library
from engine.runs.queue import manager
from engine.runs.records import Run
from engine.studies.repeat import reference_command, run_command, spelled_out
from engine.system.words import spaced
from engine.types import Spec
from ui.common import measures, words
from ui.common.html_table import Box, Name, Row, Small
from ui.common.stage.scene import scene
from ui.report import sample_list
from ui.report.document import Part, Report, listed, render, table, texts
from ui.unlearn.headline import headline

CHANCE = ("Spans below a value are exact 95% intervals (Clopper and Pearson 1934). The chance range is where an "
          "attack's accuracy lies in 95% of cases when there is nothing to find. A dash means not measured.")
SETS = {"forget": "forget set", "test": "test set", "nonmembers": "samples that the attacker compares with"}


def write(run_id: str) -> str:
    """The report of a stored or recorded run as one HTML file."""
    jobs = manager()
    found = library.get(run_id, jobs.store)
    run = afterwards.completed(found.run, jobs.store, whole=True)
    return render(report(run, found.course, library.retrained_reading(run, jobs.store)))


def report(run: Run, course: Course, reference: Reading | None = None) -> Report:
    """The same as a record; ``reference`` has the retrained model's losses."""
    found = verdict_of(run) if run.finished else None
    commands, refused = _commands(run)
    named = sample_list.of(run.spec)
    said = [found.text] if found else []
    said += [*(remarks(run.metrics) if run.metrics else []), *filter(None, (run.reason, run.notice))]
    parts = [*_numbers(run), settings(run), *([named.part()] if named else [])]
    return Report(words.run_title(run), headline(run), said, parts, facts(run), commands, refused,
                  damaged=bool(found and found.kind == "damaged"), scene=scene(run, course, reference=reference))


def _commands(run: Run) -> tuple[list[str], str]:
    """What computes it, and its reference, again; or why this version cannot."""
    try:
        spec = spelled_out(run.resolved())
    except LabError as error:
        return [], f"This version of the software cannot repeat the run. {error}"
    there = run.metrics and run.metrics.retrained and not run.is_reference
    commands, named = [*([reference_command(spec)] if there else []), run_command(spec)], sample_list.of(run.spec)
    return named.elsewhere(commands) if named else commands, ""


# --- numbers --------------------------------------------------------------------------------


def _numbers(run: Run) -> Iterable[Part]:
    final = run.metrics
    if not final:
        return
    declared, beside = metrics_in(run.spec.scenario), words.reference(run.spec.scenario)
    known = [metric for metric in declared if final.get(metric.name) is not None]
    yield Part("All measures", table(("Measure", "Original", "Now", beside.capitalize(), "Chance range", "Ideal"),
                                     [_row(metric, final, run) for metric in known]),
               (CHANCE, *_sizes(final)))
    unknown = [(metric.title, measures.why_missing(metric, final)) for metric in declared if metric not in known]
    if unknown:
        yield Part("Not measured", texts(("Measure", "Reason"), unknown), folded=True)


def _row(metric: Metric, final: Metrics, run: Run) -> Row:
    band, found = final.null_band.get(metric.name), verdict_of(run)
    mark = measures.decides(metric, found.decisive if found else None)
    return Row(Name(metric.title, small=(*((Small(f"This measure {mark}."),) if mark else ()), Small(metric.help))), (
        *(_box(metric, metrics or UNMEASURED) for metrics in (final.original, final, final.retrained)),
        Box(f"{band[0]:.1f} to {band[1]:.1f}%" if band else ""), Box(measures.ideal(metric, run.spec.scenario))))


def _box(metric: Metric, metrics: Metrics) -> Box:
    below = measures.spread(metric, metrics)
    return Box(measures.value(metric, metrics.get(metric.name)), small=(Small(below),) if below else ())


def _sizes(final: Metrics) -> Iterable[str]:
    if known := final.sizes:
        told = ", ".join(f"{known[name]:,} {title}" for name, title in SETS.items() if name in known)
        yield f"Measured on the complete sets. Samples: {told}."


# --- settings and origin --------------------------------------------------------------------


def settings(run: Run) -> Part:
    """Every setting that a run used, as a report's section."""
    spec = run.spec
    used: dict[str, Any] = {
        "method": words.title_of("method", spec.method), "data": words.title_of("dataset", spec.dataset),
        "model": words.title_of("model", spec.model) if spec.model else "the data set's first",
        "forgotten": words.forgotten(spec), "scenario": words.title_of("scenario", spec.scenario),
        "profile": spec.profile, "seed": spec.seed, **_beginning(spec),
        **_options(run), **(run.effective or spec.parameters)}
    return Part("Settings", listed({spaced(name): words.setting(value) for name, value in used.items()}))


def _beginning(spec: Spec) -> dict[str, Any]:
    """The Original that was forgotten from: the seed of one that was trained, or the name of an imported one."""
    return {"imported Original": spec.original} if spec.original else {"seed of the Original": spec.original_seed}


def _options(run: Run) -> Mapping[str, Any]:
    """The data's options, those at their defaults too; of a run that this version cannot read, as they were stored."""
    try:
        return run.resolved().options
    except LabError:
        return run.spec.options


def facts(run: Run) -> Mapping[str, str]:
    """Where a run comes from: device, times, version and identity."""
    known = {"Run": f"{run.id}{', recorded' if run.recorded else ''}", "Device": run.device or "unknown",
             "Started": words.when(run.started or run.created), "Ended": words.when(run.ended),
             "The method alone": words.seconds(run.seconds),
             "Steps": "–" if run.steps is None else f"{run.steps:,}",
             "Samples processed": "–" if run.samples is None else f"{run.samples:,}",
             "Code version of the run": run.code_version or "unknown", "Identity": run.identity or "–",
             "Data": run.data or "–", "Tags": ", ".join(run.tags or ()), "Note": run.note or ""}
    return {name: value for name, value in known.items() if value}
