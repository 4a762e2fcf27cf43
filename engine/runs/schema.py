"""The store's two tables. Lists and dictionaries are JSON; nothing is pickled."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    inspect,
    text,
)


class Words(TypeDecorator[str]):
    """A text of any length. NUL, which PostgreSQL cannot hold, is left out."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        return value.replace("\0", "") if value else value


metadata = MetaData()

runs = Table(
    "runs", metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),  # the order of submission: the queue
    Column("id", String(16), unique=True, nullable=False),
    Column("status", String(12), nullable=False),
    Column("spec", JSON, nullable=False),        # as asked
    Column("code", JSON),                        # by kind, the code that made it (engine.lineage); empty for the first
    Column("effective", JSON),                   # hyperparameters that were used
    Column("fingerprint", String(12), nullable=False),  # of the resolved spec
    Column("split", String(12), nullable=False),  # shared with the retrained reference
    Column("data", String(16)),                  # of the data that were at hand
    Column("identity", String(32)),              # of everything that changes the result
    Column("train_original", Integer, nullable=False, default=0),
    Column("keep_weights", Integer),             # 1 or 0 where a person said so; else small ones are kept
    Column("created", Float, nullable=False),    # seconds since 1970, as all times here
    Column("started", Float),
    Column("ended", Float),
    Column("progress", JSON),                    # stage, step, total_steps, samples, seconds, eta
    Column("metrics", JSON),
    Column("reason", Words),                     # why it failed or stopped
    Column("notice", Words),                     # what to know about the result, e.g. other data than the Original's
    Column("seconds", Float),                    # the method alone
    Column("steps", Integer),
    Column("samples", Integer),
    Column("device", Words),
    Column("code_version", Words),
    Column("owner", JSON),
    Column("heartbeat", Float),
    Column("cancel", Integer, nullable=False, default=0),
    Column("tags", JSON),                        # a person's words, to find it by
    Column("note", Words),                       # a person's remark; ``notice`` is the engine's
    Column("evidence", JSON),                    # what was found out later, as numbers by key
    Column("person", String(200)),               # who started it, on a server with login; ``owner`` is a process
    Column("most_seconds", Float),               # after which it is stopped; empty: no limit
    Column("imported", Float),                   # when it came out of an archive; the other times are its own
    Index("runs_status", "status"),
    Index("runs_identity", "identity"),
    Index("runs_fingerprint", "fingerprint"),
    Index("runs_split", "split"),
)

events = Table(
    "events", metadata,
    Column("run", String(16), ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("payload", JSON, nullable=False),
)


def add_missing_columns(connection: Connection) -> None:
    """Brings an earlier version's store up to this one: later columns are empty in its runs, and indices are made."""
    present = {column["name"] for column in inspect(connection).get_columns(runs.name)}
    for column in runs.columns:
        if column.name not in present:
            kind = column.type.compile(connection.dialect)
            connection.execute(text(f'ALTER TABLE {runs.name} ADD COLUMN "{column.name}" {kind}'))
    for index in runs.indexes:
        index.create(connection, checkfirst=True)
