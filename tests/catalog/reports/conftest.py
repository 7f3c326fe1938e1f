"""A small reconciled day with a discrepancy of most kinds, and reports made of it."""

import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from PIL import Image

from catalog.reports.build import build_report
from catalog.reports.view import Report
from pipeline.balance import (
    BranchDay,
    CatalogedPage,
    Discrepancy,
    DiscrepancyKind,
    FieldEvidence,
    Match,
)
from pipeline.language import say
from pipeline.model import FieldName, Finding, Severity

DAY = date(2026, 11, 19)
SERIAL = "202611193301999357"
COUNTS = {
    "transactions": 3,
    "matched": 1,
    "missing": 1,
    "no_paper_due": 1,
    "images": 4,
    "matched_images": 1,
    "surplus": 1,
    "duplicate": 0,
    "blank": 1,
    "sheets": 0,
    "rejected": 1,
    "papers": 0,
    "imaged_papers": 0,
    "explained_papers": 0,
    "papers_without_image": 0,
    "field_mismatch": 1,
    "unreadable": 0,
    "tasks": 3,
    "tasks_captured": 1,
    "tasks_shared": 0,
    "tasks_missing": 1,
    "tasks_electronic": 1,
    "tasks_optional": 0,
    "tasks_void": 0,
    "unconfirmed": 1,
    "left": 2,
    "page_check": 0,
    "to_key": 0,
    "keyed": 0,
    "given_up": 0,
    "late_capture": 0,
    "late_review": 0,
    "over_papers": 0,
}
REFUSED = say("Page {name} lies askew.", name="0003.jpg")


@pytest.fixture
def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (300, 424), "white").save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def page() -> Callable[..., CatalogedPage]:
    def make(name: str = "0001.jpg", sequence: int = 1, **kept: Any) -> CatalogedPage:
        return CatalogedPage(
            f"{sequence:064x}", f"d{sequence}", name, "3301", sequence, "admitted", **kept
        )

    return make


@pytest.fixture
def discrepancy() -> Callable[..., Discrepancy]:
    def make(
        kind: DiscrepancyKind, pages: tuple[CatalogedPage, ...] = (), **kept: Any
    ) -> Discrepancy:
        given: dict[str, Any] = {
            "branch": "3301",
            "serial_no": None,
            "read": {},
            "expected": {},
            "reason": say("The page is blank."),
            "remedy": say("Look at the page and key the amount."),
            "owner": "teller",
            "owner_name": "10009",
            "deadline": date(2026, 11, 20),
            "deadline_provisional": False,
        }
        return Discrepancy(kind=kind, pages=pages, **(given | kept))

    return make


@pytest.fixture
def branch_day(
    page: Callable[..., CatalogedPage], discrepancy: Callable[..., Discrepancy]
) -> BranchDay:
    first = page(doubts=("words_differ_from_figures",))
    evidence = (
        FieldEvidence(FieldName.SERIAL_NO, SERIAL, SERIAL, "agrees", 20.0, "barcode", 1.0),
        FieldEvidence(FieldName.CUSTOMER_NAME, "余玲", "余玲", "agrees", 9.0, "rapidocr", 0.91),
        FieldEvidence(
            FieldName.AMOUNT, "54930.33", "54030.33", "differs", -4.0, "rapidocr", 0.98765432
        ),
        FieldEvidence(FieldName.FUND_ACCOUNT, None, None, "not_expected", -9.0),
    )
    refused = page(
        "0003.jpg",
        3,
        findings=(
            Finding("Q07", Severity.REJECT, "4.2", "3", REFUSED),
            Finding("Q05", Severity.FLAG, "x", "y", say("The page is small.")),
        ),
    )
    kind = DiscrepancyKind
    return BranchDay(
        day=DAY,
        branch="3301",
        closed=True,
        counts=COUNTS,
        matches=(Match(SERIAL, (first,), "serial", 25.0, evidence),),
        discrepancies=(
            discrepancy(kind.BLANK, (page("0004.jpg", 4),)),
            discrepancy(
                kind.FIELD_MISMATCH,
                (first,),
                serial_no=SERIAL,
                read={"amount": "54930.33"},
                expected={"amount": "54030.33"},
                owner="reviewer",
            ),
            discrepancy(
                kind.QUALITY_REJECT,
                (refused,),
                read={"serial_no": "12", "Q07": "4.2"},
                expected={"Q07": "≤ 3"},
                reason=REFUSED,
            ),
            discrepancy(kind.SURPLUS_IMAGE, (page("0002.jpg", 2),), read={"amount": "1234.5"}),
            discrepancy(
                kind.MISSING_IMAGE,
                serial_no="202611193301000017",
                expected={"amount": "-12.50", "customer_name": "曹博"},
                deadline_provisional=True,
            ),
        ),
    )


@pytest.fixture
def report_of(picture: bytes) -> Callable[..., Report]:
    def make(*branch_days: BranchDay, lang: str = "zh", **kept: Any) -> Report:
        given: dict[str, Any] = {
            "institution": "示例证券",
            "generated_at": datetime(2026, 11, 20, 7, 32, tzinfo=UTC),
            "thumbnail": lambda page: picture,
        }
        return build_report(DAY, branch_days, lang=lang, **(given | kept))

    return make
