"""Where files of the Hugging Face hub may be on this machine, and whether the hub answers: for data sets and models.

Instant but for :func:`reachable`; nothing here imports the hub's libraries before it is asked.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal


def local_folder(variable: str, name: str, pattern: str) -> Path | None:
    """``$<variable>/<name>`` where it holds a file that matches ``pattern``."""
    root = os.environ.get(variable)
    path = Path(root).expanduser() / name if root else None
    return path if path and any(path.glob(pattern)) else None


def where_to_put(variable: str, name: str) -> str:
    """The folder that :func:`local_folder` looks into, in words for a person."""
    root = os.environ.get(variable)
    return str(Path(root) / name) if root else f"a folder <dir>/{name} and set {variable}=<dir>"


def cached(variable: str, default: str, pattern: str) -> bool:
    """Whether the hub's cache, ``$<variable>`` or ``$HF_HOME/<default>``, holds a file that matches ``pattern``."""
    home = Path(os.environ.get("HF_HOME", "~/.cache/huggingface")).expanduser()
    cache = Path(os.environ.get(variable, home / default)).expanduser()
    return any(cache.glob(pattern))


def reachable(kind: Literal["dataset", "model"], hub_id: str) -> bool:
    """One question to the hub, at most 5 s, in place of the libraries' 23 s of retries when there is no network."""
    import huggingface_hub

    hub = huggingface_hub.HfApi()
    try:
        (hub.dataset_info if kind == "dataset" else hub.model_info)(hub_id, timeout=5)
    except Exception:  # whatever the HTTP client raises: then only the cache can help
        return False
    return True


def first_line(error: Exception) -> str:
    """What an exception says, for the middle of a sentence."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
