"""Databases for tests: each test has its own, a copy of one that the migrations made once."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine, create_engine, select

from catalog.catalog import Catalog
from catalog.connection import connect, migrate
from catalog.tables import metadata
from tests.postgresql_server import PostgresqlServer


class Databases(Protocol):
    """Makes databases for one test."""

    def new(self, *, empty: bool = False, at: Path | None = None) -> str:
        """The URL of a database with this program's tables, or of an ``empty`` one.

        ``at``: where it lies if it is a file.
        """
        ...

    def drop(self) -> None:
        """Take away all that were made."""
        ...


KeptDatabases = Callable[[], AbstractContextManager[Databases]]
"""Gives databases that are dropped at the end of the block."""


@dataclass
class SqliteFiles:
    """Databases in files below a folder."""

    folder: Path
    template: Path
    made: int = 0

    def new(self, *, empty: bool = False, at: Path | None = None) -> str:
        """See ``Databases``."""
        self.made += 1
        place = at or self.folder / f"database-{self.made}.sqlite"
        if not empty:
            shutil.copy(self.template, place)
        return f"sqlite:///{place}"

    def drop(self) -> None:
        """See ``Databases``: they go with the folder."""


@dataclass
class PostgresqlDatabases:
    """Databases on a server."""

    server: PostgresqlServer
    template: str
    made: list[str] = field(default_factory=list)

    def new(self, *, empty: bool = False, at: Path | None = None) -> str:
        """See ``Databases``."""
        self.made.append(self.server.new_database("template0" if empty else self.template))
        return self.server.url(self.made[-1])

    def drop(self) -> None:
        """See ``Databases``."""
        self.server.run(*(f"DROP DATABASE {name} WITH (FORCE)" for name in self.made))


def migrated(url: str) -> str:
    """Give a database this program's tables; return its URL."""
    engine = connect(url)
    migrate(engine)
    engine.dispose()
    return url


def drop_guards(connection: Connection, table: str) -> None:
    """Take away what keeps a register as it is, as somebody who owns the database can."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"DROP TRIGGER kept_{table} ON {table}")
    else:
        for act in ("update", "delete"):
            connection.exec_driver_sql(f"DROP TRIGGER kept_{table}_{act}")


def content_of(engine: Engine) -> bytes:
    """All that lies in a database: the file's bytes with those left over, or every row of a server's."""
    if engine.dialect.name == "sqlite":
        place = Path(str(engine.url.database))
        files = (place, place.with_name(f"{place.name}-wal"))
        return b"".join(file.read_bytes() for file in files if file.exists())
    with engine.connect() as connection:
        rows = [
            tuple(row)
            for table in metadata.sorted_tables
            for row in connection.execute(select(table))
        ]
    return repr(rows).encode()


def spoil(catalog: Catalog) -> None:
    """Have a database answer nothing from now on: the file overwritten, or nobody let in."""
    engine = catalog._engine
    catalog.close()  # the next use opens it anew
    if engine.dialect.name == "sqlite":
        Path(str(engine.url.database)).write_bytes(b"no database" * 100)
        return
    server = create_engine(engine.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {engine.url.database} ALLOW_CONNECTIONS false")
    server.dispose()
