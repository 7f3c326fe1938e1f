"""A row of any table as JSON and back, the same on every database.

Moments are ISO 8601 in UTC, days ISO, amounts decimals as text. A column that is NULL is left out; null is
the JSON value null.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Date,
    Select,
    Table,
    Text,
    cast,
    select,
    tuple_,
)

from catalog.tables import Fen, UtcTime

RowKey = tuple[Any, ...]


def selected(table: Table) -> Select[Any]:
    """Select a table's rows so that ``as_json`` can tell JSON's null from NULL."""
    return select(*(_readable(column) for column in table.columns))


def as_json(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a selected row as plain JSON values."""
    values = ((column, row[column.name]) for column in table.columns)
    return {column.name: _plain(column, value) for column, value in values if value is not None}


def from_json(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is to be inserted for a row in JSON: the columns it names, less those that are no more."""
    return {c.name: _typed(c, row[c.name]) for c in table.columns if c.name in row}


def key_of(table: Table, row: Mapping[str, Any]) -> RowKey:
    """Return the primary key of a row in JSON."""
    return tuple(row[column.name] for column in table.primary_key)


def has_key(table: Table, keys: Sequence[RowKey]) -> ColumnElement[bool]:
    """Say of a row that its primary key is one of these, as they stand in JSON."""
    columns = list(table.primary_key)
    typed = [
        tuple(_value(column, part) for column, part in zip(columns, key, strict=True))
        for key in keys
    ]
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in typed])
    return tuple_(*columns).in_(typed)


def _readable(column: Column[Any]) -> ColumnElement[Any]:
    return cast(column, Text).label(column.name) if isinstance(column.type, JSON) else column


def _plain(column: Column[Any], value: Any) -> Any:
    if isinstance(column.type, JSON):
        return json.loads(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _typed(column: Column[Any], value: Any) -> Any:
    return JSON.NULL if value is None else _value(column, value)


def _value(column: Column[Any], value: Any) -> Any:
    if isinstance(column.type, UtcTime):
        return datetime.fromisoformat(value)
    if isinstance(column.type, Date):
        return date.fromisoformat(value)
    return Decimal(value) if isinstance(column.type, Fen) else value
