"""Tables for a spreadsheet: the first line tells who took them out and when, and no cell is ever computed."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Font
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from catalog.reports.plain import BYTE_ORDER_MARK, disarmed

Value = str | int


@dataclass(frozen=True)
class Table:
    """What is taken out."""

    mark: str
    """Person and moment (``pipeline.access.watermark.mark_of``), with what it is."""
    head: Sequence[str]
    rows: Sequence[Sequence[Value]]


def as_csv(table: Table) -> bytes:
    """Return a table as CSV in UTF-8 with its mark; what a spreadsheet would compute gets an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    for row in ((table.mark,), table.head, *table.rows):
        writer.writerow([disarmed(str(value)) for value in row])
    return (BYTE_ORDER_MARK + out.getvalue()).encode()


def as_workbook(table: Table) -> bytes:
    """Return a table as a workbook (XLSX); texts are kept as texts, also ones that begin with = + - @."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A3"
    for number, row in enumerate(((table.mark,), table.head, *table.rows)):
        sheet.append([_cell(sheet, value, bold=number == 1) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(sheet: WriteOnlyWorksheet, value: Value, *, bold: bool) -> Cell:
    plain = ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value
    cell = WriteOnlyCell(sheet, value=plain)
    if isinstance(plain, str):
        cell.data_type = "s"  # a text that begins with = would be taken for a formula
        cell.quotePrefix = True  # and for one again, when somebody edits it
    if bold:
        cell.font = Font(bold=True)
    return cell
