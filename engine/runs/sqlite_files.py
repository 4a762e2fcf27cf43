"""What is particular to a store in a SQLite file: how it is opened, read-only stores, and drives without locks."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from engine.errors import StoreUnavailable, UnusableHome
from engine.system.files import to_plain_json

LOCK_WAIT = 30.0  # seconds that a transaction waits for another process's, unless it is asked to be quicker


def settings(url: str) -> dict[str, Any]:
    """What SQLAlchemy's engine is made with: SQLite waits for a lock; a server may be restarted and takes no NaN."""
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": LOCK_WAIT}}
    return {"pool_pre_ping": True, "json_serializer": to_plain_json}


def tune_sqlite(connection: Any, _record: Any) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def read_only(url: str) -> str | None:
    """The URL that reads a store of somebody else; None where it can be written, or is in no file."""
    file = file_of(url)
    if file is None or not file.is_file() or (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)):
        return None
    plain = str(sa.URL.create("sqlite", database=f"file:{_quoted(file)}", query={"mode": "ro", "uri": "true"}))
    with contextlib.suppress(sqlite3.Error), sqlite3.connect(f"file:{_quoted(file)}?mode=ro", uri=True) as connection:
        connection.execute("SELECT 1 FROM sqlite_master").fetchall()
        return plain
    # Without its -shm file a store in WAL mode can only be read as one that nobody changes meanwhile.
    return str(sa.URL.create("sqlite", database=f"file:{_quoted(file)}", query={"immutable": "1", "uri": "true"}))


def check_folder(url: str) -> None:
    """Raises UnusableHome where there is no store yet and none can be made: SQLite says little of the reason."""
    file = file_of(url)
    if file and not file.exists() and file.parent.is_dir() and not os.access(file.parent, os.W_OK):
        raise UnusableHome(f"There is no run store in {file.parent}, and none can be made there (it can only be read): "
                           "set UNLEARN_HOME to a folder that can be written.")


def check_locks(url: str) -> None:
    """Raises StoreUnavailable at once where the drive knows no locks: SQLite would wait half a minute for one."""
    file = file_of(url)
    if file is None or not file.parent.is_dir():
        return
    try:
        with tempfile.TemporaryFile(dir=file.parent) as probe:
            fcntl.lockf(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if not os.access(file.parent, os.W_OK):
            return  # said when it is written
        raise StoreUnavailable(
            f"The run store {url} cannot be used: the drive of {file.parent} gives no file locks "
            f"({error.strerror or error}). Set UNLEARN_HOME to a folder on a local drive, or UNLEARN_DATABASE_URL to a "
            "database.") from error


def file_of(url: str) -> Path | None:
    """The file of a SQLite store; None for any other database."""
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        return None
    return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None


def identity(file: Path | None) -> tuple[int, int] | None:
    """What tells a file from another one of its name; None where there is none."""
    try:
        found = os.stat(file) if file else None
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found else None


def _quoted(file: Path) -> str:
    from urllib.parse import quote

    return quote(str(file.absolute()))
