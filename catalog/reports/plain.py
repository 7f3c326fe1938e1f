"""The list of discrepancies as a table of plain text, for whoever wants to work on it elsewhere."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from catalog.reports.values import Piece
from catalog.reports.view import DiscrepancyView, Report
from pipeline.language import Message, say

BYTE_ORDER_MARK = "\ufeff"
_NUMBER = re.compile(r"[+-]?[0-9][0-9,]*(\.[0-9]+)?")
_OPENS_A_FORMULA = tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")
"""First characters that make a spreadsheet compute a cell instead of showing it, their full-width forms
included (OWASP, CSV injection)."""


def render_csv(report: Report) -> str:
    """Return the discrepancies as CSV, one a line, opening with a byte order mark.

    Without the mark Excel takes UTF-8 Chinese for the system's old code page. Serial numbers stand
    as bare digits, so that programs can read them; in Excel use the workbook, which keeps all 18.
    """
    out = io.StringIO()
    out.write(BYTE_ORDER_MARK)
    table = csv.writer(out)
    table.writerow(heading.in_language(report.lang) for heading in _headings())
    for found in report.discrepancies:
        table.writerow(disarmed(cell) for cell in _row(found, report))
    return out.getvalue()


def _headings() -> Sequence[Message]:
    return (
        say("No."),
        say("Business date"),
        say("Branch"),
        say("Code"),
        say("Class"),
        say("Serial number"),
        say("Page file"),
        say("On the page"),
        say("Expected"),
        say("Reason"),
        say("What to do"),
        say("To be settled by"),
        say("Person"),
        say("Deadline"),
        say("Provisional deadline"),
    )


def _row(found: DiscrepancyView, report: Report) -> Sequence[str]:
    provisional = say("yes") if found.provisional else say("no")
    return (
        str(found.number),
        report.day.isoformat(),
        found.branch,
        found.code,
        found.words,
        found.serial_no,
        "; ".join(page.name for page in found.pages),
        "; ".join(f"{each.label}: {_text(each.read)}" for each in found.values if each.read),
        "; ".join(
            f"{each.label}: {_text(each.expected)}" for each in found.values if each.expected
        ),
        found.reason,
        found.remedy,
        found.owner,
        found.owner_name,
        found.deadline.isoformat(),
        provisional.in_language(report.lang),
    )


def _text(pieces: Sequence[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def disarmed(cell: str) -> str:
    """Put an apostrophe before what a spreadsheet would run as a formula.

    A delivered file may be called "=HYPERLINK(…)", and the archivist who opens the list trusts it.
    Numbers are left alone: -12.50 must stay a number.
    """
    if cell.startswith(_OPENS_A_FORMULA) and not _NUMBER.fullmatch(cell):
        return "'" + cell
    return cell
