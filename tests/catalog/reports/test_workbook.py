"""The workbook, as a spreadsheet program would find it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from catalog.reports.view import Report
from catalog.reports.workbook import write_xlsx
from pipeline.balance import BranchDay, CatalogedPage, Discrepancy, DiscrepancyKind, Match

ReportOf = Callable[..., Report]


def sheet_of(book: Workbook, title: str) -> Worksheet:
    sheet = book[title]
    assert isinstance(sheet, Worksheet)
    return sheet


def cell_of(sheet: Worksheet, row: int, heading: str) -> Cell | MergedCell:
    headings = [cell.value for cell in sheet[1]]
    return sheet.cell(row, headings.index(heading) + 1)


def pictures(sheet: Worksheet) -> list[Any]:
    return list(sheet._images)  # type: ignore[attr-defined]  # there is no public way to them


@pytest.fixture
def written(tmp_path: Path) -> Callable[[Report], Workbook]:
    def write(report: Report) -> Workbook:
        write_xlsx(report, tmp_path / "report.xlsx")
        return load_workbook(tmp_path / "report.xlsx", rich_text=True)

    return write


def test_three_sheets(
    branch_day: BranchDay, report_of: ReportOf, written: Callable[[Report], Workbook]
) -> None:
    assert written(report_of(branch_day)).sheetnames == ["对账", "差错清单", "已勾对"]
    english = written(report_of(branch_day, lang="en"))
    assert english.sheetnames == ["Reconciliation", "Discrepancy list", "Matched"]


def test_the_equation_stands_in_a_row(
    branch_day: BranchDay, report_of: ReportOf, written: Callable[[Report], Workbook]
) -> None:
    rows = [list(row) for row in written(report_of(branch_day))["对账"].values]
    heading = next(number for number, row in enumerate(rows) if row[0] == "营业部")
    row = dict(zip(rows[heading][2:], rows[heading + 1][2:], strict=True))
    assert rows[heading + 1][:2] == ["3301", "已关账，差错 5 项"]
    assert (row["影像"], row["空白页"], row["差额"], row["无需纸质"], row["要素不符"]) == (
        4,
        1,
        0,
        1,
        1,
    )
    assert [each[1:3] for each in rows if each[0] == "空白页"] == [["BLANK", 1]]


def test_the_list_can_be_worked_on(
    branch_day: BranchDay, report_of: ReportOf, written: Callable[[Report], Workbook]
) -> None:
    sheet = sheet_of(written(report_of(branch_day)), "差错清单")
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:Q6"
    assert sheet.print_title_rows == "$1:$1"
    serial = cell_of(sheet, 4, "流水号")
    assert (serial.data_type, serial.number_format) == ("s", "@")
    assert serial.value == "202611193301999357"
    deadline = cell_of(sheet, 4, "办理期限")
    assert (deadline.value, deadline.number_format) == (datetime(2026, 11, 20), "yyyy-mm-dd")
    read = cell_of(sheet, 4, "影像所见（识别/实测）").value
    assert isinstance(read, CellRichText)
    assert str(read) == "金额: 54,930.33"
    assert [part.text for part in read if isinstance(part, TextBlock)] == ["9"]


def test_pictures_lie_in_their_rows(
    branch_day: BranchDay,
    report_of: ReportOf,
    written: Callable[[Report], Workbook],
    page: Callable[..., CatalogedPage],
    discrepancy: Callable[..., Discrepancy],
) -> None:
    twice = discrepancy(DiscrepancyKind.DUPLICATE, (page("a.jpg", 5), page("b.jpg", 6)))
    day = replace(branch_day, discrepancies=(*branch_day.discrepancies, twice))
    sheet = sheet_of(written(report_of(day)), "差错清单")
    corners = [(each.anchor._from.row, each.anchor._from.col) for each in pictures(sheet)]
    # rows count from 0 here: the head is 0 and the first discrepancy, a missing page, has no picture
    assert corners == [(2, 5), (3, 5), (4, 5), (4, 5), (5, 5), (6, 5)]
    assert sheet.row_dimensions[3].height > 90
    assert sheet.row_dimensions[2].height is None


@pytest.mark.parametrize("content", [None, b"", b"\xff\xd8\xff cut short"])
def test_a_broken_picture_is_left_out(
    branch_day: BranchDay,
    report_of: ReportOf,
    written: Callable[[Report], Workbook],
    content: bytes | None,
) -> None:
    sheet = sheet_of(written(report_of(branch_day, thumbnail=lambda page: content)), "差错清单")
    assert pictures(sheet) == []
    assert sheet["G3"].value == "0002.jpg"


def test_matches(
    branch_day: BranchDay, report_of: ReportOf, written: Callable[[Report], Workbook]
) -> None:
    sheet = sheet_of(written(report_of(branch_day)), "已勾对")
    amount, serial = cell_of(sheet, 2, "金额"), cell_of(sheet, 2, "流水号")
    assert (amount.value, amount.number_format) == (54030.33, "#,##0.00")
    assert (serial.data_type, serial.number_format) == ("s", "@")


@pytest.mark.parametrize("name", ['=HYPERLINK("x")', "+1", "-1", "@SUM(A1)", "a\x07\udcffb"])
def test_a_file_name_is_never_a_formula(
    branch_day: BranchDay,
    report_of: ReportOf,
    written: Callable[[Report], Workbook],
    page: Callable[..., CatalogedPage],
    name: str,
) -> None:
    odd = page(name)
    match = Match(name, (odd,), "serial", 1.0, ())
    day = replace(branch_day, branch=name, matches=(match,))
    book = written(report_of(day, institution=f"{name} & Co"))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    shown = book["已勾对"].cell(2, 6)
    assert shown.value == name.replace("\x07", "�").replace("\udcff", "�")
    assert shown.quotePrefix == name.startswith(("=", "+", "-", "@"))
    assert "&& Co 2026-11-19" in str(sheet_of(book, "对账").oddHeader)
