"""Pages of a transaction that are not its slip: further papers, and papers of its customer.

A business asks for several papers; each may carry the serial number, so that the second is no copy of
the first. A customer's papers (an identity card) mostly carry none: standing alone they are known by their
customer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from pipeline.balance import CatalogedPage, Match
from pipeline.document_types import Share
from pipeline.evidence import plain
from pipeline.identity_number import is_identity_number
from pipeline.matching import Matching
from pipeline.model import FieldName, Transaction
from pipeline.profile import Profile

BY_CUSTOMER = "customer"
"""How of a match that holds papers of the customer alone."""


def with_further_papers(matching: Matching) -> Matching:
    """Return the matching with each "copy" of another type than the pages it repeats beside them.

    Matching takes a second page with a serial number for a copy; a page of the same bytes is one.
    """
    pages = {match.serial_no: list(match.pages) for match in matching.matches}
    holder = {page.delivery_id: serial for serial, own in pages.items() for page in own}
    copies = []
    for copy, first in matching.duplicates:
        serial = holder.get(first.delivery_id)
        known = {page.document_type for page in pages.get(serial or "", ())}
        same_bytes = any(page.page_id == copy.page_id for page in pages.get(serial or "", ()))
        if serial and copy.document_type and copy.document_type not in known and not same_bytes:
            pages[serial].append(copy)
        else:
            copies.append((copy, first))
    return replace(
        matching,
        matches=tuple(replace(m, pages=tuple(pages[m.serial_no])) for m in matching.matches),
        duplicates=tuple(copies),
    )


def customer_papers(
    pages: Iterable[CatalogedPage], profile: Profile
) -> tuple[list[CatalogedPage], list[CatalogedPage]]:
    """Return the pages that stand alone and are a customer's, not a transaction's, and the others."""
    apart: list[CatalogedPage] = []
    others: list[CatalogedPage] = []
    for page in pages:
        kind = profile.types.get(page.document_type or "")
        alone = page.voucher is None and FieldName.SERIAL_NO not in page.fields
        is_apart = alone and kind is not None and kind.share is Share.CUSTOMER
        (apart if is_apart else others).append(page)
    return apart, others


@dataclass(frozen=True)
class Customers:
    """A branch and day's customers, and who asks for which paper."""

    rows: Sequence[Transaction]
    asked: Collection[tuple[str, str]]
    """(serial number, document type) of the tasks that stand."""
    fresh: Collection[tuple[str, str]]
    """Those for which the paper must be new."""
    profile: Profile

    def asking(self, page: CatalogedPage, identity_no: str | None) -> list[Transaction]:
        """The transactions of the one customer whom the page fits that ask for its type; none else.

        An identity number decides; where none, or a mistaken one, was read, the customer's number and then
        the name do, when exactly one customer of the day has it.
        """
        rows = self._of_customer(page, identity_no)
        if len({row.customer_no for row in rows}) != 1:
            return []
        code = page.document_type or ""
        served = (code, *self.profile.types[code].satisfies)
        return [row for row in rows if any((row.serial_no, one) in self.asked for one in served)]

    def first(self, rows: Sequence[Transaction], code: str, matched: Collection[str]) -> str:
        """The serial number to which a paper goes: what needs it new, what has its slip, the earliest."""
        served = (code, *self.profile.types[code].satisfies)

        def rank(row: Transaction) -> tuple[bool, bool, str]:
            needs_new = any((row.serial_no, one) in self.fresh for one in served)
            return (not needs_new, row.serial_no not in matched, row.serial_no)

        return min(rows, key=rank).serial_no

    def _of_customer(self, page: CatalogedPage, identity_no: str | None) -> list[Transaction]:
        if identity_no:
            found = self._by_identity.get(identity_no, [])
            if found or is_identity_number(identity_no, self._day):
                return found
        for name in (FieldName.CUSTOMER_NO, FieldName.CUSTOMER_NAME):
            field = page.fields.get(name)
            if field:
                told = plain(field.value)
                found = [row for row in self.rows if plain(getattr(row, name)) == told]
                if found:
                    return found
        return []

    @cached_property
    def _by_identity(self) -> dict[str, list[Transaction]]:
        """Identity number -> the transactions of which the customer or agent has it."""
        rows: dict[str, list[Transaction]] = defaultdict(list)
        for row in self.rows:
            for number in filter(None, {row.id_no, row.agent_id_no}):
                rows[number].append(row)
        return rows

    @property
    def _day(self) -> date:
        return self.rows[0].business_date if self.rows else date.max


def with_customer_papers(
    matching: Matching,
    apart: Sequence[CatalogedPage],
    customers: Customers,
    identity: Mapping[str, str],
) -> Matching:
    """Return the matching with the papers that stood ``apart`` beside their customers' transactions.

    ``identity``: SHA-256 of a page -> the identity number read on it. Of one type a transaction takes as
    many pages as such a paper has at most; further ones, and the same bytes again, are copies. A page that
    fits nobody who asks for it is left.
    """
    matched = {match.serial_no for match in matching.matches}
    taken: dict[str, list[CatalogedPage]] = defaultdict(list)
    copies, left = list(matching.duplicates), list(matching.pages_left)
    seen = {page.page_id: page for match in matching.matches for page in match.pages}
    for page in sorted(apart, key=lambda one: (one.sequence, one.delivery_id)):
        if page.page_id in seen:
            copies.append((page, seen[page.page_id]))
            continue
        seen[page.page_id] = page
        code = page.document_type or ""
        rows = customers.asking(page, identity.get(page.page_id))
        if not rows:
            left.append(page)
            continue
        serial = customers.first(rows, code, matched)
        same = [one for one in taken[serial] if one.document_type == code]
        if len(same) >= customers.profile.types[code].pages[1]:
            copies.append((page, same[0]))
        else:
            taken[serial].append(page)
    return _with(matching, taken, copies, left)


def _with(
    matching: Matching,
    taken: Mapping[str, Sequence[CatalogedPage]],
    copies: Sequence[tuple[CatalogedPage, CatalogedPage]],
    left: Sequence[CatalogedPage],
) -> Matching:
    known = {match.serial_no for match in matching.matches}
    alone = [
        Match(serial, tuple(pages), BY_CUSTOMER, 0.0, ())
        for serial, pages in taken.items()
        if pages and serial not in known
    ]
    beside = [
        replace(match, pages=(*match.pages, *taken.get(match.serial_no, ())))
        for match in matching.matches
    ]
    matches = sorted([*beside, *alone], key=lambda match: match.serial_no)
    held = {match.serial_no for match in matches}
    return replace(
        matching,
        matches=tuple(matches),
        duplicates=tuple(copies),
        pages_left=tuple(left),
        transactions_left=tuple(
            row for row in matching.transactions_left if row.serial_no not in held
        ),
    )
