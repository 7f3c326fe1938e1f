"""What is to be handed over of a closed day, the books against the store."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

from flows.in_hand import must_have_rows
from flows.parts import Parts
from pipeline.archive import by_customer
from pipeline.balance import BranchDay, DiscrepancyKind
from pipeline.errors import UserError
from pipeline.handover import Handover, HandoverItem, ItemState, VoucherPapers
from pipeline.language import say
from pipeline.model import Transaction


@dataclass(frozen=True)
class Stock:
    """A closed day's vouchers in the books against those handed over (RC-08), by serial number."""

    in_store: tuple[str, ...]
    waiting: tuple[str, ...]
    left: tuple[str, ...]
    """Not handed over, refused, or handed over without paper."""


def vouchers_of(parts: Parts, day: date, branch: str, handler: str | None) -> list[VoucherPapers]:
    """Give the transactions of a closed day with papers in hand or missing; ``handler`` None: of all.

    Raises UserError while the day is open: nothing is handed over that is not reconciled; and for a handler
    of whom there is no transaction.
    """
    result = _closed(parts, day, branch)
    rows = parts.catalog.streams.of_day(day, branch)
    must_have_rows(rows, day, branch, handler)
    imaged = {match.serial_no: len(match.pages) for match in result.matches}
    missing = Counter(
        found.serial_no
        for found in result.discrepancies
        if found.kind is DiscrepancyKind.MISSING_IMAGE
    )
    return [
        _papers(transaction, imaged.get(transaction.serial_no, 0), missing[transaction.serial_no])
        for transaction in rows
        if handler in (None, transaction.teller_no)
        and (transaction.serial_no in imaged or transaction.serial_no in missing)
    ]


def _closed(parts: Parts, day: date, branch: str) -> BranchDay:
    results = parts.catalog.days.results(day, branch)
    if not results or not results[0].closed:
        raise UserError(
            say(
                "Branch {branch} has not closed {day}, or something came since; run “paperproof close-day "
                "{day} --branch {branch}” first.",
                branch=branch,
                day=day,
            )
        )
    return results[0]


def _papers(transaction: Transaction, imaged: int, missing: int) -> VoucherPapers:
    expected = max(transaction.voucher_count or 0, imaged + missing)
    return VoucherPapers(transaction.serial_no, expected, imaged)


def stock_of(parts: Parts, day: date, branch: str) -> Stock:
    """Hold a closed day's vouchers against what was handed over; raises UserError while it is open."""
    state: dict[str, ItemState] = {}
    for handover in parts.catalog.handovers.all(day, branch):
        state |= {item.serial_no: item.state for item in handover.items}
    serials = [voucher.serial_no for voucher in vouchers_of(parts, day, branch, None)]
    in_store = tuple(one for one in serials if state.get(one) is ItemState.IN_STORE)
    waiting = tuple(one for one in serials if state.get(one) is ItemState.GIVEN)
    left = tuple(one for one in serials if one not in (*in_store, *waiting))
    return Stock(in_store, waiting, left)


def left_by_handler(parts: Parts, day: date, branch: str) -> dict[str, list[VoucherPapers]]:
    """Give what each handler has left to hand over of a closed day; raises UserError while it is open."""
    left = frozenset(stock_of(parts, day, branch).left)
    handlers = {row.serial_no: row.teller_no for row in parts.catalog.streams.of_day(day, branch)}
    found: dict[str, list[VoucherPapers]] = {}
    for voucher in vouchers_of(parts, day, branch, None):
        if voucher.serial_no in left:
            found.setdefault(handlers[voucher.serial_no], []).append(voucher)
    return dict(sorted(found.items()))


def by_customer_number(parts: Parts, handover: Handover) -> tuple[HandoverItem, ...]:
    """Give a hand-over's items by customer number (CG-17.1a), those that are not booked any more last."""
    booked = booked_of(parts, handover)

    def place(item: HandoverItem) -> tuple[bool, tuple[int, str], str]:
        row = booked.get(item.serial_no)
        return row is None, by_customer(row.customer_no if row else ""), item.serial_no

    return tuple(sorted(handover.items, key=place))


def booked_of(parts: Parts, handover: Handover) -> dict[str, Transaction]:
    """Give what is booked of a hand-over's day, by serial number."""
    rows = parts.catalog.streams.of_day(handover.day, handover.branch)
    return {row.serial_no: row for row in rows}
