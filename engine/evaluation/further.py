"""Evidence that came after a run: what is kept of it are numbers, an entry each, which become items of evidence here.

An entry is ``{"name": ..., **numbers}`` with a name of :data:`engine.evaluation.evidence.FURTHER`; :data:`READERS`
makes an item of its numbers. Entries that this version cannot read are left out and logged.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from engine.evaluation.evidence import Evidence
from engine.evaluation.per_example import NAME as PER_EXAMPLE
from engine.evaluation.per_example import PerExample
from engine.evaluation.relearning import NAME, Outcome

READERS: dict[str, Callable[[Mapping[str, Any]], Evidence]] = {
    NAME: lambda numbers: Outcome.from_json(numbers).evidence(),
    PER_EXAMPLE: lambda numbers: PerExample.from_json(numbers).evidence()}
STRENGTH = ("found", "reverse", "under", "chance", "unknown")  # of several results of a kind the first counts
log = logging.getLogger(__name__)


def further(kept: Mapping[str, Any] | None) -> list[Evidence]:
    """One item for each kind of evidence, the strongest of its results, from the entries that a run keeps by key.

    >>> gone = Outcome("gone", steps=200)
    >>> [item.kind for item in further({"relearning-1": {"name": "relearning", **gone.to_json()}})]
    ['chance']
    """
    items = [item for key, entry in (kept or {}).items() if (item := _item(key, entry))]
    items.sort(key=lambda item: STRENGTH.index(item.kind))
    return list({item.name: item for item in reversed(items)}.values())


def _item(key: str, entry: Any) -> Evidence | None:
    try:
        return READERS[entry["name"]](entry)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        log.warning("the evidence %s cannot be read and is left out: %r", key, error)
        return None
