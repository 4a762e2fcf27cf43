"""Where files of the Hugging Face hub may be on this machine, and whether the hub answers: for data sets and models.

Instant but for :func:`reachable`; nothing here imports the hub's libraries before it is asked.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from engine.system.paths import expanded


def local_folder(variable: str, name: str, pattern: str) -> Path | None:
    """``$<variable>/<name>`` where it holds a file that matches ``pattern``."""
    root = os.environ.get(variable)
    path = expanded(root) / name if root else None
    return path if path and any(path.glob(pattern)) else None


def where_to_put(variable: str, name: str) -> str:
    """The folder that :func:`local_folder` looks into, in words for a person."""
    root = os.environ.get(variable)
    return str(Path(root) / name) if root else f"a folder <dir>/{name} and set {variable}=<dir>"


def nearly(variable: str, name: str) -> str:
    """A sentence to follow another where ``$<variable>`` holds the folder under almost this name; else empty."""
    root = os.environ.get(variable)
    place = expanded(root) if root else None
    folders = sorted(path.name for path in place.iterdir() if path.is_dir()) if place and place.is_dir() else []
    near = next((one for one in folders if one != name and _letters(one) == _letters(name)), None)
    return f" {place} holds a folder {near}: rename it to {name}." if near else ""


def _letters(name: str) -> str:
    return "".join(sign for sign in name.lower() if sign.isalnum())


def cached(variable: str, default: str, pattern: str) -> bool:
    """Whether the hub's cache, ``$<variable>`` or ``$HF_HOME/<default>``, holds a file that matches ``pattern``."""
    home = expanded(os.environ.get("HF_HOME", "~/.cache/huggingface"))
    cache = expanded(os.environ.get(variable, home / default))
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
