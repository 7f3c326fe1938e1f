"""Writing beside others, where the database can: for rows that somebody takes for himself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, func, select

from catalog.postgresql import TakingTurns


@contextmanager
def beside(engine: Engine) -> Iterator[Connection]:
    """Begin a transaction that writes and waits for its own rows only, not for whoever else writes.

    On PostgreSQL nothing that it reads stays so unless it is taken: by
    ``select(...).with_for_update(skip_locked=True)``, which leaves out rows that others hold, or by
    ``one_at_a_time``. It must not write into the log and must be short. SQLite waits: it has one writer.
    """
    with engine.beside() if isinstance(engine, TakingTurns) else engine.begin() as connection:
        yield connection


def one_at_a_time(connection: Connection, lock: int) -> None:
    """Wait until no other transaction holds ``lock``, and hold it until the commit; SQLite does so anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(lock)))
