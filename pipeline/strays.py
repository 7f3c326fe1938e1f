"""Pages and transactions that found nothing on their own branch and day: where they probably belong.

Nothing here matches: a page of yesterday, or of another branch, is named and goes to a person.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from pipeline.balance import CatalogedPage, Match
from pipeline.matching import Matching, weight
from pipeline.model import FieldName, Transaction


@dataclass(frozen=True)
class Elsewhere:
    """What the catalog knows of serial numbers beyond the stream of a branch and day in force."""

    booked: Mapping[str, Sequence[Transaction]] = field(default_factory=dict)
    """Serial number -> transactions of neighbouring days, and of the day's other branches."""
    withdrawn: Mapping[str, str] = field(default_factory=dict)
    """Serial number of a row that a later stream file no longer had -> that file's name."""
    added: Mapping[str, str] = field(default_factory=dict)
    """Serial number of a row that only a later stream file had -> that file's name."""

    def owner_of(self, page: CatalogedPage) -> Transaction | None:
        """Give the transaction elsewhere whose serial number a page carries, unless all else differs."""
        serial = page.fields.get(FieldName.SERIAL_NO)
        fitting = [
            (weight(page, transaction), transaction)
            for transaction in self.booked.get(serial.value if serial else "", ())
        ]
        likely = [one for one in fitting if one[0] > 0]
        return max(likely, key=_surest)[1] if likely else None


def _surest(one: tuple[float, Transaction]) -> tuple[float, str, str]:
    bits, transaction = one
    return bits, transaction.business_date.isoformat(), transaction.handling_branch


@dataclass(frozen=True)
class LongVoucher:
    """A voucher with more pages than its transaction's; the next one may lie in it."""

    first: CatalogedPage
    last: CatalogedPage
    pages: int
    usual: int
    """Pages that such a voucher has."""


def missed_separators(
    transactions: Sequence[Transaction], matching: Matching, due: Mapping[str, int]
) -> Mapping[str, LongVoucher]:
    """Give, for unmatched transactions by serial number, the over-long voucher of the one booked beside it.

    Beside is what the same teller booked just before or after. A voucher is over-long when it has more
    pages than papers are ``due`` by serial number, than ``voucher_count``, and than most of its business.
    """
    long = dict(_long_vouchers(transactions, matching, due))
    missing = {one.serial_no for one in matching.transactions_left if one.expects_paper}
    found: dict[str, LongVoucher] = {}
    for before, after in _neighbours(transactions):
        for matched, unmatched in ((before, after), (after, before)):
            if matched in long and unmatched in missing:
                found.setdefault(unmatched, long[matched])
    return found


def _long_vouchers(
    transactions: Sequence[Transaction], matching: Matching, due: Mapping[str, int]
) -> Iterator[tuple[str, LongVoucher]]:
    of_serial = {one.serial_no: one for one in transactions}
    usual = _usual_pages(of_serial, matching.matches)
    for match in matching.matches:
        transaction = of_serial[match.serial_no]
        pages = sorted(match.pages, key=lambda page: page.sequence)
        expected = max(
            transaction.voucher_count or 0,
            due.get(match.serial_no, 0),
            usual.get(transaction.business_code, 0),
        )
        if expected and len(pages) > expected and pages[0].voucher is not None:
            yield match.serial_no, LongVoucher(pages[0], pages[-1], len(pages), expected)


def _usual_pages(
    of_serial: Mapping[str, Transaction], matches: Sequence[Match]
) -> Mapping[str, int]:
    """Give the number of pages that at least two vouchers of a business have, and most of them."""
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    for match in matches:
        counts[of_serial[match.serial_no].business_code][len(match.pages)] += 1
    commonest = {code: of.most_common(1)[0] for code, of in counts.items()}
    return {code: pages for code, (pages, times) in commonest.items() if times > 1}


def _neighbours(transactions: Sequence[Transaction]) -> Iterator[tuple[str, str]]:
    """Give the serial numbers of what a teller booked one after the other."""
    of_teller: dict[str, list[Transaction]] = defaultdict(list)
    for transaction in sorted(transactions, key=lambda one: (one.occur_at, one.serial_no)):
        of_teller[transaction.teller_no].append(transaction)
    for booked in of_teller.values():
        yield from ((one.serial_no, other.serial_no) for one, other in pairwise(booked))
