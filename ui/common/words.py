"""Numbers and states as people read them: percent with one decimal, seconds with units, thousands separated."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from engine.evaluation.evidence import Decisive
from engine.evaluation.metrics import metric_of
from engine.evaluation.sides import loses_sign
from engine.naming import class_names, in_brackets, selection_name
from engine.naming import unusual_model as unusual_model
from engine.registry import all_of, corrective, find, live_attacks
from engine.runs.records import Run
from engine.system.words import spaced
from engine.types import Spec
from ui.common.said import plain as plain

NONE = 0.005  # a smaller distance is written as 0.00
ICONS = {"queued": ":material/schedule:", "running": ":material/play_circle:", "finished": ":material/check_circle:",
         "failed": ":material/error:", "cancelled": ":material/stop_circle:",
         "interrupted": ":material/power_off:"}
COLOURS = {"queued": "gray", "running": "blue", "finished": "green", "failed": "red", "cancelled": "orange",
           "interrupted": "orange"}


def loss(nats: float) -> str:
    """``0.02``, ``19,784,632``: the loss of a sample; a damaged model's have no use for decimals."""
    return f"{nats:.2f}" if nats < 100 else f"{nats:,.0f}"


def number(value: float | None, digits: int = 1, unit: str = "") -> str:
    """``1,234.5 %``; a dash where there is no value."""
    return "–" if value is None else f"{value:,.{digits}f}{unit}"


def seconds(value: float | None) -> str:
    """``0.84 s``, ``42 s``, ``5 min 12 s``, ``1 h 03 min``."""
    if value is None:
        return "–"
    if value < 10:
        return f"{value:.2f} s"
    if value < 90:
        return f"{value:.0f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


def reference(scenario: str) -> str:
    """What the model is called that a scenario's runs are held against."""
    return "clean-trained" if corrective(scenario) else "retrained"


def countdown(value: float | None) -> str:
    """``0:07 left``."""
    if value is None:
        return ""
    minutes, rest = divmod(round(value), 60)
    return f"{minutes}:{rest:02d} left"


def when(timestamp: float | None) -> str:
    return "–" if timestamp is None else datetime.datetime.fromtimestamp(timestamp).strftime("%Y-%m-%d %H:%M:%S")


def percent(fraction: float) -> str:
    """``15%``, ``0.5%``."""
    return f"{100 * fraction:.4g}%"


def span(values: Sequence[float]) -> str:
    """``57.5%``, ``43.0 to 57.0%``: from the lowest to the highest of some percentages."""
    low, high = f"{min(values):.1f}", f"{max(values):.1f}%"
    return high if high == f"{low}%" else f"{low} to {high}"


def side(metric: str, signed: float | None) -> str:
    """Which side a distance is on: ``forget accuracy above test accuracy``, ``below 50%``; nothing where it is none."""
    if signed is None or not loses_sign(metric) or abs(signed) < NONE:
        return ""
    where = "above" if signed > 0 else "below"
    return f"forget accuracy {where} test accuracy" if metric == "accuracy_gap" else f"{where} 50%"


def setting(value: Any) -> str:
    """A setting's value as text; every digit that tells."""
    return ("yes" if value else "no") if isinstance(value, bool) else f"{value:.6g}" if isinstance(
        value, float) else str(value)


def title_of(kind: str, name: str) -> str:
    """A component's title, or its name where a stored run names one that is gone."""
    return next((record.title for record in all_of(kind) if record.name == name), name)


def decided(number: Decisive) -> str:
    """The number that a verdict rests on, beyond its limit: ``loss attack 61.7% > 57.3%``."""
    metric, attack = metric_of(number.metric), find("attack", number.attack)
    if attack is None:
        return f"{metric.title.lower()} {number.short('%')}"
    if number.metric == attack.metric("auc"):
        return f"{attack.label}, area {number.short(digits=3)}"
    return f"{attack.label} {number.short('%')}"


def forgotten(spec: Spec) -> str:
    """What a stored spec forgets: ``15%``, ``class 'dog'`` or ``class 3``.

    By a scenario of a share that is not the usual one: ``15% (the newest samples)``. Its own parameters follow:
    ``15% (memorised samples, stratum high)``, ``class 3 (share 0.3)``.
    """
    usual = spec.scenario == Spec().scenario or spec.forget_class is not None
    title = "" if usual else title_of("scenario", spec.scenario)
    return in_brackets("" if spec.forgotten is None else _amount(spec), title, selection_name(spec))


def _amount(spec: Spec) -> str:
    """How much a spec forgets: ``15%``, ``class 'dog'``, ``classes 3, 5``."""
    if spec.forget_class is None:
        return percent(spec.forget_fraction or 0.0)
    known = class_names(spec.dataset, spec.forget_class)
    shown = ", ".join(name if name.isdigit() else repr(name) for name in known)
    return f"{plural_class(len(known))} {shown}"


def never_seen(spec: Spec) -> str:
    """What an attacker has to tell from the forget set, to be followed by "samples": ``test``, ``never-seen dog``."""
    if spec.forget_class is None:
        scenario = find("scenario", spec.scenario)
        return "test" if scenario is None or scenario.compared_with == "test" else "never-seen"
    known = class_names(spec.dataset, spec.forget_class)
    shown = " and ".join(filter(None, [", ".join(map(spaced, known[:-1])), spaced(known[-1])]))
    return f"never-seen {plural_class(len(known))} {shown}" if known[0].isdigit() else f"never-seen {shown}"


def plural_class(count: int) -> str:
    """``class``, ``classes``."""
    return "class" if count == 1 else "classes"


def attack_labels() -> dict[str, str]:
    """The attacks that follow a method while it trains as charts name them: ``loss attack``."""
    return {attack.name: attack.label for attack in live_attacks()}


def run_title(run: Run) -> str:
    """``∇τ (nabla-tau) on Digits, forget 15%, alpha 0.25``."""
    spec = run.spec
    parts = [f"{title_of('method', spec.method)} on {title_of('dataset', spec.dataset)}",
             f"forget {forgotten(spec)}"]
    name, value = knob_of(run)
    if value is not None:
        parts.append(f"{spaced(name)} {value:.3g}" if isinstance(value, float) else f"{spaced(name)} {value}")
    if spec.seed:
        parts.append(f"seed {spec.seed}")
    return ", ".join(parts + changes(run))


def knob_of(run: Run) -> tuple[str, Any]:
    """The hyperparameter that is named beside the run's method, and the value that the run used; None for none."""
    method = find("method", run.spec.method)
    name = method.knob.name if method and method.knob else ""
    return name, (run.effective or {}).get(name)


def changes(run: Run) -> list[str]:
    """What was not left at its default: ``MiniLM``, ``paper profile``, ``label noise 0.0``, ``retain epochs 30``."""
    spec = run.spec
    told, _ = knob_of(run)  # in the title already
    chosen = {**spec.options, **{name: v for name, v in spec.parameters.items() if name != told}}
    kind = [title_of("model", model)] if (model := unusual_model(spec)) else []
    kind += [f"{spec.profile} profile"] if spec.profile != "corrected" else []
    kind += [f"Original {spec.original}"] if spec.original else []
    kind += [f"request {len(spec.earlier) + 1}"] if spec.start else []
    return kind + [f"{spaced(name)} {value}" for name, value in chosen.items()]


def badge(status: str) -> str:
    """A coloured Markdown badge."""
    return f":{COLOURS[status]}-badge[{ICONS[status]} {status}]"
