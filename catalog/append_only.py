"""Registers whose rows the database itself refuses to change or take away (CG-17.1d)."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, Table, text

from catalog.tables import (
    archive_line,
    container,
    container_branch,
    container_move,
    custody_check,
    custody_count,
    custody_result,
    customer_archive,
    digital_file,
    digital_package,
    digital_place,
    export,
    export_act,
    paper_reading,
    paper_return,
    rectification,
    rectification_step,
    secrecy_act,
    secrecy_reader,
    secrecy_reader_end,
    succession,
    transfer,
    transfer_act,
    transfer_archive,
    transfer_paper,
)

REGISTERS = (
    *(customer_archive, archive_line, container, container_move),
    *(paper_reading, paper_return),
    *(export, export_act),
    *(transfer, transfer_paper, transfer_archive, transfer_act),
    *(container_branch, succession),
    *(secrecy_act, secrecy_reader, secrecy_reader_end),
    *(digital_package, digital_file, digital_place),
    *(custody_check, custody_count, custody_result, rectification, rectification_step),
)


def install(connection: Connection) -> None:
    """Give each register its triggers; an update to the same values passes: bundles are played so."""
    make = _sqlite if connection.dialect.name == "sqlite" else _postgresql
    for table in REGISTERS:
        for statement in make(table):
            connection.execute(text(statement))


def _sqlite(table: Table) -> Iterator[str]:
    old, new = (", ".join(f'{row}."{c.name}"' for c in table.columns) for row in ("OLD", "NEW"))
    for act, when in (("UPDATE", f"WHEN ({old}) IS NOT ({new}) "), ("DELETE", "")):
        yield (
            f'CREATE TRIGGER IF NOT EXISTS "kept_{table.name}_{act.lower()}" BEFORE {act} ON '
            f"\"{table.name}\" {when}BEGIN SELECT RAISE(ABORT, '{table.name} is only added to'); END"
        )


def _postgresql(table: Table) -> Iterator[str]:
    name = f"kept_{table.name}"
    yield (
        f'CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql AS $kept$ BEGIN '
        "IF TG_OP = 'UPDATE' AND NEW IS NOT DISTINCT FROM OLD THEN RETURN NEW; END IF; "
        f"RAISE EXCEPTION '{table.name} is only added to' "
        "USING ERRCODE = 'integrity_constraint_violation'; END $kept$"
    )
    yield f'DROP TRIGGER IF EXISTS "{name}" ON "{table.name}"'
    yield (
        f'CREATE TRIGGER "{name}" BEFORE UPDATE OR DELETE ON "{table.name}" '
        f'FOR EACH ROW EXECUTE FUNCTION "{name}"()'
    )
