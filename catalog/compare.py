"""Two catalogs held against each other, table by table and row by row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import groupby
from typing import Any, Literal

from sqlalchemy import Engine, Table, func, select

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
    """Yield every row of a recorded table that is not the same in both, one table in memory at a time."""
    for table in recorded_tables():
        sides = merge(
            _rows(one, table, "one"), _rows(other, table, "other"), key=lambda row: row[0]
        )
        for _, same in groupby(sides, key=lambda row: row[0]):
            if difference := _difference(table, list(same)):
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
    engine: Engine, table: Table, side: Side
) -> Iterator[tuple[tuple[str, ...], Side, dict[str, Any]]]:
    with engine.connect() as connection:
        rows = connection.execution_options(stream_results=True).execute(selected(table))
        plain = (as_json(table, dict(row._mapping)) for row in rows)
        # Databases order texts differently: the keys are ordered here.
        yield from sorted(
            ((tuple(map(repr, key_of(table, row))), side, row) for row in plain),
            key=lambda found: found[0],
        )


def _difference(
    table: Table, found: list[tuple[tuple[str, ...], Side, dict[str, Any]]]
) -> Difference | None:
    _, side, row = found[0]
    key = key_of(table, row)
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
