"""What a run is in an archive: the columns that mean something on any machine, and how one is judged on arrival.

Left behind are the queue number, the progress, the owner and its heartbeat. Sentences (``reason``, ``notice``) and
tags lose absolute paths, database addresses and the host name; ``device`` is hardware in words already
(see ``engine.system.device.describe``), and a data set's origin is a hub id or a folder's last name. No files here.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Mapping
from typing import Any

from engine.errors import BadInput
from engine.evaluation.metrics import against_retrained_metrics
from engine.runs.gate import COLUMNS, columns
from engine.runs.records import Run
from engine.spec import resolve
from engine.system.files import to_json
from engine.system.paths import expanded, home
from engine.system.shapes import short, shown
from engine.types import ENDED, Spec

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


def problem(record: Any, number: int) -> str | None:
    """What is wrong with an archived run, the ``number``-th of its archive, down to its last value; else None."""
    if not isinstance(record, dict):
        return f"run {number} is not an object"
    for name in COLUMNS:
        if name not in record and name not in LATER:
            return f"run {number} lacks the column {name!r}"
    if unknown := sorted(set(record) - set(COLUMNS)):
        return f"run {number} has a column {short(unknown[0])!r} that runs do not have"
    if found := columns(record, COLUMNS):
        return f"column {found.place!r} of run {number} is {shown(found.value)}, but must be {found.what}"
    if record["status"] == "finished" and record["metrics"] is None:
        return f"run {number} has finished, but its column 'metrics' is null"
    return None


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
