"""What tables on PostgreSQL need beside the migrations: room for what SQLite holds, numbers, texts' index."""

from __future__ import annotations

from sqlalchemy import Connection, func, select, text
from sqlalchemy.schema import AddConstraint

from catalog.tables import metadata


def install(connection: Connection) -> None:
    """Bring the tables of a PostgreSQL database there; nothing where they are, or it is another database."""
    if connection.dialect.name == "postgresql":
        _widen(connection)
        _index_texts(connection)
        _refer(connection)
        _number_on(connection)


def lift_references(connection: Connection) -> None:
    """Let rows in that refer to some which are not there, until ``install``; SQLite is told so at opening."""
    if connection.dialect.name == "postgresql":
        for table, name in connection.execute(text(_REFERENCES)).all():
            connection.execute(text(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"'))


_REFERENCES = """
SELECT relname, conname FROM pg_constraint JOIN pg_class ON conrelid = pg_class.oid
WHERE contype = 'f' AND connamespace = current_schema()::regnamespace ORDER BY 1, 2
"""


def _refer(connection: Connection) -> None:
    """Have new rows refer to what is there; those that came in without (a lost bundle) stay as they are."""
    there = {name for _, name in connection.execute(text(_REFERENCES)).all()}
    for table in metadata.sorted_tables:
        for reference in table.foreign_key_constraints:
            if reference.name not in there:
                added = AddConstraint(reference, isolate_from_table=False)
                made = added.compile(dialect=connection.dialect)
                connection.execute(text(f"{made} NOT VALID"))


def _number_on(connection: Connection) -> None:
    """Have new rows numbered behind those there: rows from bundles bring numbers, sequences stay back."""
    for table in metadata.sorted_tables:
        if (column := table.autoincrement_column) is not None:
            name = {"table": f'"{table.name}"', "column": column.name}
            last = connection.execute(text(_LAST_NUMBER), name).scalar() or 0
            newest = connection.execute(select(func.max(column))).scalar() or 0
            if newest > last:
                connection.execute(text(_NUMBERS_UP_TO), {**name, "newest": newest})


_LAST_NUMBER = "SELECT pg_sequence_last_value(pg_get_serial_sequence(:table, :column))"
_NUMBERS_UP_TO = "SELECT setval(pg_get_serial_sequence(:table, :column), :newest)"


def _widen(connection: Connection) -> None:
    """Lift limits that SQLite does not have: a catalog that is rebuilt there holds what the other held.

    Lengths of texts, and 32 bits: an object has up to 5 GiB, the log of a large house 2³¹ entries in a year.
    Tables are rewritten only when their columns are new.
    """
    for table, changes in connection.execute(text(_NARROW)).all():
        connection.execute(text(f'ALTER TABLE "{table}" {changes}'))
    for sequence in connection.execute(text(_NARROW_SEQUENCES)).scalars().all():
        connection.execute(text(f'ALTER SEQUENCE "{sequence}" AS bigint'))


_NARROW = """
SELECT relname, string_agg(format('ALTER COLUMN %I TYPE %s', attname,
    CASE atttypid WHEN 'int4'::regtype THEN 'bigint' ELSE 'varchar' END), ', ')
FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
AND attnum > 0 AND NOT attisdropped
AND (atttypid = 'int4'::regtype OR atttypid = 'varchar'::regtype AND atttypmod > 0)
GROUP BY relname ORDER BY relname
"""
_NARROW_SEQUENCES = """
SELECT sequencename FROM pg_sequences
WHERE schemaname = current_schema() AND data_type = 'integer'::regtype
"""


def _index_texts(connection: Connection) -> None:
    """Have words of three signs and more found by their trigrams, where the server may have them."""
    there = "SELECT to_regclass('text_trigram') IS NOT NULL"
    may = "SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_trgm'"
    if connection.execute(text(there)).scalar() or not connection.execute(text(may)).scalar():
        return
    connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
    connection.execute(
        text("CREATE INDEX text_trigram ON text_index USING gin (lower(text) gin_trgm_ops)")
    )
