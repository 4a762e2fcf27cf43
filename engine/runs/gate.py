"""The one gate for runs that arrive from outside, below their columns: archives, and rows of the store.

What passes can be drawn and computed with by every page; what does not is refused with the place, the value and what
it must be. Shapes are in :mod:`engine.system.shapes`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, get_args

from engine.chain import LONGEST
from engine.checks import LONGEST as LONGEST_TEXT
from engine.runs.annotations import LONGEST_NOTE
from engine.spec import MAX_SEED
from engine.system.shapes import (
    MOST,
    Shape,
    Unfit,
    listed,
    maybe,
    moment,
    number,
    one_of,
    pair,
    plain,
    record,
    scalar,
    table,
    text,
    truth,
    whole,
    wrong,
)
from engine.types import Status

STATUSES = get_args(Status)
MOST_METRICS = 2000
SENTENCES = 20_000  # characters of a reason or a notice, which may quote an error
COUNT, SECONDS = whole(), number(0, MOST - 1, "a number of seconds")
RUN_ID = re.compile(r"[A-Za-z0-9]{1,16}")


def run_id(value: Any) -> None:
    """An id of a run, which names its folder as well."""
    if not isinstance(value, str) or not RUN_ID.fullmatch(value):
        raise Unfit(value, "an id of at most 16 letters and digits")


def storable(value: object) -> str:
    """An id as it was asked for, in characters that a database takes: any other is no run's."""
    return str(value)[:64].encode("utf-8", "replace").decode().replace("\0", "?")


# --- a specification ------------------------------------------------------------------------


def _setting(value: Any) -> None:
    (_settings if isinstance(value, (list, tuple)) else scalar)(value)


_settings = listed(scalar, most=1000)
SETTINGS = table(_setting, most=200)
SEED, NAME = whole(0, MAX_SEED), text(200)


def _classes(value: Any) -> None:
    if isinstance(value, (list, tuple)):
        listed(COUNT, most=10_000, least=1)(value)
    elif isinstance(value, str):
        text(LONGEST_TEXT)(value)
    else:
        COUNT(value)


SPEC = "a specification of a run"
SPEC_SHAPES: dict[str, Shape] = {
    "dataset": NAME, "method": NAME, "scenario": NAME, "profile": NAME, "model": maybe(NAME), "original": maybe(NAME),
    "forget_fraction": maybe(number(0, 1, "a share from 0 to 1")), "forget_class": maybe(_classes),
    "seed": SEED, "original_seed": SEED,
    **{name: maybe(SEED) for name in ("forget_seed", "unlearning_seed", "evaluation_seed")},
    "parameters": SETTINGS, "options": SETTINGS, "selection": SETTINGS}
NEEDED = ("dataset", "method", "scenario", "profile", "seed", "parameters", "options")


def spec(value: Any, others: Shape | None = None, needed: Collection[str] = NEEDED, depth: int = 0) -> None:
    """A stored specification; ``others`` is the shape of fields of another version, which archives do not have."""
    def start(before: Any) -> None:
        if depth > LONGEST:
            raise Unfit(before, f"a chain of at most {LONGEST} runs")
        if before is not None:
            spec(before, others, (), depth + 1)

    record({**SPEC_SHAPES, "start": start}, needed, others, SPEC)(value)


# --- what was measured ----------------------------------------------------------------------


def measured(value: Any) -> None:
    """The metrics of a run: numbers by name, and what is known about them."""
    _metrics(value, models=True)


def _metrics(value: Any, models: bool) -> None:
    if not isinstance(value, Mapping) or len(value) > MOST_METRICS:
        raise Unfit(value, "an object")
    for name, item in value.items():
        if type(item) is float and -MOST <= item <= MOST and name not in METRICS:
            continue  # most of them, and a listing of many runs looks at each
        shape = METRICS.get(name, _interval if name.endswith("_interval") else _numeric)
        if name in MODELS:
            shape = maybe(lambda one: _metrics(one, models=False)) if models else _absent
        try:
            shape(item)
        except Unfit as found:
            raise found.below(name) from None


MODELS = ("original", "retrained")  # the same metrics of these models, which have no further ones of their own
_numeric, _interval, _absent = maybe(number()), maybe(pair), maybe(one_of(()))
LINES = table(text(2000))
METRICS: dict[str, Shape] = {
    "missing": maybe(LINES), "notes": maybe(listed(text(2000), most=200)), "sizes": maybe(table(COUNT)),
    "null_band": table(maybe(pair)), "band": maybe(table(scalar)), "run_id": maybe(run_id),
    "verdict": maybe(text(2000)),
    "over_forgotten": maybe(truth), "attack_code": maybe(table(maybe(text(200)))),
    "corrective_sizes": maybe(table(COUNT))}


# --- events ---------------------------------------------------------------------------------


PERCENT = maybe(number(-100, 100, "a percentage"))
READING = record({
    "histogram": table(listed(COUNT, most=10_000)), "overlap": PERCENT,
    "accuracy": table(number(0, 100, "a percentage")),
    "attacks": table(PERCENT), "by_class": listed(PERCENT), "said": listed(COUNT)}, ("histogram", "overlap"), plain)
EVENTS: dict[str, Shape] = {
    "start": record({
        "bins": listed(number(), most=10_001, least=2, what="a list of at least two numbers"), "counts": table(COUNT),
        "before": READING, "null_band": maybe(table(maybe(pair))), "band": maybe(table(scalar)),
        "retrained": maybe(READING)}, ("bins", "counts", "before"), plain),
    "probe": record({
        "step": COUNT, "samples": COUNT, "seconds": SECONDS, "reading": READING, "complete": truth,
        "trace": table(listed(maybe(number())))}, ("step", "samples", "seconds", "reading"), plain)}


def event(value: Any) -> None:
    """An event of a run; one of another kind than these two need only be plain."""
    if not isinstance(value, Mapping) or not isinstance(value.get("kind"), str):
        raise Unfit(value, "an event with a kind")
    EVENTS.get(value["kind"], plain)(value)


# --- columns --------------------------------------------------------------------------------


def _tags(value: Any) -> None:
    if wrong(_texts, value):
        raise Unfit(value, "a list of texts or null")


_texts = maybe(listed(text(1000), most=1000))


def _many(most: int) -> Shape:
    return maybe(text(most, f"a text of at most {most} characters"))


COLUMNS: dict[str, Shape] = {  # those that archives have
    "id": run_id, "status": one_of(STATUSES), "spec": spec, "effective": maybe(SETTINGS), "metrics": maybe(measured),
    "code": maybe(table(text(200))), "evidence": maybe(table(table(plain))),
    "fingerprint": text(12, "a text of at most 12 characters"), "split": text(12, "a text of at most 12 characters"),
    "data": _many(16), "identity": _many(32), "train_original": whole(0, 1, "0 or 1"),
    "created": moment, "started": maybe(moment), "ended": maybe(moment), "seconds": maybe(SECONDS),
    "steps": maybe(COUNT), "samples": maybe(COUNT), "reason": maybe(text(SENTENCES)), "notice": maybe(text(SENTENCES)),
    "note": maybe(text(LONGEST_NOTE)), "device": _many(120), "code_version": _many(40), "tags": _tags}
PROGRESS = record({"stage": text(1000), "fraction": maybe(number(0, 1, "a share from 0 to 1")), "step": maybe(COUNT),
                   "total_steps": maybe(COUNT), "eta": maybe(SECONDS), "note": maybe(text(1000))}, others=plain)
OWNER = record({"machine": text(200), "pid": COUNT, "started": number()}, ("machine", "pid", "started"), plain)
STORED: dict[str, Shape] = COLUMNS | {  # those of the store; a spec there may be of another version
    "spec": lambda value: _stored_spec(value), "number": maybe(COUNT), "progress": maybe(PROGRESS),
    "owner": maybe(OWNER), "heartbeat": maybe(moment), "imported": maybe(moment), "cancel": maybe(COUNT),
    "keep_weights": maybe(COUNT), "person": maybe(text(200)), "most_seconds": maybe(SECONDS)}


def _stored_spec(value: Any) -> None:
    spec(value, plain, needed=())


def columns(row: Mapping[str, Any], shapes: Mapping[str, Shape]) -> Unfit | None:
    """What is wrong with a run's columns; None where nothing is."""
    for name, shape in shapes.items():
        if name in row:
            try:
                shape(row[name])
            except Unfit as found:
                return found.below(name)
            except RecursionError:
                return Unfit(None, "nested less deeply").below(name)
    return None
