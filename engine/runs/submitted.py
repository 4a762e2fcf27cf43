"""The columns of a run as it is submitted, and as a process takes it."""

from __future__ import annotations

import secrets
import time
from typing import Any

from engine.runs import process as owner
from engine.runs.records import stored_spec
from engine.runs.shared import of_asker
from engine.spec import Resolved
from engine.system.version import code_version
from engine.types import Status


def row(resolved: Resolved, status: Status, train_original: bool, keep_weights: bool | None) -> dict[str, Any]:
    """The columns of a new run."""
    return {"id": secrets.token_hex(4), "status": status, "spec": stored_spec(resolved.spec),
            "code": dict(resolved.code) or None,
            "effective": resolved.effective, "fingerprint": resolved.fingerprint, "split": resolved.split_identity(),
            "created": time.time(), "train_original": int(train_original), "tags": [],
            **of_asker(), "keep_weights": None if keep_weights is None else int(keep_weights),
            **(running() if status == "running" else {})}


def running() -> dict[str, Any]:
    now = time.time()
    return {"status": "running", "started": now, "heartbeat": now, "owner": owner.me(), "code_version": code_version()}
