"""What a run is in an archive: the columns that mean something on any machine, and how one is judged on arrival.

Left behind are the queue number, the progress, the owner and its heartbeat. Sentences (``reason``, ``notice``) and
tags lose absolute paths, database addresses and the host name; ``device`` is hardware in words already
(see ``engine.system.device.describe``), and a data set's origin is a hub id or a folder's last name. No files here.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, get_args

from engine.errors import BadInput
from engine.evaluation.metrics import against_retrained_metrics
from engine.runs.records import Run
from engine.spec import resolve
from engine.system.files import to_json
from engine.system.paths import expanded, home
from engine.types import ENDED, Spec, Status

Record = Mapping[str, Any]  # a run as archives have it: its columns
PATHS = re.compile(r"""(?x)
    \b(?!https?:)[A-Za-z][\w+.-]*://[^\s'"]*[^\s'".,;:)]           # sqlite:////home/me/runs.sqlite, file:///data
  | (?<![\w.:/>])~?/[^\s'"<>|:;,]*[^\s'"<>|:;,.)]                    # /home/me/x, ~/x; not and/or, not https://x
  | \b[A-Za-z]:\\[^\s'"<>|;,]*[^\s'"<>|;,.)]                        # C:\Users\me""")
COMPLETED_LATER = ("retrained", "missing", "notes", "over_forgotten", "verdict", "attack_code",
                   "null_band", "band")  # bands were made anew
# Columns that older archives lack; empty ones are not written, so that older versions read them.
LATER = ("code", "note", "evidence")
# By a person, an export, what came later.
MAY_CHANGE = ("tags", "note", "reason", "notice", "metrics", "evidence")
MOST = 2**53  # the greatest number: whole ones are exact up to here, and a database takes them
MOST_SHOWN = 60  # characters of a wrong value in a sentence


# --- leaving --------------------------------------------------------------------------------


def portable(run: Run) -> dict[str, Any]:
    """The columns of a run that travel, with nothing in them that names a machine, a person or a folder."""
    row = run.to_row()
    kept = {name: row[name] for name in COLUMNS if name not in LATER or row[name]}
    kept |= {"note": anonymous(run.note)} if run.note else {}
    return kept | {"reason": anonymous(run.reason), "notice": anonymous(run.notice),
                   "tags": [anonymous(str(tag)) for tag in run.tags or []]}


def anonymous(text: str | None) -> str | None:
    """A sentence without absolute paths, database addresses and this machine's host name."""
    if not text:
        return text
    for folder in sorted({str(expanded("~")), str(home())}, key=len, reverse=True):  # these may have spaces in them
        if len(folder) > 1:
            text = re.sub(rf"{re.escape(folder)}(?![\w-])[^\s'\"<>|:;,]*(?<![.)])", "(a path)", text)
    text = PATHS.sub("(a path)", text)
    host = socket.gethostname()
    for name in {host, host.partition(".")[0]} - {"", "localhost"}:
        text = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", "(a host)", text)
    return text


# --- arriving -------------------------------------------------------------------------------


def _text(most: int | None = None, needed: bool = False) -> tuple[str, Callable[[Any], bool]]:
    what = "a text" + (f" of at most {most} characters" if most else "") + ("" if needed else " or null")
    return what, lambda value: (not needed if value is None else
                                isinstance(value, str) and (most is None or len(value) <= most)
                                and not any("\ud800" <= c <= "\udfff" for c in value))  # halves of characters


def _number(kind: type[int] | tuple[type[int], type[float]], what: str,
            needed: bool = False) -> tuple[str, Callable[[Any], bool]]:
    return (what if needed else f"{what} or null"), lambda value: (
        not needed if value is None else isinstance(value, kind) and not isinstance(value, bool) and 0 <= value < MOST)


def _object(needed: bool = False) -> tuple[str, Callable[[Any], bool]]:
    return ("an object" if needed else "an object or null"), lambda value: (
        not needed if value is None else isinstance(value, dict))


STATUSES = get_args(Status)
SPEC_FIELDS = {field.name for field in fields(Spec)}
TIME, COUNT = "a number of seconds", "a whole number"
COLUMNS: dict[str, tuple[str, Callable[[Any], bool]]] = {  # what a column must be, in words and as a test
    "id": ("an id of at most 16 letters and digits",
           lambda value: isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9]{1,16}", value) is not None),
    "status": (f"one of {', '.join(STATUSES)}", lambda value: isinstance(value, str) and value in STATUSES),
    "spec": ("a specification of a run", lambda value: isinstance(value, dict) and set(value) <= SPEC_FIELDS
             and all(isinstance(value.get(name), str) for name in ("dataset", "method", "scenario", "profile"))
             and all(isinstance(value.get(name), dict) for name in ("parameters", "options"))
             and isinstance(value.get("selection", {}), dict)),
    "effective": _object(), "metrics": _object(), "code": _object(), "evidence": _object(),
    "fingerprint": _text(12, needed=True), "split": _text(12, needed=True), "data": _text(16), "identity": _text(32),
    "train_original": _number(int, "0 or 1", needed=True),
    "created": _number((int, float), TIME, needed=True), "started": _number((int, float), TIME),
    "ended": _number((int, float), TIME), "seconds": _number((int, float), TIME),
    "steps": _number(int, COUNT), "samples": _number(int, COUNT),
    "reason": _text(), "notice": _text(), "note": _text(), "device": _text(120), "code_version": _text(40),
    "tags": ("a list of texts or null", lambda value: value is None or (
        isinstance(value, list) and all(isinstance(tag, str) for tag in value))),
}


def problem(record: Any, number: int) -> str | None:
    """What is wrong with the shape of an archived run, the ``number``-th of its archive; None where nothing is."""
    if not isinstance(record, dict):
        return f"run {number} is not an object"
    for name, (what, fits) in COLUMNS.items():
        if name not in record and name in LATER:
            continue
        if name not in record:
            return f"run {number} lacks the column {name!r}"
        if not fits(record[name]):
            shown = json.dumps(record[name])
            shown = shown if len(shown) <= MOST_SHOWN else f"{shown[:MOST_SHOWN]}…"
            return f"column {name!r} of run {number} is {shown}, but must be {what}"
    unknown = sorted(set(record) - set(COLUMNS))
    return f"run {number} has a column {unknown[0]!r} that runs do not have" if unknown else None


def unusable(record: Record) -> str | None:
    """Why a well-formed run is of no use here, as a sentence: it has not ended, or its spec is not known here."""
    if record["status"] not in ENDED:
        return f"It is {record['status']}: only runs that have ended are accepted."
    try:
        resolve(Spec(**record["spec"]))
    except BadInput as error:
        return f"This version does not know it: {str(error).splitlines()[0]}"
    except (TypeError, ValueError, AttributeError) as error:  # values of kinds that no check expects
        return f"This version does not know it: {type(error).__name__}: {error}"
    return None


def same_run(one: Record, other: Record) -> bool:
    """Whether two archived runs of one id are one run: equal in all but tags, wording and later metrics.

    A retrained model and an attack that was added add metrics afterwards: judged are those that both have.
    """
    later = {*COMPLETED_LATER, *(metric.name for metric in against_retrained_metrics())}
    both = (one["metrics"] or {}).keys() & (other["metrics"] or {}).keys()

    def core(run: Record) -> str:
        own = {name: value for name, value in (run["metrics"] or {}).items() if name in both and name not in later
               and name.removesuffix("_interval") not in later}
        return to_json({name: run.get(name) or None if name in LATER else run[name] for name in COLUMNS
                        if name not in MAY_CHANGE} | {"metrics": own})

    return bool(json.loads(core(one)) == json.loads(core(other)))


def strict_json(text: str) -> Any:
    """JSON as the standard has it. Raises ValueError, also for NaN and Infinity."""
    def refuse(word: str) -> Any:
        raise ValueError(f"{word} is not JSON")

    return json.loads(text, parse_constant=refuse)
