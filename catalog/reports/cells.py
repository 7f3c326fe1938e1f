"""Cells of workbooks: a table that stays workable, text that stays text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from openpyxl.cell.cell import Cell
from openpyxl.cell.rich_text import CellRichText
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.language import Message

Value = str | int | float | Decimal | date | CellRichText | None
"""A float is a share and shown in per cent."""
Column = tuple[Message, int]
"""Heading and width in characters."""

_HEAD = PatternFill("solid", fgColor="E6E6E6")
_THIN = Side(style="thin", color="999999")
_GRID = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_TEXT = "@"
"""Number format of text: as a number, Excel would show a serial of 18 digits as 2.02611E+17."""


def table(
    sheet: Worksheet, columns: Sequence[Column], rows: Sequence[Sequence[Value]], lang: str
) -> None:
    """Write a table that stays workable: frozen and repeated head, filters, widths."""
    heading(sheet, [label.in_language(lang) for label, _ in columns])
    for row in rows:
        append(sheet, row, grid=True)
    widths(sheet, [width for _, width in columns])
    sheet.freeze_panes = "A2"
    sheet.print_title_rows = "1:1"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{len(rows) + 1}"


def heading(sheet: Worksheet, labels: Sequence[str]) -> None:
    """Add a head."""
    append(sheet, labels, grid=True)
    for cell in sheet[sheet.max_row]:
        cell.font, cell.fill = Font(bold=True), _HEAD


def append(sheet: Worksheet, values: Sequence[Value], *, grid: bool = False) -> None:
    """Add a row; ``grid``: with lines about its cells."""
    sheet.append([None if value == "" else value for value in values])
    for cell in sheet[sheet.max_row]:
        if isinstance(cell, Cell):  # no cell is merged here; said for the type checker
            _dress(cell, grid)


def _dress(cell: Cell, grid: bool) -> None:
    """Give a cell its format; text stays text, also where it begins with "=" as a file's name may."""
    cell.alignment = Alignment(vertical="top", wrap_text=True)
    if grid:
        cell.border = _GRID
    match cell.value:
        case str() as text:
            cell.data_type, cell.number_format = "s", _TEXT
            # keeps it text when someone edits the cell, too
            cell.quotePrefix = text.startswith(("=", "+", "-", "@"))
        case Decimal():
            cell.number_format = "#,##0.00"
        case float():
            cell.number_format = "0.0%"
        case date():
            cell.number_format = "yyyy-mm-dd"


def widths(sheet: Worksheet, wide: Sequence[int]) -> None:
    """Set the columns' widths, in characters."""
    for column, width in enumerate(wide, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
