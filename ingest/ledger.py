"""A ledger of payments (CSV): the rows that bank slips are linked to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from ingest.stream_text import StreamRow, decode_stream, split_rows
from pipeline.errors import StreamRefused, UserError, refused_by_system
from pipeline.language import say
from pipeline.linking import LedgerRow

_REQUIRED = ("txn_id", "date", "amount")
_OPTIONAL = ("bank_ref", "payer", "payer_account", "payee", "payee_account")


def read_ledger(path: Path) -> tuple[LedgerRow, ...]:
    """Return a ledger's rows; columns that it has beside txn_id, date and amount may miss.

    UTF-8 or GB18030, a header row, dates as 2026-11-19, amounts as 54930.33. Raises UserError (StreamRefused)
    when the file cannot be read, lacks a column, has a row that is none, or one txn_id twice: a ledger
    with a row left out would turn that row's slip into one that nobody booked.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(
            say(
                "The ledger {path} cannot be read ({why}); check its path and rights.",
                path=path,
                why=refused_by_system(error),
            )
        ) from error
    text, _ = decode_stream(content)
    head, *rows = list(split_rows(text, ",")) or [StreamRow(1, "", ())]
    columns = {cell.strip(): place for place, cell in enumerate(head.cells)}
    missing = [name for name in _REQUIRED if name not in columns]
    if missing:
        raise StreamRefused(
            say(
                "The ledger {path} has no column {names}; name its columns as docs/link.md shows.",
                path=path,
                names=", ".join(missing),
            )
        )
    booked = tuple(_booked(path, row, columns) for row in rows)
    _no_row_twice(path, booked)
    return booked


def _booked(path: Path, row: StreamRow, columns: Mapping[str, int]) -> LedgerRow:
    def cell(name: str) -> str:
        place = columns.get(name)
        return row.cells[place].strip() if place is not None and place < len(row.cells) else ""

    try:
        if row.fault or not cell("txn_id"):
            raise ValueError
        return LedgerRow(
            txn_id=cell("txn_id"),
            date=date.fromisoformat(cell("date")),
            amount=Decimal(cell("amount").replace(",", "")),
            **{name: cell(name) for name in _OPTIONAL},
        )
    except (ValueError, InvalidOperation) as error:
        raise StreamRefused(
            say(
                "Line {line} of the ledger {path} is no row with txn_id, date and amount; correct it.",
                line=row.line_no,
                path=path,
            )
        ) from error


def _no_row_twice(path: Path, rows: tuple[LedgerRow, ...]) -> None:
    seen: set[str] = set()
    for row in rows:
        if row.txn_id in seen:
            raise StreamRefused(
                say("The ledger {path} has {name} twice; correct it.", path=path, name=row.txn_id)
            )
        seen.add(row.txn_id)
