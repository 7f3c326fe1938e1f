"""Where a made archive's rows are laid: the workspace's own SQLite, or a PostgreSQL database.

Rows come as SQLite holds them (JSON and times as text, yes and no as 1 and 0); COPY reads the same text.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg

from catalog.catalog import Catalog
from catalog.tables import metadata

Row = Sequence[Any]


class Rows(Protocol):
    """A database that takes rows table by table."""

    def enter(self, table: str, rows: Iterable[Row]) -> None:
        """Add rows that hold every column, in the order of the table's."""

    def commit(self) -> None:
        """Keep what was entered."""


def columns(table: str) -> str:
    """Return the names of a table's columns, as in a statement."""
    return ", ".join(f'"{column.name}"' for column in metadata.tables[table].columns)


class _Sqlite:
    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self.commit = database.commit

    def enter(self, table: str, rows: Iterable[Row]) -> None:
        places = ", ".join("?" * len(metadata.tables[table].columns))
        self._database.executemany(
            f'INSERT INTO "{table}" ({columns(table)}) VALUES ({places})', rows
        )


class _Postgresql:
    def __init__(self, database: psycopg.Connection[Any]) -> None:
        self._database = database
        self.commit = database.commit

    def enter(self, table: str, rows: Iterable[Row]) -> None:
        statement = f'COPY "{table}" ({columns(table)}) FROM STDIN'.encode()
        with self._database.cursor() as cursor, cursor.copy(statement) as copying:
            for row in rows:
                copying.write_row(row)


@contextmanager
def in_sqlite(file: Path) -> Iterator[Rows]:
    """Lay rows into a SQLite catalog; its outbox stays as it is: what changes is of no interest here."""
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA synchronous=OFF")
        triggers = database.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'outbox_%'"
        ).fetchall()
        for name, _ in triggers:
            database.execute(f'DROP TRIGGER "{name}"')
        yield _Sqlite(database)
        for _, statement in triggers:
            database.execute(statement)
        database.execute("ANALYZE")
        database.commit()


@contextmanager
def in_postgresql(url: str, begun: Path) -> Iterator[Rows]:
    """Lay rows into an empty PostgreSQL database, behind what the SQLite catalog ``begun`` holds."""
    Catalog.create_empty(url).close()
    with psycopg.connect(url) as database, closing(sqlite3.connect(begun)) as source:
        rows = _Postgresql(database)
        for table in metadata.tables:
            database.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER'.encode())
        for table in metadata.tables:
            rows.enter(table, source.execute(f'SELECT {columns(table)} FROM "{table}"'))
        database.commit()
        yield rows
        for table in metadata.tables:
            database.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER'.encode())
        _number_on(database)
    Catalog.create(url).close()  # rows refer to one another again
    with psycopg.connect(url, autocommit=True) as database:
        database.execute("VACUUM (ANALYZE)")


def _number_on(database: psycopg.Connection[Any]) -> None:
    """Have numbers that the database gives go on behind those that came in."""
    for table in metadata.tables.values():
        for column in table.primary_key.columns:
            found = "SELECT pg_get_serial_sequence(%s, %s)"
            row = database.execute(found, (f'"{table.name}"', column.name)).fetchone()
            if row and row[0]:
                newest = f'(SELECT coalesce(max("{column.name}"), 0) FROM "{table.name}")'
                database.execute(f"SELECT setval('{row[0]}', {newest} + 1, false)".encode())
