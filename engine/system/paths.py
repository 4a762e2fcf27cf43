"""Where results live: ``$UNLEARN_HOME``, by default ``runs/`` beside the code; the store's URL may be set apart."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import quote

from engine.errors import UnusableHome

PACKAGE = Path(__file__).resolve().parents[1]  # the folder engine/
PROJECT = PACKAGE.parent


def home() -> Path:
    """The folder of the store, the artifacts and locally trained Originals; made where it is absent, for its owner."""
    asked = os.environ.get("UNLEARN_HOME") or PROJECT / "runs"
    if str(asked).startswith("~") and not expanded(asked).is_absolute():
        raise UnusableHome(f"UNLEARN_HOME={asked} cannot be used (this machine knows no folder for it): write the "
                           "whole path.")
    if not str(asked).isprintable():
        locale = "" if sys.getfilesystemencoding() == "utf-8" else "set LC_ALL=C.UTF-8, or "
        raise UnusableHome(f"UNLEARN_HOME={str(asked)!r} cannot be used (it holds signs that are no text): {locale}"
                           "choose another name.")
    path = Path(asked)
    try:
        path = expanded(asked).resolve()
        path.mkdir(mode=0o700, parents=True, exist_ok=True)  # one that is there keeps its mode
    except (OSError, RuntimeError) as error:  # RuntimeError: links that lead in a circle
        why = getattr(error, "strerror", None) or "its links lead in a circle"
        raise UnusableHome(f"UNLEARN_HOME={path} cannot be used ({why}): choose a folder that can be "
                           "written.") from error
    return path


def home_if_there() -> Path | None:
    """The folder of :func:`home`, None where there is none yet."""
    try:
        path = expanded(os.environ.get("UNLEARN_HOME") or PROJECT / "runs").resolve()
    except (OSError, RuntimeError):
        return None
    return path if path.is_dir() else None


def database_url() -> str:
    """``$UNLEARN_DATABASE_URL``, else SQLite in the home folder."""
    return os.environ.get("UNLEARN_DATABASE_URL") or sqlite_url(home() / "runs.sqlite")


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file, whatever signs its path has: in a URL, ``%`` and ``?`` mean something else."""
    return f"sqlite:///{quote(str(path), safe='/ @:&=+,')}"


def expanded(path: str | Path) -> Path:
    """A path with the home folder in place of ``~``; as it is where there is no such folder."""
    try:
        return Path(path).expanduser()
    except RuntimeError:  # no HOME, and no such person
        return Path(path)


def datasets_folder() -> Path | None:
    """The folder of a person's own data sets, which need not exist; None where there is no home folder."""
    place = expanded(os.environ.get("UNLEARN_HOME") or PROJECT / "runs")
    return None if str(place).startswith("~") else place.absolute() / "datasets"
