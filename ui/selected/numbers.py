"""The table of selected runs: only the settings that differ, and the main numbers beside their chance ranges."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import BadInput
from engine.evaluation.metrics import headlines, metric_of
from engine.runs import library
from engine.runs.nearest import nearest
from engine.runs.queue import manager
from engine.runs.records import Run
from engine.spec import Resolved
from engine.studies.selected import Mark, differences, mark, telling
from engine.types import Spec
from ui.charts.selected import look
from ui.common import measures, words
from ui.common.html_table import INSIDE, Box, Name, Row, Small, draw
from ui.compare.race import short_title
from ui.runs.columns import columns, source, status, verdict
from ui.selected.words import LETTERS, value


def metrics() -> tuple[str, ...]:
    """The numbers that are shown, by name."""
    return (*(attack.name for attack in headlines()), "accuracy_gap", "forget_accuracy", "test_accuracy",
            "retain_accuracy")


def table(runs: Sequence[Run], linked: bool = True) -> str:
    """The table as HTML, a run a row; a value inside its chance range is tinted and marked.

    ``linked`` makes a run's name lead to its page.
    """
    found, names = telling(differences(runs)), metrics()
    known = any(run.metrics and run.metrics.retrained and not run.is_reference for run in runs)
    head = [Name("Run"), *(Name(one.name.capitalize()) for one in found), *(_head(name, known) for name in names),
            Name("Verdict"), Name("Time")]
    rows = []
    for place, run in enumerate(runs):
        resolved = resolved_of(run)
        boxes = [Box(value(one, one.values[place])) for one in found]
        boxes += [_number(name, mark(run, name, resolved)) for name in names]
        boxes += [Box(verdict(run) or status(run), number=False), Box(words.seconds(run.seconds))]
        rows.append(Row(_name(run, place, linked), tuple(boxes)))
    return draw("selected", head, rows, _foot(runs), inside=INSIDE)


def resolved_of(run: Run) -> Resolved | None:
    """The run's spec as this version understands it; None where it does not."""
    try:
        return run.resolved()
    except BadInput:
        return None


def _head(name: str, known: bool) -> Name:
    """``known``: some run has a retrained model, against which its attacks are held too."""
    metric, short = metric_of(name), title(name).capitalize()
    good = measures.ideal(metric, Spec().scenario)
    if known and name in {attack.name for attack in headlines()}:
        good = f"as {words.reference(Spec().scenario)}; without one {good}"
    return Name(f"{short}, {metric.unit}" if metric.unit else short, metric.help, (Small(f"ideal: {good}"),))


def title(name: str) -> str:
    """A number's short title, as the page Runs has it."""
    known = columns()
    return known[name].title if name in known else metric_of(name).title


def _name(run: Run, place: int, linked: bool) -> Name:
    colour, _ = look(place)
    small = [Small(f"{run.id}, {source(run)}")] + ([Small(", ".join(run.tags))] if run.tags else [])
    return Name(f"{LETTERS[place]}: {short_title(run.spec.method)}, {words.title_of('dataset', run.spec.dataset)}",
                words.run_title(run), tuple(small), colour, f"unlearn?run={run.id}" if linked else "")


def _number(name: str, found: Mark) -> Box:
    if found.value is None:
        return Box("–", hover="This run has no such number.")
    if found.low is None or found.high is None:
        return Box(f"{found.value:.1f}")
    where = "inside" if found.inside else "outside"
    said = f"{where} {found.low:.1f} to {found.high:.1f}{' (coin toss)' if found.coin else ''}"
    about = "a coin toss, for there is no retrained run to hold it against" if found.coin else "its retrained run"
    return Box(f"{found.value:.1f}", f"Chance range: {found.low:.1f} to {found.high:.1f}, around {about}; this is "
               f"{where}.",
               (Small(said),), colour=INSIDE if found.inside else "")


def _foot(runs: Sequence[Run]) -> list[str]:
    without = [run for run in runs if run.metrics and run.metrics.retrained is None and not run.is_reference]
    if not without:
        return []
    near = nearest(without[0], library.retrainings(manager().store))
    return [f"No chance range for the accuracies of {len(without)} of these runs: there is no retrained model on the "
            f"same split. Run Retraining with the same forget set, seed and profile. {near}".rstrip()]
