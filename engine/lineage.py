"""Which code of a component makes the same results: a result is kept by what made it.

``lineage.json`` lists, for each component that ships, generations of source hashes (``engine.system.source``). All
hashes of one generation make the same results. The first generation is the one before identities held hashes: its
code is the empty text, so that runs and Originals of that time keep their identity. A hash that is not listed is
a generation of its own. Whoever edits a component that ships adds its new hash to the last generation where its results
stay equal, and as a new one where they do not: ``tests/engine/test_lineage.py`` says which are missing.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
import sys
import textwrap
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from engine.system.source import DIGITS, source_hash, text_hash, texts_in

FILE = Path(__file__).with_suffix(".json")
HERE = FILE.parent
MAKERS = {"dataset": "load", "model": "build", "scenario": "select", "method": "unlearn", "attack": "score_samples"}


def code_of(kind: str, record: Any, file: Path | None, texts: Mapping[Path, str] | None = None) -> str:
    """The name of a component's generation: empty for the first one, else the hash that began it."""
    made_by = hash_of(kind, record, file, texts)
    for generation, hashes in enumerate(_generations().get(f"{kind}/{record.name}", [])):
        if made_by in hashes:
            return hashes[0] if generation else ""
    return made_by


def coded(kind: str, record: Any, file: Path | None) -> Callable[[], str]:
    """What gives :func:`code_of` as the file is now, whatever is edited later.

    The engine's own files are parsed at the first question: a command asks for few of them, and all take a fourth of a
    second. Those of strangers are parsed here, so that what cannot be read is said where the component is found.
    """
    if file is not None and HERE in file.parents and file.resolve() in (texts := texts_in(file.parent)):
        return functools.cache(lambda: code_of(kind, record, file, texts))
    made_by = code_of(kind, record, file)
    return lambda: made_by


def listed(component: str, made_by: str) -> bool:
    """Whether a hash is in one of the generations of ``method/ssd``."""
    return any(made_by in hashes for hashes in _generations().get(component, []))


def hash_of(kind: str, record: Any, file: Path | None, texts: Mapping[Path, str] | None = None) -> str:
    """The hash of a component's source: of its file, else of the function that does its work."""
    if file is not None and (texts or file.is_file()):
        return source_hash(file, texts)
    work = getattr(record, MAKERS[kind])
    try:
        return text_hash(textwrap.dedent(inspect.getsource(work)))
    except (OSError, TypeError, SyntaxError):  # typed into an interpreter, or a lambda in the middle of a call
        compiled = _compiled(getattr(work, "__code__", None) or repr(work))
        return hashlib.sha256(compiled.encode()).hexdigest()[:DIGITS]


def _compiled(value: Any) -> str:
    """Compiled code as text, with the code inside it, whose own text would name a place in memory."""
    if isinstance(value, frozenset):  # its order differs between processes
        return f"frozenset({sorted(map(repr, value))})"
    if not isinstance(value, types.CodeType):
        return repr(value)
    return f"{value.co_code!r} {value.co_names} [{', '.join(map(_compiled, value.co_consts))}]"


def file_of(record: Any) -> Path | None:
    """The file that a record's work is written in, None for a notebook's."""
    kind = next(kind for kind in MAKERS if type(record).__name__.lower() == kind)
    module = sys.modules.get(getattr(getattr(record, MAKERS[kind]), "__module__", None) or "")
    place = getattr(module, "__file__", None)
    return Path(place) if place and getattr(module, kind.upper(), None) is record else None


@functools.cache
def _generations() -> dict[str, list[list[str]]]:
    known: dict[str, list[list[str]]] = json.loads(FILE.read_text(encoding="utf-8"))
    return known
