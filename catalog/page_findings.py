"""What reading and counting brought to light on pages that are in (Q11, Q12, Q15 to Q17, a type's rules)."""

from __future__ import annotations

from collections.abc import Iterable

from catalog.discrepancies import DayInHand, discrepancy
from pipeline.balance import Discrepancy, DiscrepancyKind
from pipeline.language import Message, say
from pipeline.vouchers import counted_by_cover, differences

_OF_THE_VOUCHER = ("Q15", "Q16", "Q17")
"""Checks of what stands on the paper: its handler settles them. The others are the scan operator's."""


def found_on_pages(hand: DayInHand) -> Iterable[Discrepancy]:
    """Give one discrepancy a finding; a repeated paper that is a duplicate already is not told twice."""
    told = {page.delivery_id for pair in hand.matching.duplicates for page in pair}
    tellers = {transaction.serial_no: transaction.teller_no for transaction in hand.transactions}
    serials = {page.delivery_id: m.serial_no for m in hand.matching.matches for page in m.pages}
    for page in hand.pages:
        serial = serials.get(page.delivery_id)
        for found in page.read_findings:
            if found.check == "Q12" and page.delivery_id in told:
                continue
            handled = found.check in _OF_THE_VOUCHER and serial is not None
            yield discrepancy(
                hand,
                DiscrepancyKind.PAGE_CHECK,
                serial,
                (page,),
                found.message,
                _remedy(found.check),
                read={found.check: found.measured},
                expected={found.check: found.limit},
                owner=None if handled else "scan_operator",
                owner_name=tellers.get(serial) if handled and serial else None,
            )


def differing_counts(hand: DayInHand) -> Iterable[Discrepancy]:
    """Give one discrepancy a cover that says another number of vouchers or pages than came (Q11)."""
    counts = counted_by_cover(hand.pages)
    for each, message in differences(counts, hand.branch, hand.day):
        came = {"Q11": str(each.pages)}
        said = {"Q11": str(each.cover.pages)}
        if each.vouchers is not None:
            came["voucher_count"] = str(each.vouchers)
            said["voucher_count"] = str(each.cover.vouchers)
        yield discrepancy(
            hand,
            DiscrepancyKind.PAGE_CHECK,
            None,
            (each.page,),
            message,
            _remedy("Q11"),
            read=came,
            expected=said,
            owner="scan_operator",
        )


def _remedy(check: str) -> Message:
    if check == "Q11":
        return say(
            "Count the paper against the pages; scan what is missing or was drawn in together."
        )
    if check in _OF_THE_VOUCHER:
        return say("Compare the paper; have the voucher put right, or say that it is right.")
    if check == "Q12":
        return say("Look for the paper that was meant; scan it, or say that there is one only.")
    return say("Look at the page; scan the paper again where it can be done better.")
