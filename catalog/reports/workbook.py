"""The mismatch report as a workbook: the equation, the list to work on, the matches."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.drawing.image import Image as CellImage
from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, OneCellAnchor
from openpyxl.drawing.xdr import XDRPositiveSize2D
from openpyxl.styles import Font
from openpyxl.worksheet.header_footer import HeaderFooterItem
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet
from PIL import Image, UnidentifiedImageError

from catalog.reports.cells import Column, Value, append, heading, table, widths
from catalog.reports.view import BranchView, DiscrepancyView, MatchView, PageView, Report, ValuePair
from pipeline.language import Message, say

_PICTURE = (110, 130)
"""Room for one page's picture in pixels, width and height."""
_EMU = 9525
"""Drawing units a pixel, at the 96 pixels an inch that spreadsheets reckon with."""
_POINTS = 0.75
"""Points a pixel, likewise."""
_PICTURES_SHOWN = 2
_PICTURE_COLUMN = 6


def write_xlsx(report: Report, path: Path) -> None:
    """Write the report to ``path``: sheets 对账, 差错清单 (with the pages' pictures) and 已勾对.

    Raises ``OSError`` where the place cannot be written.
    """
    book = Workbook()
    book.remove(book.worksheets[0])
    book.properties.title = say("Voucher mismatch report").in_language(report.lang)
    book.properties.creator = report.institution
    _balance_sheet(_sheet(book, say("Reconciliation"), report), report)
    _discrepancy_sheet(_sheet(book, say("Discrepancy list"), report), report)
    _match_sheet(_sheet(book, say("Matched"), report), report)
    book.save(path)


def _sheet(book: Workbook, title: Message, report: Report) -> Worksheet:
    sheet: Worksheet = book.create_sheet(title.in_language(report.lang))
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = int(sheet.PAPERSIZE_A4)
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    header, footer = HeaderFooterItem(), HeaderFooterItem()
    # an ampersand opens a code in headers and footers
    header.left.text = f"{report.institution} {report.day}".replace("&", "&&")
    footer.left.text = say("Contains customer data: keep it safe").in_language(report.lang)
    footer.right.text = "&P / &N"
    sheet.HeaderFooter.oddHeader, sheet.HeaderFooter.oddFooter = header, footer
    return sheet


def _balance_sheet(sheet: Worksheet, report: Report) -> None:
    for words, value in (
        (say("Voucher mismatch report"), report.institution),
        (say("Business date"), report.day),
        (say("State"), report.state),
        (say("Report made at"), report.generated_at.strftime("%Y-%m-%d %H:%M")),
        (say("Contains customer data: keep it safe"), None),
    ):
        append(sheet, (words.in_language(report.lang), value))
        sheet.cell(sheet.max_row, 1).font = Font(bold=True)
    sheet.append(())
    for number, branch in enumerate(report.branches):
        if number == 0:
            heading(sheet, [label for label, _ in _balance_row(branch, report.lang)])
        append(sheet, [value for _, value in _balance_row(branch, report.lang)], grid=True)
    sheet.append(())
    headings = (say("Class"), say("Code"), say("Count"), say("To be settled by"))
    heading(sheet, [each.in_language(report.lang) for each in headings])
    for kind in report.kinds:
        append(sheet, (kind.words, kind.code, kind.count, kind.owners), grid=True)
    widths(sheet, [26, 24, 10, 18, *[11] * 14])


def _balance_row(branch: BranchView, lang: str) -> list[tuple[str, Value]]:
    row: list[tuple[str, Value]] = [
        (say("Branch").in_language(lang), branch.branch),
        (say("State").in_language(lang), branch.state),
    ]
    for each in branch.sums:
        row += [each.total, *each.terms, (say("Gap").in_language(lang), each.gap)]
    return [*row, *branch.of_which, *branch.keying]


def _discrepancy_sheet(sheet: Worksheet, report: Report) -> None:
    columns: Sequence[Column] = (
        (say("No."), 6),
        (say("Branch"), 9),
        (say("Class"), 14),
        (say("Code"), 18),
        (say("Serial number"), 22),
        (say("Page"), 32),
        (say("Page file"), 18),
        (say("On the page"), 30),
        (say("Expected"), 30),
        (say("Reason"), 36),
        (say("What to do"), 36),
        (say("To be settled by"), 14),
        (say("Person"), 12),
        (say("Deadline"), 12),
        (say("Provisional deadline"), 10),
        (say("Outcome"), 24),
        (say("Signature and date"), 18),
    )
    table(
        sheet,
        columns,
        [_discrepancy_row(each, report.lang) for each in report.discrepancies],
        report.lang,
    )
    for row, found in enumerate(report.discrepancies, 2):
        _show_pages(sheet, row, found.pages)


def _discrepancy_row(found: DiscrepancyView, lang: str) -> Sequence[Value]:
    notes = [note for page in found.pages for note in page.notes]
    return (
        found.number,
        found.branch,
        found.words,
        found.code,
        found.serial_no,
        None,
        "\n".join(page.name for page in found.pages),
        _side(found.values, "read"),
        _side(found.values, "expected"),
        "\n".join((found.reason, *notes)),
        found.remedy,
        found.owner,
        found.owner_name,
        found.deadline,
        (say("yes") if found.provisional else say("no")).in_language(lang),
        None,
        None,
    )


def _side(values: Sequence[ValuePair], side: str) -> CellRichText | None:
    """Write one side's values a line each, what differs in bold and underlined."""
    emphasis = InlineFont(b=True, u="single")
    text = CellRichText()
    for value in values:
        pieces = value.read if side == "read" else value.expected
        if not pieces:
            continue
        text.append(f"{chr(10) if text else ''}{value.label}: ")
        for each in pieces:
            text.append(TextBlock(emphasis, each.text) if each.differs else each.text)
    return text or None


def _match_sheet(sheet: Worksheet, report: Report) -> None:
    columns: Sequence[Column] = (
        (say("No."), 6),
        (say("Branch"), 9),
        (say("Serial number"), 22),
        (say("Customer"), 34),
        (say("Amount"), 18),
        (say("Page file"), 24),
        (say("How matched"), 14),
        (say("Fields agreeing"), 10),
        (say("Fields compared"), 10),
        (say("Weakest evidence"), 34),
    )
    table(sheet, columns, [_match_row(each) for each in report.matches], report.lang)


def _match_row(match: MatchView) -> Sequence[Value]:
    return (
        match.number,
        match.branch,
        match.serial_no,
        match.customer,
        match.amount,
        match.pages,
        match.how,
        match.agreeing,
        match.compared,
        match.weakest,
    )


def _show_pages(sheet: Worksheet, row: int, pages: Sequence[PageView]) -> None:
    """Put the pictures of the first pages beside one another into the row's picture cell."""
    width, height = _PICTURE
    pictures = [picture for page in pages if (picture := _small(page.picture))][:_PICTURES_SHOWN]
    for place, picture in enumerate(pictures):
        corner = AnchorMarker(
            col=_PICTURE_COLUMN - 1,
            row=row - 1,
            colOff=_EMU * (4 + place * (width + 4)),
            rowOff=_EMU * 4,
        )
        extent = XDRPositiveSize2D(_EMU * picture.width, _EMU * picture.height)
        picture.anchor = OneCellAnchor(_from=corner, ext=extent)
        sheet.add_image(picture)
    if pictures:
        sheet.row_dimensions[row].height = _POINTS * (height + 8)


def _small(content: bytes | None) -> CellImage | None:
    """Scale a picture into its room, kept at twice the size shown so that it prints sharp."""
    if content is None:
        return None
    try:
        with Image.open(BytesIO(content)) as opened:
            opened.thumbnail((2 * _PICTURE[0], 2 * _PICTURE[1]))
            kept = BytesIO()
            opened.convert("RGB").save(kept, "JPEG", quality=80)
    except (UnidentifiedImageError, OSError):
        return None  # the page's name still stands in the next column
    picture = CellImage(kept)
    scale = min(_PICTURE[0] / picture.width, _PICTURE[1] / picture.height)
    picture.width, picture.height = round(picture.width * scale), round(picture.height * scale)
    return picture
