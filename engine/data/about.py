"""What is known of samples beside what a model reads: where each came from, and further columns of its table."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class About:
    """Of one pool, a value a sample: ``places`` such as ``train.csv, row 17``, and ``columns`` by name.

    Both are empty where nothing is known.
    """

    places: tuple[str, ...] = ()
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def fingerprint(about: Mapping[str, About]) -> str:
    """The sha256 over the columns of all pools, 64 hex digits; empty where there are none. Places are left out."""
    columns = {pool: dict(one.columns) for pool, one in about.items() if one.columns}
    return hashlib.sha256(json.dumps(columns, sort_keys=True).encode()).hexdigest() if columns else ""
