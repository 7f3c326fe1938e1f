"""From one row of a stream file to a transaction, or the reason why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from ingest.stream_cells import RowRejected, is_code, read_cell, read_money
from ingest.stream_columns import COLUMNS, REQUIRED, ColumnMapping
from pipeline.errors import StreamRefused
from pipeline.language import say
from pipeline.model import Transaction


@dataclass(frozen=True)
class Layout:
    """Where the neutral columns stand in one file, after its header and the mapping."""

    width: int
    places: Mapping[str, int]
    """Neutral name to the cell's index."""
    headings: Mapping[str, str]
    """Neutral name to the heading as the file writes it, for sentences."""
    mapping: ColumnMapping

    @cached_property
    def present(self) -> tuple[str, ...]:
        """The neutral columns that a row of this file can fill; all required ones are among them."""
        known = {*self.places, *self.mapping.constants}
        return tuple(column for column in COLUMNS if column in known)

    def text(self, cells: Sequence[str], column: str) -> str:
        """Return the neutral text of ``column``; empty where the file has no such cell."""
        place = self.places.get(column)
        if place is None:
            return self.mapping.constants.get(column, "")
        if place >= len(cells):
            return ""
        return self.mapping.translated(column, cells[place].strip())

    def heading(self, column: str) -> str:
        """Return the column's name as the file writes it."""
        return self.headings.get(column, column)


def read_header(cells: Sequence[str], mapping: ColumnMapping) -> Layout:
    """Find the neutral columns in the header; unknown ones are left aside.

    Raises StreamRefused where a required column is missing or a column stands there twice.
    """
    places: dict[str, int] = {}
    headings: dict[str, str] = {}
    for place, cell in enumerate(cells):
        heading = cell.strip()
        column = mapping.columns.get(heading, heading)
        if column not in COLUMNS:
            continue
        if column in places or column in mapping.constants:
            raise StreamRefused(
                say(
                    'The header gives the column {column} more than once (again as "{heading}");'
                    " correct the export or the column mapping.",
                    column=column,
                    heading=heading,
                )
            )
        places[column] = place
        headings[column] = heading
    _require_columns(places, mapping)
    return Layout(len(cells), places, headings, mapping)


def _require_columns(places: Mapping[str, int], mapping: ColumnMapping) -> None:
    vendor = {column: heading for heading, column in mapping.columns.items()}
    missing = [c for c in REQUIRED if c not in places and c not in mapping.constants]
    if not places:
        raise StreamRefused(
            say(
                "The first line of the stream file is not a header with the expected columns ({columns});"
                " add the header, or name the file's columns in a column mapping.",
                columns=", ".join(vendor.get(column, column) for column in missing),
            )
        )
    if missing:
        raise StreamRefused(
            say(
                "The stream file lacks the required columns {columns};"
                " add them to the export or name them in the column mapping.",
                columns=", ".join(vendor.get(column, column) for column in missing),
            )
        )


def transaction_from(cells: Sequence[str], layout: Layout) -> Transaction:
    """Make the transaction of one row; raises RowRejected with the first reason against it."""
    if len(cells) != layout.width:
        raise RowRejected(
            say(
                "The row has {found} columns where the header has {expected};"
                " quote a cell that holds the delimiter.",
                found=len(cells),
                expected=layout.width,
            )
        )
    values: dict[str, Any] = {}
    for column in layout.present:
        text = layout.text(cells, column)
        if text:
            heading = layout.heading(column)
            values[column] = read_cell(column, text, heading=heading, mapping=layout.mapping)
        elif column in REQUIRED:
            raise RowRejected(
                say(
                    "Column {column} is empty; every row needs it, fill it in.",
                    column=layout.heading(column),
                )
            )
    transaction = Transaction(**values)
    if transaction.amount is not None and transaction.amount < 0 and not transaction.reverse_of:
        raise RowRejected(
            say(
                "Column {column} is negative in a row that reverses nothing;"
                " name the reversed serial in reverse_of or correct the amount.",
                column=layout.heading("amount"),
            )
        )
    return transaction


def branch_of(cells: Sequence[str], layout: Layout) -> str | None:
    """Return the row's branch, as far as the row may be bad otherwise; None where it cannot be told."""
    branch = layout.text(cells, "handling_branch")
    return branch if is_code(branch) else None


def control_amount(cells: Sequence[str], layout: Layout) -> Decimal | None:
    """Return what a delivered row adds to its branch's sum: 0 without amount, None when unreadable."""
    if len(cells) != layout.width:
        return None
    text = layout.text(cells, "amount")
    if not text:
        return Decimal(0)
    return read_money(text)
