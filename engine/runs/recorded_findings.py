"""What relearning found about runs of the lessons and of the results: it ships, so that nobody waits for it.

One file a run in ``cached_checkpoints/relearning``, named by the run's identity: it holds for every run of the same
code, settings and data, on whatever machine that was carried out.
"""

from __future__ import annotations

import functools
import gzip
import json
import logging
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.originals.checkpoints import SHIPPED
from engine.system.files import write_whole

FOLDER = SHIPPED / "relearning"
NOTHING: Mapping[str, Any] = {}  # one object, so that what is remembered by it is found again
log = logging.getLogger(__name__)


def shipped_finding(identity: str | None, folder: Path = FOLDER) -> Mapping[str, Any] | None:
    """What ships about a run of that identity: ``finding``, ``evidence`` and what the run was (``about``, the fields of
    its spec); None where nothing does.
    """
    if not identity or identity not in shipped_now(folder):
        return None
    path = folder / f"{identity}.json.gz"
    return _read(path, _changed(path)) if path.is_file() else None


def shipped_now(folder: Path = FOLDER) -> frozenset[str]:
    """The identities of which something ships; the same object as long as nothing is added."""
    return _there(folder, _changed(folder))


def _changed(path: Path) -> int:
    """When a file or a folder's list of files changed last; 0 where there is none."""
    return path.stat().st_mtime_ns if path.exists() else 0


@functools.lru_cache(maxsize=4)
def _there(folder: Path, changed: int) -> frozenset[str]:
    """The identities of which something ships: thousands of runs are listed, and of most of them nothing does."""
    return frozenset(shipped_identities(folder))


def shipped_identities(folder: Path = FOLDER) -> list[str]:
    """The identities of the runs of which something ships."""
    return sorted(path.name.removesuffix(".json.gz") for path in folder.glob("*.json.gz"))


def shipped_evidence(identity: str | None, folder: Path = FOLDER) -> Mapping[str, Any]:
    """The numbers for a verdict, by key; empty where nothing ships."""
    found = shipped_finding(identity, folder)
    return found["evidence"] if found else NOTHING


def ship(identity: str, finding: Mapping[str, Any], evidence: Mapping[str, Any], about: Mapping[str, Any],
         folder: Path = FOLDER) -> Path:
    """Writes what is to ship about the runs of an identity."""
    content = json.dumps({"about": about, "evidence": evidence, "finding": finding}, separators=(",", ":")).encode()
    path = folder / f"{identity}.json.gz"
    write_whole(path, lambda temporary: temporary.write_bytes(gzip.compress(content, 9, mtime=0)))
    return path


@functools.lru_cache(maxsize=256)
def _read(path: Path, changed: int) -> Mapping[str, Any] | None:
    try:
        found = json.loads(gzip.decompress(path.read_bytes()))
        return {name: dict(found[name]) for name in ("evidence", "finding", "about")}
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
        log.warning("%s cannot be read and is left out: %r", path, error)
        return None
