"""The recognition report: what was recognised without a person, by branch, station, form, teller, day."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from catalog.reports.cells import Column, Value, append, heading, table, widths
from catalog.reports.html import render
from catalog.reports.plain import BYTE_ORDER_MARK, disarmed
from catalog.reports.trend_chart import TrendChart, trend_chart
from pipeline.language import Message, say
from pipeline.recognition import (
    TRADE_AVERAGE,
    TRADE_LEAST,
    TRADE_MOST,
    By,
    Figures,
    Group,
    Handled,
    causes,
    figures,
    grouped,
    trend,
)
from pipeline.recognition_causes import Cause

CAUSES: Mapping[Cause, Message] = {
    Cause.SHIFTED_PRINT: say("Print off its place on the form"),
    Cause.FAINT_PRINT: say("Faint print, worn ribbon"),
    Cause.COVER_ERROR: say("Cover of another branch or day"),
    Cause.COUNTS_DIFFER: say("Number of vouchers not as registered on the cover"),
    Cause.STUCK_SHEETS: say("Sheets stuck together"),
    Cause.NO_ACCOUNT: say("Account not on the voucher, as when printed again"),
    Cause.PAGE_LEFT_IN: say("Page left in that is no voucher, blank page"),
    Cause.MISSING_VOUCHER: say("Voucher missing"),
    Cause.STAMP_MISSING: say("Stamp or signature missing or misplaced"),
    Cause.NO_SERIAL: say("Serial number missing"),
    Cause.BLURRED: say("Blurred, or something across a value"),
    Cause.WORDS_DIFFER: say("Amount in words other than in figures"),
    Cause.FOREIGN_SLIP: say("Bank slip or receipt among the vouchers"),
    Cause.WRONG_DATE: say("Scanned for another day or branch"),
    Cause.SMALL_SLIP: say("Slip too small for the scanner"),
    Cause.BATCH_NOT_REGISTERED: say("Batch without a cover where others have one"),
    Cause.SCANNED_TWICE: say("Scanned twice"),
    Cause.SCAN_REFUSED: say("Scan refused"),
    Cause.BOOKED_OTHERWISE: say("Paper and booking differ"),
    Cause.UNSURE: say("Read, but not surely enough"),
    Cause.OTHER: say("Other"),
}
_TITLES: Mapping[By, tuple[Message, tuple[Message, ...]]] = {
    By.BRANCH: (say("By branch"), (say("Branch"),)),
    By.STATION: (say("By station"), (say("Branch"), say("Station"))),
    By.FORM: (say("By form"), (say("Form"),)),
    By.TELLER: (say("By teller"), (say("Branch"), say("Teller"))),
}
_FIGURES = (
    say("Transactions"),
    say("Recognised alone"),
    say("Share"),
    say("Keyed"),
    say("Discrepancies"),
)


@dataclass(frozen=True)
class Section:
    """One table of groups."""

    by: By
    title: str
    heads: tuple[str, ...]
    """What the groups are told by, then the figures."""
    rows: tuple[tuple[tuple[str, ...], Figures], ...]


@dataclass(frozen=True)
class RecognitionReport:
    """The report, in one language."""

    institution: str
    lang: str
    generated_at: datetime
    first: date
    last: date
    branch: str | None
    total: Figures
    days: tuple[tuple[date, Figures], ...]
    chart: TrendChart
    sections: tuple[Section, ...]
    causes: tuple[tuple[Cause, str, int], ...]
    """The most frequent first; every cause is there."""

    @property
    def trade(self) -> tuple[float, float, float]:
        """The trade's least, average and most."""
        return TRADE_LEAST, TRADE_AVERAGE, TRADE_MOST

    @property
    def troubled(self) -> int:
        """Vouchers and pages that a person had to look at."""
        return sum(count for _, _, count in self.causes)


def recognition_report(
    handled: Sequence[Handled],
    *,
    institution: str,
    lang: str,
    generated_at: datetime,
    first: date,
    last: date,
    branch: str | None,
) -> RecognitionReport:
    """Make the report of what became of every voucher and stray page between two days."""
    days = trend(handled)
    counted = sorted(causes(handled), key=lambda pair: -pair[1])
    return RecognitionReport(
        institution=institution,
        lang=lang,
        generated_at=generated_at,
        first=first,
        last=last,
        branch=branch,
        total=figures(handled),
        days=days,
        chart=trend_chart(days),
        sections=tuple(_section(handled, by, lang) for by in By),
        causes=tuple((cause, CAUSES[cause].in_language(lang), n) for cause, n in counted),
    )


def _section(handled: Sequence[Handled], by: By, lang: str) -> Section:
    title, names = _TITLES[by]
    return Section(
        by,
        title.in_language(lang),
        tuple(one.in_language(lang) for one in (*names, *_FIGURES)),
        tuple((_named(group, by, lang), group.figures) for group in grouped(handled, by)),
    )


def _named(group: Group, by: By, lang: str) -> tuple[str, ...]:
    if by is not By.FORM:
        return tuple(part or "–" for part in group.key)
    form = group.key[0]
    if form is None:
        return (say("read whole, of no known form").in_language(lang),)
    return (form or say("no page").in_language(lang),)


# ---------------------------------------------------------------- its forms


def as_html(report: RecognitionReport) -> str:
    """Return the report as one self-contained page."""
    return render("recognition.html.j2", report.lang, report=report)


def as_contract(report: RecognitionReport) -> dict[str, Any]:
    """Return the report as JSON-ready types; keys and codes are the same in all languages."""
    return {
        "from": report.first.isoformat(),
        "to": report.last.isoformat(),
        "branch": report.branch,
        "trade": dict(zip(("least", "average", "most"), report.trade, strict=True)),
        "total": _plain(report.total),
        "days": [{"day": day.isoformat(), **_plain(one)} for day, one in report.days],
        "causes": {str(cause): count for cause, _, count in report.causes},
        "by": {
            str(section.by): [{"key": list(key), **_plain(one)} for key, one in section.rows]
            for section in report.sections
        },
    }


def _plain(one: Figures) -> dict[str, Any]:
    return {
        "transactions": one.transactions,
        "automatic": one.automatic,
        "share": None if one.share is None else round(one.share, 4),
        "keyed": one.keyed,
        "discrepancies": one.discrepancies,
    }


def as_csv(report: RecognitionReport) -> str:
    """Return every figure as CSV, one a line, opening with a byte order mark."""
    out = io.StringIO()
    out.write(BYTE_ORDER_MARK)
    lines = csv.writer(out)
    heads = (say("Told by"), say("Group"), say("Within it"), *_FIGURES)
    lines.writerow(head.in_language(report.lang) for head in heads)
    lines.writerow(("total", "", "", *_cells(report.total)))
    for day, one in report.days:
        lines.writerow(("day", day.isoformat(), "", *_cells(one)))
    for section in report.sections:
        for key, one in section.rows:
            named = (*key, "")[:2]
            lines.writerow((section.by, *map(disarmed, named), *_cells(one)))
    for cause, words, count in report.causes:
        lines.writerow(("cause", cause, words, count, "", "", "", ""))
    return out.getvalue()


def _cells(one: Figures) -> tuple[Value, ...]:
    return one.transactions, one.automatic, one.share, one.keyed, one.discrepancies


def write_workbook(report: RecognitionReport, path: Path) -> None:
    """Write the report as a workbook, a sheet for each way to tell it."""
    book = Workbook()
    book.remove(book.worksheets[0])
    lang = report.lang
    book.properties.creator = report.institution
    sheet = book.create_sheet(say("Overview").in_language(lang))
    heading(sheet, [one.in_language(lang) for one in _FIGURES])
    append(sheet, _cells(report.total), grid=True)
    sheet.append(())
    heading(sheet, [say("Cause").in_language(lang), say("Count").in_language(lang)])
    for _, words, count in report.causes:
        append(sheet, (words, count), grid=True)
    widths(sheet, [44, 16, 12, 12, 14])
    _sheet(book, say("By day"), (say("Day"),), [((day,), one) for day, one in report.days], lang)
    for section in report.sections:
        title, names = _TITLES[section.by]
        _sheet(book, title, names, section.rows, lang)
    book.save(path)


def _sheet(
    book: Workbook,
    title: Message,
    names: Sequence[Message],
    rows: Sequence[tuple[tuple[Value, ...], Figures]],
    lang: str,
) -> None:
    columns: list[Column] = [*((name, 24) for name in names), *((name, 14) for name in _FIGURES)]
    sheet = book.create_sheet(title.in_language(lang))
    table(sheet, columns, [(*key, *_cells(one)) for key, one in rows], lang)
