"""Data sets. One file each; it binds ``DATASET``. A person's own are declared in files (``engine.own``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.types import Dataset

FIRST = ("digits", "cifar10", "cifar100", "go_emotions", "moons", "blobs", "spirals")


def declared() -> Mapping[str, Dataset]:
    """The data sets of ``$UNLEARN_HOME/datasets``, as they are now."""
    from engine.own.folder import own

    return own().datasets
