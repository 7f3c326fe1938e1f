"""Which rows changed since the catalog was last written into the stores (rule R5).

Triggers enter every row that is made, changed or removed, in the transaction of the act itself: no module of
the catalog can forget to. They are generated for all tables, so a new table has them from its first row.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import Connection, Table, Text, cast, insert, literal, literal_column, select, text

from catalog.rows import RowKey, as_json, has_key, key_of, selected
from catalog.tables import catalog_change, metadata

LEFT_OUT = frozenset(
    {
        "catalog_change",
        "catalog_bundle",
        "catalog_id",
        "text_index",  # made again from the texts; sensitive (decision 0010)
        "stored_object",  # a picture of the stores, made again from their listings
        "object_copy",
        "reading_chunk",  # made again from the pages that nobody has read
        "credential",  # what people are proved with is in no copy; an administrator resets it
        "passkey",
        "machine_token",
        "station_report",  # what stations told last; they tell it again
        "web_session",
    }
)
"""Tables that are no record of their own and are not written into the stores."""
_ACTS = {"insert": "NEW", "update": "NEW", "delete": "OLD"}


def recorded_tables() -> tuple[Table, ...]:
    """Give the tables whose rows are written into the stores, those that others refer to first."""
    return tuple(table for table in metadata.sorted_tables if table.name not in LEFT_OUT)


def install(connection: Connection) -> None:
    """Give every recorded table its triggers; rows that stood there without any count as changed now."""
    sqlite = connection.dialect.name == "sqlite"
    there = _triggers(connection, sqlite)
    for table in recorded_tables():
        if there.issuperset(_name(table, act) for act in _ACTS):
            continue
        for act, row in _ACTS.items():
            for statement in (_sqlite if sqlite else _postgresql)(table, act, row):
                connection.execute(text(statement))
        connection.execute(text(_all_rows(table, sqlite)))


def change_again(connection: Connection, table: Table, keys: Sequence[RowKey]) -> None:
    """Count rows as changed though they are not, as the triggers would; those too that are no more."""
    function = "json_array" if connection.dialect.name == "sqlite" else "json_build_array"
    written = cast(literal_column(_key(table, "", function)), Text)
    rows = select(literal(table.name), written).select_from(table).where(has_key(table, keys))
    columns = ("table_name", "row_key")
    connection.execute(insert(catalog_change).from_select(columns, rows))
    there = connection.execute(selected(table).where(has_key(table, keys)))
    found = {key_of(table, as_json(table, dict(row._mapping))) for row in there}
    gone = [key for key in keys if key not in found]
    values = [
        dict(zip(columns, (table.name, json.dumps(key, ensure_ascii=False)), strict=True))
        for key in gone
    ]
    if values:
        connection.execute(insert(catalog_change), values)


def _triggers(connection: Connection, sqlite: bool) -> frozenset[str]:
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if sqlite
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    return frozenset(connection.execute(text(query)).scalars())


def _name(table: Table, act: str) -> str:
    return f"outbox_{table.name}_{act}"


def _key(table: Table, row: str, function: str) -> str:
    """The row's primary key as a JSON list, in SQL."""
    columns = ", ".join(f'{row}"{column.name}"' for column in table.primary_key)
    return f"{function}({columns})"


def _sqlite(table: Table, act: str, row: str) -> tuple[str, ...]:
    key = _key(table, f"{row}.", "json_array")
    return (
        f'DROP TRIGGER IF EXISTS "{_name(table, act)}"',
        f'CREATE TRIGGER "{_name(table, act)}" AFTER {act.upper()} ON "{table.name}" BEGIN '  # noqa: S608
        f"INSERT INTO catalog_change (table_name, row_key) VALUES ('{table.name}', {key}); END",
    )


def _postgresql(table: Table, act: str, row: str) -> tuple[str, ...]:
    """Once for a statement, however many rows it has (decision 0036)."""
    name, key = _name(table, act), _key(table, "", "json_build_array")
    return (
        f'CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql AS $outbox$ BEGIN '  # noqa: S608
        f"INSERT INTO catalog_change (table_name, row_key) SELECT '{table.name}', {key}::text FROM those; "
        "RETURN NULL; END $outbox$",
        f'DROP TRIGGER IF EXISTS "{name}" ON "{table.name}"',
        f'CREATE TRIGGER "{name}" AFTER {act.upper()} ON "{table.name}" '
        f'REFERENCING {row} TABLE AS those FOR EACH STATEMENT EXECUTE FUNCTION "{name}"()',
    )


def _all_rows(table: Table, sqlite: bool) -> str:
    key = (
        _key(table, "", "json_array") if sqlite else _key(table, "", "json_build_array") + "::text"
    )
    return (
        f"INSERT INTO catalog_change (table_name, row_key) SELECT '{table.name}', {key} "  # noqa: S608
        f'FROM "{table.name}"'
    )
