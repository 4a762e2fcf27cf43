"""From a run's course to what the browser draws: densities, curves, three numbers with their chance ranges."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from engine.errors import LabError
from engine.evaluation.events import Course, ProbeEvent, Reading, StartEvent
from engine.evaluation.histograms import EDGES, density
from engine.evaluation.measured import UNMEASURED, Metrics
from engine.evaluation.metrics import CORRECTIVE, metric_of
from engine.evaluation.verdict import Verdict, verdict_of
from engine.naming import class_name
from engine.registry import compares_unlike, corrective, judged_by, live_attacks
from engine.runs.records import Run
from engine.system.words import plural
from engine.types import Spec
from ui.charts.colours import attack_colours
from ui.common import glossary, words

COARSE = ("An earlier version kept only coarse losses of this run, so its two humps cannot be drawn: run it again to "
          "see them. The numbers and curves are as measured.")
FEW = 10  # forgotten samples below which no attack is measured either
DECIDING = ("attack_success", "corrected_accuracy")  # where manipulated samples are corrected
SETS = ("retain", "forget", "test")
GOALS = {"unseen": "Forget should come down to test", "retrained": "Forget should come to the retrained model's",
         "class": "Forget should fall to the retrained model's"}
# Beside never-seen samples of the class the attack may begin inside its chance range: nothing has to fall there.
ATTACK_GOALS = {"class": "The attack should end near a coin toss, 50%"}
ATTACK_GOAL = "The attack should fall to a coin toss, 50%"
AS_RETRAINED = "The attack should come to the retrained model's"  # chosen samples stand out without any training
HELP = ("50% is a coin toss: the attacker knows nothing. Below 50% is not better than 50%: an attacker could turn "
        "every answer round, and 31% right would be 69% right. What counts is the distance from 50%, beyond the "
        "chance range.")
TERMS = ("retrained", "chance range", "in common", "loss", "nats")  # that the picture explains
ROOM = 4.0  # percent or points on either side of what a gauge has to show


def scene(run: Run, course: Course, autoplay: bool = False, at: int | None = None, fit: bool = False,
          compact: bool = False, reference: Reading | None = None) -> dict[str, Any] | None:
    """What the stage draws of a run; None before its first event. ``at`` is the step to open at, ``fit``
    makes it end where the screen does. ``reference`` has the retrained model's losses where the run kept none.
    """
    start = course.start
    if start is None:
        return None
    fine = list(start.bins) == EDGES
    final = run.metrics if run.finished else None
    points = [*course.points, *_end(run, course)]
    retrained = None if run.is_reference else _retrained(start, final, reference, fine)  # not against itself
    judged = verdict_of(run) if final else None
    attacks = {attack.name: attack for attack in live_attacks()}
    colours = attack_colours(attacks)
    bands = [_band((final or start).null_band.get(name)) for name in attacks]
    return {
        "total": (run.progress or {}).get("total_steps") if not run.has_ended else None,
        "terms": {word: glossary.MEANINGS[word] for word in TERMS},
        "run": run.id, "ended": run.has_ended, "autoplay": autoplay, "at": at, "compact": compact, "fit": fit,
        "damaged": bool(judged and judged.damaged), "note": _note(run, fine), "caption": words.run_title(run),
        "classes": _classes(run, start), "forgotten": _forgotten(run.spec),
        "names": {"forget": "forget", "test": words.never_seen(run.spec)},
        "points": [_point(point, fine) for point in points],
        "retrained": retrained, "bands": [band for band in bands if band], "help": HELP,
        "attacks": {name: {"label": attack.label, "colour": colours[name],
                           "now": _number(final.get(name) if final else None)} for name, attack in attacks.items()},
        "titles": _titles(run.spec),
        "gauges": [_gauge(name, run, start, final, retrained, judged) for name in _told(run, judged)]}


def _note(run: Run, fine: bool) -> str | None:
    """Why no humps are drawn; None where they are."""
    if not fine:
        return COARSE
    few = _few(run)
    return f"{few}: too few for a shape, so no humps are drawn. The numbers are as measured." if few else None


def _few(run: Run) -> str | None:
    """``4 samples`` where so few are forgotten; None where there are more, or nobody knows how many."""
    try:
        known = (run.metrics.sizes if run.metrics else None) or {}
        count = known["forget"] if "forget" in known else run.resolved().sizes.forget
    except LabError:
        return None
    return f"{count:,} {plural(count, 'sample')}" if 0 < count < FEW else None


def _titles(spec: Spec) -> dict[str, str]:
    """What both charts should show; of a correction no attack tells anything."""
    if corrective(spec.scenario):
        return {"attacks": "Attacks tell nothing about a correction",
                "accuracy": "Forget should fall to the clean-trained model's: these labels are wrong"}
    attacks = AS_RETRAINED if compares_unlike(spec) else ATTACK_GOALS.get(judged_by(spec), ATTACK_GOAL)
    return {"attacks": attacks, "accuracy": GOALS[judged_by(spec)]}


def _forgotten(spec: Spec) -> list[Any]:
    """The numbers of the forgotten classes; empty where samples are chosen otherwise."""
    asked = spec.forget_class
    return list(asked) if isinstance(asked, tuple) else [] if asked is None else [asked]


def _classes(run: Run, start: StartEvent) -> list[str] | None:
    """The names of the classes where one is forgotten and was followed class by class; else None."""
    if run.spec.forget_class is None or not start.before.by_class:
        return None
    return [class_name(run.spec.dataset, number) for number in range(len(start.before.by_class))]


def _end(run: Run, course: Course) -> list[ProbeEvent]:
    """The complete sets as the last point, of a finished run whose course of an earlier version ends before it."""
    if not run.finished or not run.metrics or (course.probes and course.probes[-1].complete):
        return []
    last = course.points[-1]
    accuracy = {name: run.metrics.get(f"{name}_accuracy") for name in SETS}
    attacks = {attack.name: run.metrics.get(attack.name) for attack in live_attacks()}
    known = {name: value for name, value in accuracy.items() if value is not None}
    return [ProbeEvent(last.step, last.samples, last.seconds,
                       Reading(last.reading.histogram, last.reading.overlap, known, attacks), complete=True)]


def _told(run: Run, judged: Verdict | None) -> tuple[str, ...]:
    """The three numbers to look at; the attack is the one that decides, else the first."""
    if corrective(run.spec.scenario):
        measured = [metric.name for metric in CORRECTIVE if run.metrics and run.metrics.get(metric.name) is not None]
        return (*[name for name in measured if name in DECIDING], "test_accuracy", "forget_accuracy",
                "retain_accuracy")[:3]
    decisive = judged.decisive.attack if judged and judged.decisive else ""
    attack = decisive or live_attacks()[0].name
    return ("forget_accuracy", "test_accuracy", attack) if judged_by(run.spec) == "class" else (
        attack, "accuracy_gap", "test_accuracy")


def _point(point: ProbeEvent, fine: bool) -> dict[str, Any]:
    return {"step": point.step, "samples": point.samples, "seconds": round(point.seconds, 3),
            **_densities(point.reading, fine),
            "by_class": list(point.reading.by_class) or None, "said": list(point.reading.said) or None,
            "attacks": {name: _number(value) for name, value in point.reading.attacks.items()},
            "accuracy": {name: _number(point.reading.accuracy.get(name)) for name in SETS}}


def _densities(reading: Reading, fine: bool) -> dict[str, Any]:
    """Both sets smoothed, (80,) each, and the percent that they have in common; None where losses were not kept."""
    if not fine or not reading.histogram:
        return {"forget": None, "test": None, "overlap": None}
    return {name: list(_smoothed(tuple(reading.histogram[name])))
            for name in ("forget", "test")} | {"overlap": _number(reading.overlap)}


@functools.lru_cache(maxsize=4096)  # a live run's earlier points are drawn at every look
def _smoothed(counts: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(round(float(value), 4) for value in density(counts))


def _retrained(start: StartEvent, final: Metrics | None, reference: Reading | None,
               fine: bool) -> dict[str, Any] | None:
    """The retrained model: its numbers are the end's, as in the verdict; before there is an end, those of the start."""
    reading = start.retrained if start.retrained and start.retrained.histogram else reference
    known = final.retrained if final and final.retrained else start.retrained.values if start.retrained else None
    if known is None:
        return None
    drawn = _densities(reading, fine) if reading else {"forget": None, "test": None}
    return drawn | {"attacks": {attack.name: _number(known.get(attack.name)) for attack in live_attacks()},
                    "accuracy": {name: _number(known.get(f"{name}_accuracy")) for name in SETS},
                    "gap": _number(known.get("accuracy_gap"))}


def _gauge(name: str, run: Run, start: StartEvent, final: Metrics | None,
           retrained: Mapping[str, Any] | None, judged: Verdict | None) -> dict[str, Any]:
    metric, attacks = metric_of(name), {attack.name for attack in live_attacks()}
    before = ((final.original or UNMEASURED) if final else start.before.values).get(name)
    now = final.get(name) if final else None
    band = _band((final or start).null_band.get(name)) if name in attacks else None
    aim = None
    if retrained:
        aim = retrained["gap"] if name == "accuracy_gap" else retrained["attacks"].get(
            name, retrained["accuracy"].get(name.removesuffix("_accuracy")))
        if name in DECIDING:
            aim = _number(final.retrained.get(name)) if final and final.retrained else None
    shown = [value for value in (before, now, aim, *(band or ())) if value is not None and math.isfinite(value)]
    notes = [f"chance range {band[0]:.1f} to {band[1]:.1f}%"] if band else []
    if aim is not None:
        notes.append(f"{words.reference(run.spec.scenario)} {aim:.1f}")
    elif run.is_reference:
        notes.append("this is the reference")
    if name == "accuracy_gap" and (few := _few(run)):
        notes.append(few)
    return {"key": name, "title": metric.title, "unit": "%" if metric.unit == "%" else " points",
            "before": _number(before), "now": _number(now), "retrained": _number(aim), "band": band,
            "low": min([*shown, 50.0 if band else 100.0]) - ROOM if name != "accuracy_gap" else 0.0,
            "high": max([*shown, 50.0 if band else 0.0]) + ROOM, "note": " · ".join(notes),
            "decides": _decides(name, judged)}


def _decides(name: str, judged: Verdict | None) -> str | None:
    """What of this number decides the verdict; None where it does not."""
    number = judged.decisive if judged else None
    if number is None or name not in (number.attack, number.metric) + (
            ("accuracy_gap",) if number.metric == "forget_accuracy" else ()):
        return None
    if number.metric == name:
        return "This number decides."
    if number.metric == "forget_accuracy":
        return "This gap decides."
    return f"Decides: ROC area {number.short(digits=3)}"


def _band(band: Sequence[float] | None) -> list[float] | None:
    return [round(band[0], 2), round(band[1], 2)] if band else None


def _number(value: float | None) -> float | None:
    """Rounded for the browser; None where it is missing or not finite."""
    return None if value is None or not math.isfinite(value) else round(float(value), 3)
