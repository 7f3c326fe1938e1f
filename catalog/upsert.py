"""An insert that may say what to do where the row is there already; each database has its own."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table


def insert_or_update(connection: Connection, table: Table) -> Any:
    """Return the database's own insert, which has ``on_conflict_do_update``."""
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects import (
            sqlite as dialect,  # only the one that is used takes its time
        )
    else:
        from sqlalchemy.dialects import postgresql as dialect  # type: ignore[no-redef]
    return dialect.insert(table)
