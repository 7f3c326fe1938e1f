"""A branch day in hand, and its reconciliation: pages that read as their transaction is booked."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from catalog.discrepancies import DayInHand
from catalog.reconciliation import reconcile
from pipeline.balance import BranchDay, CatalogedPage, DiscrepancyKind
from pipeline.calendar import TradingCalendar
from pipeline.clocks import SlaRules, deadlines
from pipeline.evidence import expected_values
from pipeline.language import say
from pipeline.matching import Matching, match_day
from pipeline.model import Box, FieldName, FieldValue, Finding, Severity, Transaction

DAY = date(2026, 11, 19)
LOW_DPI = Finding("Q02", Severity.REJECT, "150 dpi", "≥ 200 dpi", say("Scan at 300 dpi."))


def page(
    number: int,
    transaction: Transaction | None = None,
    *,
    state: str = "admitted",
    findings: tuple[Finding, ...] = (),
    changed: Mapping[FieldName, str | None] | None = None,
    voucher: int | None = None,
) -> CatalogedPage:
    """A page that says what is booked, but for what is ``changed``."""
    values = {**(expected_values(transaction) if transaction else {}), **(changed or {})}
    return CatalogedPage(
        page_id=f"page-{number}",
        delivery_id=f"delivery-{number}",
        name=f"{number:04d}.jpg",
        branch="3301",
        sequence=number,
        state=state,
        findings=findings,
        fields={
            name: FieldValue(name, value, 0.99, "rapidocr", Box(0, 0, 1, 1))
            for name, value in values.items()
            if value is not None
        },
        voucher=voucher,
    )


def closed(
    transactions: Sequence[Transaction],
    pages: Sequence[CatalogedPage],
    matching: Matching | None = None,
    **known: Any,
) -> BranchDay:
    """The day reconciled; ``known``: what else ``DayInHand`` holds of it."""
    admitted = [one for one in pages if one.state == "admitted"]
    return reconcile(
        DayInHand(
            day=DAY,
            branch="3301",
            transactions=transactions,
            pages=pages,
            matching=matching or match_day(transactions, admitted),
            deadlines=deadlines(DAY, SlaRules(), TradingCalendar()),
            operators={one.delivery_id: "wang" for one in pages},
            **known,
        )
    )


def kinds(result: BranchDay) -> list[DiscrepancyKind]:
    """The kinds of what was found, in order."""
    return [found.kind for found in result.discrepancies]
