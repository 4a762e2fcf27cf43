"""A PostgreSQL server of Debian's package in a folder of its own, reached through a socket file and no port."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

INSTALLED = Path("/usr/lib/postgresql")


def programs() -> Path | None:
    """The folder with the newest server's programs; None where none is installed."""
    found = sorted(INSTALLED.glob("*/bin/initdb"), key=lambda one: int(one.parts[-3]))
    return found[-1].parent if found else None


@contextmanager
def serving(programs: Path) -> Iterator[str]:
    """Starts a server and gives its URL; it refuses to run as root, which the tests may be."""
    person = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    folder = Path(tempfile.mkdtemp(prefix="unlearn-pg-"))  # short: the path of a socket has 107 signs at most
    try:
        shutil.chown(folder, person)
        _as(person, [programs / "initdb", "-D", folder / "data", "-U", "lab", "-A", "trust", "-E", "UTF8", "--no-sync"])
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        _as(person, [programs / "pg_ctl", "-D", folder / "data", "-l", folder / "log", "-w", "-o", options, "start"])
        try:
            yield f"postgresql+psycopg://lab@/postgres?host={folder}"
        finally:
            _as(person, [programs / "pg_ctl", "-D", folder / "data", "-m", "immediate", "-w", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _as(person: str, command: list[object]) -> None:
    before = ["runuser", "-u", person, "--"] if os.geteuid() == 0 else []
    done = subprocess.run([*before, *map(str, command)], cwd="/", capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
