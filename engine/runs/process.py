"""Which process a running run belongs to, and whether it is alive.

On one machine the process id with its start time decides, so that a reused id is no alibi; for a
store shared between machines the heartbeat does.
"""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

BOOT, NAMESPACE = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")  # Linux only
STALE_AFTER = 60.0  # seconds without a heartbeat after which another machine's run counts as dead


@functools.cache
def machine() -> str:
    """A hash that tells machines apart without naming them; containers that number processes by themselves too."""
    return hashlib.sha256(_identity().encode()).hexdigest()[:12]


def _identity() -> str:
    """What stays while process ids mean the same: a boot of a system, and the namespace of its processes.

    Where the system has no name for its boot, a network card's address stands for the machine. Without a card Python
    makes up another address in every process, which has the multicast bit; then it is the host's name.
    """
    try:
        return f"{BOOT.read_text(encoding='ascii').strip()}/{os.readlink(NAMESPACE)}"
    except (OSError, ValueError):
        node = uuid.getnode()
        made_up = bool(node >> 40 & 1)
        return f"{platform.node() if made_up else node}/{psutil.boot_time():.0f}"


@functools.cache
def _started(pid: int) -> float:
    return float(psutil.Process(pid).create_time())


def me() -> dict[str, Any]:
    """This process: machine, process id and start time (seconds since 1970)."""
    return {"machine": machine(), "pid": os.getpid(), "started": _started(os.getpid())}


def alive(owner: Mapping[str, Any] | None, heartbeat: float | None) -> bool:
    """Whether the process that took a run is still there."""
    if not owner:
        return False
    if owner["machine"] != machine():
        return heartbeat is not None and time.time() - heartbeat < STALE_AFTER
    try:
        process = psutil.Process(owner["pid"])
        return bool(abs(process.create_time() - owner["started"]) < 2) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
