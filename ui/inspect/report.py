"""The attacker's seat as one file: the humps with their line, its rates, who is caught by what, the commands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from engine.registry import get
from engine.runs.records import Run
from engine.studies.repeat import roc_command, run_command
from ui.common import words
from ui.inspect import payload, seat
from ui.report.document import Part, Picture, Report, render, texts
from ui.unlearn.report import facts, settings

if TYPE_CHECKING:
    from engine.evaluation.roc import Counted, Overlap, Sides
    from engine.runs.exposure import Exposure, When
    from engine.studies.attacker import Line, Seat
    from engine.types import Attack

RATES = (0.01, 0.05, 0.1)
OF = {"before": "the Original", "now": "the unlearned model", "retrained": "the retrained model"}
NO_VIEW = "The command line has no view of the model before unlearning."


def write(exposure: Exposure, when: When, attack: Attack, data: Mapping[str, Any]) -> str:
    """The report as one HTML file; ``data`` is what the page's component draws."""
    return render(report(exposure, when, attack, data))


def report(exposure: Exposure, when: When, attack: Attack, data: Mapping[str, Any]) -> Report:
    """The same as a record."""
    from engine.runs.exposure import possible, sides
    from engine.studies.attacker import take

    run, mine = exposure.run, sides(exposure, when, attack)
    found, unseen = take(mine, attack), words.never_seen(run.spec)
    scored = {one.name: sides(exposure, when, one) for one in possible(exposure, when)}
    counts = data.get("counts")
    said = [payload.area(found)]
    if counts:
        said.append(f"The attack of the tables {counts['value']}, {counts['range']}: {counts['text'].rstrip('.')}.")
    return Report(f"Who is exposed? {words.run_title(run)}, {OF[when]}", _answer(mine, attack), said,
                  [_rates(found, unseen), _caught(scored, unseen), settings(run)], facts(run),
                  *_commands(run, when, attack), picture=Picture("The attacker's line", data, "seat", seat.code(),
                                                                 seat.style(), "attackersSeat"))


def _answer(sides: Sides, attack: Attack) -> str:
    from engine.evaluation.roc import count, few_false_alarms

    found = count(sides, few_false_alarms(sides))
    return (f"At 1% false alarms, the {attack.label} catches {found.caught:,} of {found.members:,} forget samples; "
            f"chance would catch {0.01 * found.members:.1f}")


def _commands(run: Run, when: When, attack: Attack) -> tuple[list[str], str]:
    made = [] if run.spec_extra else [run_command(run.spec)]
    return (made, NO_VIEW) if when == "before" else ([*made, roc_command(run.id, attack.name, when)], "")


def _rates(found: Seat, unseen: str) -> Part:
    rows = [row for line in found.lines for row in _line(line)]
    return Part("Rates", texts(("Line", "Forget samples caught", f"{unseen.capitalize()} samples wrongly accused",
                                "Accuracy"), rows),
                ("Spans are exact 95% intervals (Clopper and Pearson 1934). What is counted on the samples that it was "
                 "chosen on can flatter the attacker.", payload.WHY,))


def _line(line: Line) -> Iterable[list[str]]:
    title = payload.TITLES[line.name]
    yield [f"{title}, counted on all samples", *_counted(line.counted)]
    if line.reported:
        one = line.reported[0]
        yield [f"{title}, chosen on one half, counted on the other", *(
            f"{100 * share:.1f}%" for share in (one.tpr, one.fpr, one.accuracy))]


def _counted(found: Counted) -> Iterable[str]:
    for number, of, share, (low, high) in ((found.caught, found.members, found.tpr, found.tpr_interval),
                                           (found.accused, found.nonmembers, found.fpr, found.fpr_interval)):
        yield f"{number:,} of {of:,}, {100 * share:.1f}% ({100 * low:.1f} to {100 * high:.1f}%)"
    yield f"{100 * found.accuracy:.1f}%"


def _caught(scored: Mapping[str, Sides], unseen: str) -> Part:
    """Who is caught by which attacks at each rate of false alarms, beside as many of those that nobody trained on."""
    from engine.evaluation.roc import overlap

    rows = [row for rate in RATES for row in _combinations(overlap(scored, rate), rate)]
    return Part("Who is caught by which attack?",
                texts(("Caught by", "False alarms allowed", "Forget samples", f"{unseen.capitalize()} samples"), rows),
                (f"A share that is as large among {unseen} samples is false alarm, not a leak.",))


def _combinations(found: Overlap, rate: float) -> Iterable[list[str]]:
    ordered = sorted(set(found.members) | set(found.nonmembers), key=lambda one: (-found.members.get(one, 0), one))
    for some in ordered or [()]:
        only = " only" if some and len(some) < len(found.attacks) else ""
        caught, accused = found.members.get(some, 0), found.nonmembers.get(some, 0)
        yield [" and ".join(get("attack", name).label for name in some) + only or "nobody", f"{100 * rate:g}%",
               f"{caught:,} of {found.total:,}, {100 * caught / found.total:.1f}%",
               f"{accused:,} of {found.total_nonmembers:,}, {100 * accused / found.total_nonmembers:.1f}%"]
