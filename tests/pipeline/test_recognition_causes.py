"""Each cause known from practice is found from what is on record, the most telling one first."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from pipeline.balance import CatalogedPage, Discrepancy, DiscrepancyKind, FieldEvidence
from pipeline.evidence import NOT_READ
from pipeline.keying.tasks import Cause as Asked
from pipeline.language import say
from pipeline.model import Box, FieldName, FieldValue, Finding, Reading, Severity, TextLine
from pipeline.recognition_causes import Cause, SeenPage, Trouble, cause_of
from pipeline.sheets import cover_of

DAY = date(2026, 11, 19)
BRANCH = "3301"
KIND = DiscrepancyKind
F = FieldName
NO_WORDS = say("The page is blank.")


CORNER = Box(0, 0, 9, 9)


def value(name: FieldName, box: Box = CORNER) -> FieldValue:
    return FieldValue(name, "1", 0.99, "rapidocr", box)


FIELDS = {name: value(name) for name in (F.SERIAL_NO, F.AMOUNT, F.CUSTOMER_NO)}
PAGE = CatalogedPage("a", "d", "a.jpg", BRANCH, 1, "admitted", fields=FIELDS)


def checked(check: str, measured: str = "", **kept: Any) -> CatalogedPage:
    finding = Finding(check, Severity.FLAG, measured, "", NO_WORDS)
    return replace(PAGE, read_findings=(finding,), **kept)


def found(kind: DiscrepancyKind, page: CatalogedPage | None = None) -> Discrepancy:
    pages = (page,) if page else ()
    return Discrepancy(
        kind, BRANCH, None, pages, {}, {}, NO_WORDS, NO_WORDS, "teller", None, DAY, False
    )


def trouble(
    page: CatalogedPage | None = PAGE,
    *kinds: DiscrepancyKind,
    reading: Reading | None = None,
    size_mm: tuple[float, float] | None = None,
    dpi: float | None = None,
    skew: float = 0.0,
    **kept: Any,
) -> Trouble:
    pages = (SeenPage(page, reading, size_mm, dpi, skew),) if page else ()
    return Trouble(DAY, BRANCH, pages, [found(kind, page) for kind in kinds], **kept)


def sheet(branch: str) -> CatalogedPage:
    cover = cover_of(branch, DAY, "batch-01", vouchers=2, pages=2)
    return replace(PAGE, state="sheet", sheet=cover.text, fields={})


def bank_slip() -> Reading:
    lines = (
        "中国银行客户专用回单",
        "付款人户名：余玲",
        "收款人户名：王强",
        "付款人账号：6222020200112233445",
    )
    placed = tuple(
        TextLine(t, 0.99, Box(10, 40 * n, 400, 40 * n + 30)) for n, t in enumerate(lines)
    )
    return Reading((), {}, placed, "hand", 0.0, 0.0)


NO_FUND = FieldEvidence(F.FUND_ACCOUNT, None, "760794", NOT_READ, 0.0)


@pytest.mark.parametrize(
    ("cause", "case"),
    [
        (Cause.STUCK_SHEETS, trouble(replace(PAGE, doubts=("two_serials",)))),
        (Cause.STUCK_SHEETS, trouble(checked("Q11"), KIND.PAGE_CHECK)),
        (Cause.SMALL_SLIP, trouble(size_mm=(80.0, 190.0))),
        (Cause.WRONG_DATE, trouble(checked("Q14"))),
        (Cause.WRONG_DATE, trouble(replace(PAGE, doubts=("serial_of_another_day",)))),
        (Cause.WORDS_DIFFER, trouble(checked("Q15"))),
        (Cause.STAMP_MISSING, trouble(checked("Q17"))),
        (Cause.COVER_ERROR, trouble(sheet("3302"), KIND.PAGE_CHECK)),
        (Cause.COUNTS_DIFFER, trouble(sheet(BRANCH), KIND.PAGE_CHECK)),
        (Cause.COUNTS_DIFFER, trouble(None, KIND.MISSING_PAPER)),
        (Cause.FAINT_PRINT, trouble(checked("Q09", "22%"))),
        (Cause.BLURRED, trouble(checked("Q09", "0.24 mm"))),
        (Cause.BLURRED, trouble(replace(PAGE, doubts=("written_over",)))),
        (Cause.NO_SERIAL, trouble(asked={F.SERIAL_NO: Asked.NOT_READ})),
        (
            Cause.NO_SERIAL,
            trouble(replace(PAGE, fields={n: FIELDS[n] for n in (F.AMOUNT, F.CUSTOMER_NO)})),
        ),
        (Cause.NO_ACCOUNT, trouble(evidence=(NO_FUND,))),
        (Cause.PAGE_LEFT_IN, trouble(replace(PAGE, fields={}), KIND.SURPLUS_IMAGE)),
        (Cause.PAGE_LEFT_IN, trouble(replace(PAGE, state="blank", fields={}), KIND.BLANK)),
        (Cause.PAGE_LEFT_IN, trouble(PAGE, KIND.WRONG_TYPE)),
        (Cause.MISSING_VOUCHER, trouble(None, KIND.MISSING_IMAGE)),
        (Cause.MISSING_VOUCHER, trouble(None, KIND.PAPER_WITHOUT_IMAGE)),
        (Cause.BATCH_NOT_REGISTERED, trouble(PAGE, KIND.SURPLUS_IMAGE, uncovered=True)),
        (Cause.SCANNED_TWICE, trouble(PAGE, KIND.DUPLICATE)),
        (Cause.SCAN_REFUSED, trouble(PAGE, KIND.QUALITY_REJECT)),
        (Cause.BOOKED_OTHERWISE, trouble(PAGE, KIND.FIELD_MISMATCH)),
        (Cause.UNSURE, trouble(asked={F.AMOUNT: Asked.UNSURE})),
        (Cause.OTHER, trouble(PAGE, KIND.SURPLUS_IMAGE)),
        (Cause.OTHER, trouble(checked("Q16"))),
    ],
)
def test_each_cause_is_found(cause: Cause, case: Trouble) -> None:
    assert cause_of(case) is cause


def test_a_bank_slip_among_the_vouchers_is_told() -> None:
    case = trouble(replace(PAGE, fields={}), KIND.SURPLUS_IMAGE, reading=bank_slip())
    assert cause_of(case) is Cause.FOREIGN_SLIP


def test_the_most_telling_cause_is_told() -> None:
    page = replace(checked("Q15"), doubts=("two_pages",))
    assert cause_of(trouble(page, KIND.FIELD_MISMATCH, size_mm=(80, 80))) is Cause.STUCK_SHEETS


def printed(shift_mm: float, angle: float = 0.0, values: int = 3) -> Reading:
    """Labels at 20 mm and values at 60 mm, printed so much lower; the page turned by ``angle``."""
    per_mm, slope = 200 / 25.4, angle * 3.14159265 / 180
    labels = {
        F.SERIAL_NO: "流水号",
        F.AMOUNT: "金额小写",
        F.CUSTOMER_NO: "客户编号：",
        F.CUSTOMER_NAME: "户名",
    }
    lines, fields = [], {}
    for row, (name, label) in enumerate(list(labels.items())[:values]):
        top = round((40 + 11 * row) * per_mm)
        lines.append(TextLine(label, 0.99, Box(157, top, 220, top + 30), angle))
        left, right = 472, 700
        turned = slope * ((left + right) / 2 - (157 + 220) / 2)
        low = round(top + shift_mm * per_mm + turned)
        fields[name] = value(name, box=Box(left, low, right, low + 30))
    return Reading((), fields, tuple(lines), "hand", 0.0, 0.0)


@pytest.mark.parametrize(
    ("reading", "shifted"),
    [
        (printed(2.5), True),
        (printed(-3.0, angle=1.5), True),
        (printed(0.8), False),
        (printed(0.0, angle=3.0), False),
        (printed(2.5, values=2), False),
        (printed(8.0), False),
    ],
)
def test_print_off_its_place_is_told_from_a_turned_page(reading: Reading, shifted: bool) -> None:
    case = trouble(PAGE, KIND.FIELD_MISMATCH, reading=reading, dpi=200.0, size_mm=(210, 297))
    assert (cause_of(case) is Cause.SHIFTED_PRINT) is shifted


def test_the_skew_counts_where_the_lines_tell_no_turn() -> None:
    turned = printed(0.0, angle=3.0)
    lines = tuple(replace(line, angle=0.0) for line in turned.lines)
    case = trouble(
        PAGE, KIND.FIELD_MISMATCH, reading=replace(turned, lines=lines), dpi=200.0, skew=3.0
    )
    assert cause_of(case) is Cause.BOOKED_OTHERWISE
    assert cause_of(replace(case, pages=[replace(case.pages[0], skew=0.0)])) is Cause.SHIFTED_PRINT
