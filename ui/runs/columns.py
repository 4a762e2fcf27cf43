"""What a row of the table of runs can show: each column with its value, its look and whether one can group by it."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from engine.evaluation.closest import closest
from engine.evaluation.evidence import FURTHER, decides
from engine.evaluation.measured import UNMEASURED
from engine.evaluation.metrics import headlines, metric_of
from engine.evaluation.verdict import verdict_of
from engine.registry import all_of
from engine.runs import people
from engine.runs.records import Run, outdated
from ui.common import words
from ui.common.said import plain
from ui.compare.race import short_title

VERDICTS = {"reference": "reference", "damaged": "damaged", "over_forgotten": "over-forgotten",
            "not_forgotten": "not forgotten", "undecided": "undecided", "forgotten": "forgotten"}
FEW = "too few to tell"
SOURCES = {"own": "own", "recorded": "recorded", "imported": "imported"}


@dataclass(frozen=True)
class Column:
    """A column: ``of`` gives a run's value; ``kind`` is text, percent, number, bar, list or moment."""

    name: str
    title: str
    of: Callable[[Run], Any]
    kind: str = "text"
    width: int = 90
    help: str = ""
    format: str = "%.1f"
    groups: bool = False
    usual: bool = False

    @property
    def counts(self) -> bool:
        """Whether a mean of it makes sense."""
        return self.kind in ("percent", "number") and not self.groups

    def config(self) -> Any:
        """How Streamlit draws it."""
        common: dict[str, Any] = {"label": self.title, "width": self.width, "help": plain(self.help) or None}
        kinds: dict[str, Callable[[], Any]] = {
            "percent": lambda: st.column_config.NumberColumn(format=f"{self.format}%%", **common),
            "number": lambda: st.column_config.NumberColumn(format=self.format, **common),
            "bar": lambda: st.column_config.ProgressColumn(format="%.0f%%", min_value=0, max_value=100, **common),
            "list": lambda: st.column_config.ListColumn(**common),
            "moment": lambda: st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm", **common),
            "text": lambda: st.column_config.TextColumn(**common)}
        return kinds[self.kind]()


def columns() -> dict[str, Column]:
    """All columns by name, in the order of the table: first what a narrow window has room for."""
    listed = [
        Column("method", "method", lambda run: short_title(run.spec.method), width=112, groups=True, usual=True),
        Column("data", "data", lambda run: words.title_of("dataset", run.spec.dataset), width=88, groups=True,
               usual=True),
        *_results(),
        Column("verdict", "verdict", verdict, width=98, groups=True, usual=True,
               help="What the numbers come to by the present rules. Forgotten means: as far as what was "
                    "tried can tell. The run's page gives the reason."),
        Column("decided", "decided by", decided, width=180, usual=True,
               help="The number that decides the verdict, and the limit that it lies beyond; of a forgotten run what "
                    "came nearest to being found, and the limit that it stayed under."),
        Column("status", "status", status, width=98, groups=True, usual=True),
        Column("whose", "whose", source, width=76, groups=True, usual=True,
               help="Recorded runs ship with the app and are read-only; imported ones came out of an archive."),
        Column("percent", "done", percent, "bar", width=84, help="How much of the run is done."),
        Column("forget", "forget", lambda run: words.forgotten(run.spec), width=62, groups=True, usual=True,
               help="A share of the training set, or a class."),
        Column("changed", "changed", lambda run: ", ".join(words.changes(run)), width=112, usual=True,
               help="Settings that were not left at their defaults."),
        Column("seed", "seed", lambda run: run.spec.seed, "number", width=46, format="%d", groups=True, usual=True),
        Column("seconds", "training time", lambda run: run.seconds, "number", width=80, format="%.1f s", usual=True,
               help="Training time of the method alone, in seconds."),
        Column("started", "started", moment, "moment", width=118, usual=True),
        Column("tags", "tags", lambda run: list(run.tags or ()), "list", width=100, usual=True),
        Column("note", "note", lambda run: run.note or "", width=140, usual=True),
        Column("person", "started by", lambda run: run.person or "", width=140, groups=True,
               usual=people.asker() is not None, help="Who started it, on a server with login."),
        Column("device", "device", lambda run: run.device or "", width=120, groups=True),
        Column("remarks", "remarks", remarks, width=180, help="Why a run ended early, and what to know about it."),
        Column("run", "id", lambda run: run.id, width=78),
    ]
    return {one.name: one for one in listed}


def usual() -> tuple[str, ...]:
    """The columns that are shown unless one chooses others."""
    return tuple(one.name for one in columns().values() if one.usual)


# --- values ---------------------------------------------------------------------------------


def source(run: Run) -> str:
    """own, recorded or imported."""
    return "recorded" if run.recorded else "imported" if run.imported else "own"


def percent(run: Run) -> float | None:
    """How much of a run is done; None where nothing is known of it."""
    if run.finished:
        return 100.0
    fraction = (run.progress or {}).get("fraction")
    return None if fraction is None else 100 * fraction


def status(run: Run) -> str:
    """``running 43%``; of a run that ended early how far it came: ``cancelled 43%``."""
    done = percent(run)
    word = "waiting" if run.status == "queued" else run.status
    return word if run.finished or done is None else f"{word} {done:.0f}%"


def verdict(run: Run) -> str:
    """The verdict in a word or two."""
    found = verdict_of(run)
    return (FEW if found.few else VERDICTS.get(found.kind, found.kind)) if found else ""


def decided(run: Run) -> str:
    """The number that the verdict rests on, or the evidence that came later; of a forgotten run the closest call."""
    found = verdict_of(run)
    if found is None:
        return ""
    if later := decides(found.evidence) if not found.decisive else None:
        return FURTHER[later.name]
    number = found.decisive or (closest(run.metrics or UNMEASURED, run.spec.scenario)
                                if found.kind == "forgotten" else None)
    return words.decided(number) if number else ""


def moment(run: Run) -> datetime.datetime | None:
    """When it started; of a waiting run when it was asked for."""
    at = run.started or run.created
    return None if at is None else datetime.datetime.fromtimestamp(at)


def remarks(run: Run) -> str:
    """Sentences about the run, in a line."""
    earlier = "Made by an earlier version." if outdated(run) else ""
    return " ".join(filter(None, [earlier, run.reason, run.notice]))


def _results() -> list[Column]:
    """The numbers: the first attack, what was turned to get it, the gap and the accuracies, the other attacks."""
    first = headlines()[0].name
    attacks = [_metric(attack.name, attack.label, 74, attack.name == first) for attack in headlines()]
    rest = [("accuracy_gap", "gap", 48, True), ("test_accuracy", "test acc.", 66, True),
            ("forget_accuracy", "forget acc.", 76, True), ("retain_accuracy", "retain acc.", 76, False)]
    return attacks[:1] + _knobs() + [_metric(*one) for one in rest] + attacks[1:]


def _metric(name: str, title: str, width: int, shown: bool) -> Column:
    metric = metric_of(name)
    kind, form = ("percent", "%.1f") if metric.unit == "%" else ("number", "%.1f")
    return Column(name, title, lambda run: (run.metrics or UNMEASURED).get(name), kind, width, metric.help, form,
                  usual=shown)


def _knobs() -> list[Column]:
    """The hyperparameters that have a column of their own."""
    def value(name: str) -> Callable[[Run], Any]:
        def of(run: Run) -> Any:
            own, used = words.knob_of(run)
            return used if own == name else None
        return of

    found = {method.knob.name: method.knob for method in all_of("method") if method.knob}
    return [Column(name, name.replace("_", " "), value(name), "number", 54, knob.help, "%.3g", groups=True, usual=True)
            for name, knob in found.items()]
