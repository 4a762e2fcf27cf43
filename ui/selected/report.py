"""The report of selected runs: what differs, the numbers, the curves, each run's origin, how to repeat them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from engine.errors import LabError
from engine.evaluation.metrics import metric_of
from engine.evaluation.verdict import verdict_of
from engine.registry import live_attacks
from engine.runs.records import Run
from engine.studies.nearer import Likeness
from engine.studies.repeat import reference_command, run_command, spelled_out
from engine.studies.selected import settings
from ui.charts.lines import X_AXES
from ui.common import words
from ui.report import lines as curve
from ui.report.document import Part, Report, render, texts
from ui.selected import curves, numbers
from ui.selected.nearer import nearer
from ui.selected.words import LETTERS, sentence, short_names

QUESTION = "Selected runs side by side"


def write(runs: Sequence[Run], measured: Sequence[curves.Measured], x: str = "step",
          likeness: Likeness | None = None) -> str:
    """The report as one HTML file; ``measured`` are the runs with their courses, drawn over ``x``."""
    return render(report(runs, measured, x, likeness))


def report(runs: Sequence[Run], measured: Sequence[curves.Measured], x: str = "step",
           likeness: Likeness | None = None) -> Report:
    """The same as a record."""
    commands, refused = _commands(runs)
    parts = [Part("What differs, and what came of it", Markup(numbers.table(runs, linked=False))),
             *_curves(measured, x), Part("All settings", _settings(runs), folded=True), Part("Runs", _origins(runs))]
    said = [*filter(None, [nearer(runs, likeness)]), *_verdicts(runs)]
    return Report(f"{QUESTION}: {', '.join(short_names(runs))}", sentence(runs), said, parts,
                  {"Runs": " ".join(run.id for run in runs)}, commands, refused)


def _verdicts(runs: Sequence[Run]) -> Iterable[str]:
    for letter, run in zip(LETTERS, runs):
        if found := verdict_of(run) if run.finished else None:
            yield f"{letter}: {found.text}"


def _curves(measured: Sequence[curves.Measured], x: str) -> Iterable[Part]:
    names = [*(attack.name for attack in live_attacks()), "forget_accuracy", "test_accuracy"]
    for name in names:
        drawn = curve.draw(curves.lines(measured, name, x, False), X_AXES[x], f"{metric_of(name).title}, %",
                           curves.band(measured, name))
        if drawn:
            yield Part(metric_of(name).title, drawn)


def _settings(runs: Sequence[Run]) -> Markup:
    each = [settings(run) for run in runs]
    names = dict.fromkeys(name for one in each for name in one)
    return texts(["Setting", *LETTERS[:len(runs)]], [
        [name, *(words.setting(one.get((of, name))) if (of, name) in one else "–" for one in each)]
        for of, name in names])


def _origins(runs: Sequence[Run]) -> Markup:
    rows = [(letter, f"{run.id}{', recorded' if run.recorded else ''}", words.run_title(run), run.device or "unknown",
             words.when(run.started or run.created), run.code_version or "unknown", run.identity or "–",
             ", ".join(run.tags or ()) or "–", run.note or "–") for letter, run in zip(LETTERS, runs)]
    return texts(("", "Run", "What", "Device", "Started", "Code version", "Identity", "Tags", "Note"), rows)


def _commands(runs: Sequence[Run]) -> tuple[list[str], str]:
    """One command a run, after those of the retrained models that runs were measured against; why some have none."""
    commands: dict[str, None] = {}
    refused = []
    for letter, run in zip(LETTERS, runs):
        try:
            spec = spelled_out(run.resolved())
        except LabError as error:
            refused.append(f"This version of the software cannot repeat run {letter}. {error}")
            continue
        if run.metrics and run.metrics.retrained and not run.is_reference:
            commands[reference_command(spec)] = None
        commands[run_command(spec)] = None
    return list(commands), " ".join(refused)
