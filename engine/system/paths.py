"""Where results live: ``$UNLEARN_HOME``, by default ``runs/`` beside the code; the store's URL may be set apart."""

from __future__ import annotations

import os
from pathlib import Path

from engine.errors import StoreUnavailable

PACKAGE = Path(__file__).resolve().parents[1]  # the folder engine/
PROJECT = PACKAGE.parent


def home() -> Path:
    """The folder of the store, the artifacts and locally trained Originals; made where it is absent."""
    path = Path(os.environ.get("UNLEARN_HOME") or PROJECT / "runs").expanduser().resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(f"UNLEARN_HOME={path} cannot be used ({error.strerror}): choose a folder that can be "
                               "written.") from error
    return path


def database_url() -> str:
    """``$UNLEARN_DATABASE_URL``, else SQLite in the home folder."""
    return os.environ.get("UNLEARN_DATABASE_URL") or f"sqlite:///{home() / 'runs.sqlite'}"


def datasets_folder() -> Path | None:
    """The folder of a person's own data sets, which need not exist; None where there is no home folder."""
    try:
        return Path(os.environ.get("UNLEARN_HOME") or PROJECT / "runs").expanduser().absolute() / "datasets"
    except RuntimeError:  # "~" without a home
        return None
