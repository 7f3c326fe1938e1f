"""Two catalogs held against each other, table by table and row by row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import groupby
from typing import Any, Literal

from sqlalchemy import Connection, Engine, String, Table, collate, func, select

from catalog.connection import snapshot
from catalog.outbox import recorded_tables
from catalog.rows import RowKey, as_json, key_of, selected

Side = Literal["one", "other"]
_MADE_AGAIN = {("page_text", "indexed")}
"""What tells of something that is made again elsewhere: the index of texts is no record."""


@dataclass(frozen=True)
class Difference:
    """A row that two catalogs do not have alike."""

    table: str
    key: RowKey
    columns: tuple[str, ...]
    """Columns that differ; empty where one side lacks the row."""
    only_in: Side | None = None


def differences(one: Engine, other: Engine) -> Iterator[Difference]:
    """Yield every row of a recorded table that is not the same in both, each as it was when this began.

    Nobody who writes meanwhile waits, and memory stays flat.
    """
    with snapshot(one) as left, snapshot(other) as right:
        for table in recorded_tables():
            sides = merge(
                _rows(left, table, "one"), _rows(right, table, "other"), key=lambda row: row[0]
            )
            for key, same in groupby(sides, key=lambda row: row[0]):
                if difference := _difference(table, key, list(same)):
                    yield difference


def row_counts(engine: Engine) -> dict[str, int]:
    """Count the rows of each recorded table."""
    with engine.connect() as connection:
        counts = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar()
            for table in recorded_tables()
        }
    return {name: count or 0 for name, count in counts.items()}


def _rows(
    connection: Connection, table: Table, side: Side
) -> Iterator[tuple[RowKey, Side, dict[str, Any]]]:
    """Yield the rows in the order of their primary keys, which is the same on every database."""
    bytewise = "C" if connection.dialect.name == "postgresql" else "BINARY"
    order = (
        collate(column, bytewise) if isinstance(column.type, String) else column
        for column in table.primary_key
    )
    for row in connection.execute(selected(table).order_by(*order)):
        plain = as_json(table, dict(row._mapping))
        yield key_of(table, plain), side, plain


def _difference(
    table: Table, key: RowKey, found: list[tuple[RowKey, Side, dict[str, Any]]]
) -> Difference | None:
    _, side, row = found[0]
    if len(found) == 1:
        return Difference(table.name, key, (), side)
    other = found[1][2]
    names = tuple(
        column.name
        for column in table.columns
        if row.get(column.name) != other.get(column.name)
        and (table.name, column.name) not in _MADE_AGAIN
    )
    return Difference(table.name, key, names) if names else None
