"""The one place where errors of libraries become sentences; their tracebacks go into the log, which these name.

An error's library is known by where its class is from, so that naming a reason imports none of them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.errors import FULL, LabError
from engine.system import logs
from engine.tidy import tidy

LONGEST = 160  # characters of what a library says


def sentence(error: BaseException) -> str:
    """What a person reads about any error. A traceback is kept of those that nobody raised on purpose.

    >>> sentence(LabError("There is no run 'x'."))
    "There is no run 'x'."
    """
    if isinstance(error, LabError):
        return str(error)
    said = tidy(named(error))
    if out_of_memory(error) or _full(error):  # the machine's state, and nobody's mistake
        return said
    path = logs.keep(error)
    return f"{said} Details: {path}" if path else said


def named(error: BaseException) -> str:
    """The sentence alone."""
    if out_of_memory(error):
        return "Out of memory: a smaller batch size needs less."
    for of, says in _KINDS:
        if isinstance(error, of):
            return says(error)
    for library, says in _LIBRARIES.items():
        if any(one.__module__.partition(".")[0] == library for one in type(error).__mro__):
            return says(error)
    if isinstance(error, OSError):
        return _file(error)
    return f"{type(error).__name__}: {_said(error, '') or 'no message'}."  # most often of a component's own code


def out_of_memory(error: BaseException) -> bool:
    """Torch's own error goes by its name: naming a reason does not import torch."""
    return (isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
            or "can't allocate memory" in str(error))


def _full(error: BaseException) -> bool:
    return isinstance(error, OSError) and error.errno in FULL


def _said(error: BaseException, before: str = ": ") -> str:
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    first = lines[0].rstrip(".") if lines else ""
    return f"{before}{first[:LONGEST]}{'…' if len(first) > LONGEST else ''}" if first else ""


def _file(error: OSError) -> str:
    name = error.filename if isinstance(error.filename, (str, Path)) else None
    if _full(error):
        return f"The disk is full: {name or 'a file'} could not be written. Free some space and run it again."
    why = error.strerror or _said(error, "") or type(error).__name__
    return f"{name or 'A file'} cannot be read or written ({why})."


def _about(what: str, mend: str) -> Callable[[BaseException], str]:
    return lambda error: f"{what}{_said(error, ' (')}{')' if _said(error) else ''}: {mend}."


_KINDS: tuple[tuple[type[BaseException], Callable[[BaseException], str]], ...] = (
    (RecursionError, lambda _: "A value is nested too deeply to be read: make it flatter."),
    (OverflowError, lambda _: "A number is too large to be computed with: choose a smaller one."),
    (UnicodeError, lambda _: "A text holds signs that cannot be written or read as UTF-8: write it in other signs."))
_LIBRARIES: dict[str, Callable[[BaseException], str]] = {
    "safetensors": _about("A file of weights is damaged", "copy it again, or train it again"),
    "sqlalchemy": _about("The run store does not answer", "look at UNLEARN_DATABASE_URL, or try it again"),
    "sqlite3": _about("The run store does not answer", "look at UNLEARN_HOME, or try it again"),
    "PIL": _about("A picture cannot be read", "save it again as PNG, at most a few thousand pixels wide"),
    "pyarrow": _about("A table cannot be read", "write it again"),
    "huggingface_hub": _about("The hub could not be used", "look at the network, or set UNLEARN_DATA_DIR"),
    "zipfile": _about("A zip file is damaged", "copy it again")}
