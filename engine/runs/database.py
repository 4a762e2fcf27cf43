"""The connection to a run store: short transactions, how long they wait for others, and what is said of failures."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

from engine.errors import StoreUnavailable, UnusableHome
from engine.runs.opened import RECENT
from engine.runs.schema import add_missing_columns, metadata
from engine.runs.shared import refuse_writing
from engine.runs.sqlite_files import (
    LOCK_WAIT,
    check_folder,
    check_locks,
    file_of,
    identity,
    read_only,
    settings,
    tune_sqlite,
)

GONE = (-1, -1)
BUSY = ("locked", "busy")  # what SQLite says where another process writes


class Database:
    """A store's tables. Safe to use from several threads and processes at once."""

    def __init__(self, url: str, folder: Path):
        self.url, self.root = url, folder
        self._waits = threading.local()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.read_only = read_only(url)
            self._engine = sa.create_engine(self.read_only or url, **settings(url))
        except (OSError, ImportError, ValueError, SQLAlchemyError) as error:  # ImportError: its driver is not installed
            raise UnusableHome(f"The run store {url} cannot be opened: {short(error)}.") from error
        sa.event.listen(self._engine, "before_execute", refuse_writing)
        self._sqlite = self._engine.dialect.name == "sqlite"
        self._file = file_of(url)
        self._known: tuple[int, int] | None = None  # the file that was opened, or GONE
        if self.read_only:
            return
        if self._sqlite:
            check_folder(url)
            check_locks(url)
            sa.event.listen(self._engine, "connect", tune_sqlite)
        self._make()

    def _make(self) -> None:
        """The tables, where they are absent, in today's form."""
        with self._transaction() as connection:
            metadata.create_all(connection)
            add_missing_columns(connection)
        self._known = identity(self._file)

    def close(self) -> None:
        """Lets go of files and connections, which are opened again when the store is asked: nothing is lost by it."""
        if self._file or not self._sqlite:  # a store in memory would be gone
            self._engine.dispose()

    @contextmanager
    def waiting(self, seconds: float) -> Iterator[None]:
        """Inside, this thread waits no longer for other processes' locks (SQLite; others answer or fail at once)."""
        before = getattr(self._waits, "seconds", LOCK_WAIT)
        self._waits.seconds = seconds
        try:
            yield
        finally:
            self._waits.seconds = before

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        RECENT.use(self)
        self._look_for_file()
        try:
            with self._engine.connect() as connection, self._patience_of(connection), connection.begin():
                yield connection
        except SQLAlchemyError as error:
            if self.read_only and "readonly" in str(error):
                raise StoreUnavailable(f"The run store {self.url} can only be read by you: set UNLEARN_HOME to a "
                                       "folder of your own to write runs.") from error
            raise StoreUnavailable(f"The run store {self.url} does not answer: {short(error)}.",
                                   self._may_pass(error)) from error

    @contextmanager
    def _patience_of(self, connection: sa.Connection) -> Iterator[None]:
        """Has SQLite wait for locks as long as this thread may."""
        seconds = getattr(self._waits, "seconds", LOCK_WAIT)
        driver = connection.connection.dbapi_connection
        if not self._sqlite or seconds == LOCK_WAIT or driver is None:
            yield
            return
        driver.execute(f"PRAGMA busy_timeout={int(1000 * seconds)}")
        try:
            yield
        finally:
            with contextlib.suppress(Exception):  # a broken connection is thrown away
                driver.execute(f"PRAGMA busy_timeout={int(1000 * LOCK_WAIT)}")

    def _look_for_file(self) -> None:
        """Raises StoreUnavailable once where the file was removed under this process; begins an empty one later.

        SQLite would continue to write into the removed file, which nobody ever reads.
        """
        if self._known is None:
            return
        if self._known == GONE:
            self._begin_again()
        elif identity(self._file) != self._known:
            self._known = GONE
            self._engine.dispose()
            raise StoreUnavailable(f"The run store {self.url} was removed or replaced while it was in use: what it "
                                   "held is gone. Put the folder back, or begin again.")

    def _begin_again(self) -> None:
        """Makes the tables of a file that was removed, once its folder is there."""
        if self._file is None or not self._file.parent.is_dir():
            return
        self._known = None
        try:
            self._make()
        except StoreUnavailable:
            self._known = GONE
            raise

    def _may_pass(self, error: SQLAlchemyError) -> bool:
        """Whether it may help to ask again: a lock of another process, or a server that does not answer."""
        if self._sqlite:
            return any(word in str(getattr(error, "orig", error)).lower() for word in BUSY)
        return isinstance(error, (OperationalError, InterfaceError)) or (
            isinstance(error, DBAPIError) and error.connection_invalidated)


def short(error: BaseException) -> str:
    """What a library says of a failure, for the middle of a sentence."""
    return str(getattr(error, "orig", None) or error).splitlines()[0].rstrip(".")
