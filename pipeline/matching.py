"""One branch and day's pages and transactions, ticked off one to one, each match with its evidence.

The pairs are found by ``pairing.engine``; here a branch and day is laid into its columns, and what is of
several pages, scanned twice or follows another page is told. A thin margin is no match: it goes to a
person. Pure and deterministic: the order of the arguments does not change the result.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from pipeline.assignment import MatchRules
from pipeline.balance import CatalogedPage, FieldEvidence, Match
from pipeline.evidence import AGREES, expected_values
from pipeline.following import Followers
from pipeline.model import FieldName, Transaction
from pipeline.pairing.columns import FIELDS, NONE, SERIAL, Numbers, Table, columns_of
from pipeline.pairing.engine import Pairing, paired, weighed_candidates
from pipeline.pairing.weights import VERDICTS, Weights
from pipeline.vouchers import leaders


@dataclass(frozen=True)
class Matching:
    """The result: every page and transaction that came in stands in exactly one place."""

    matches: tuple[Match, ...]
    duplicates: tuple[tuple[CatalogedPage, CatalogedPage], ...]
    """(surplus copy, the page that was matched or came first)."""
    pages_left: tuple[CatalogedPage, ...]
    transactions_left: tuple[Transaction, ...]
    fitting: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Delivery of a page left -> serial numbers of transactions left that may be its own, best first."""

    @property
    def serials_left(self) -> frozenset[str]:
        """Serial numbers on the pages that are left."""
        fields = (page.fields.get(FieldName.SERIAL_NO) for page in self.pages_left)
        return frozenset(field.value for field in fields if field)


Copy = tuple[CatalogedPage, CatalogedPage]
"""(surplus copy, the page that it repeats)."""


def match_day(
    transactions: Iterable[Transaction],
    pages: Iterable[CatalogedPage],
    rules: MatchRules | None = None,
) -> Matching:
    """Match the admitted pages of one branch and day with its transactions, one to one."""
    booked = sorted({t.serial_no: t for t in transactions}.values(), key=lambda t: t.serial_no)
    ordered = sorted(pages, key=lambda p: (p.sequence, p.delivery_id))
    unique, repeated = _set_repeated_bytes_aside(ordered)
    hand = _Hand(tuple(booked), tuple(unique), rules or MatchRules())
    followers = Followers(leaders(ordered), hand.weight)
    leading, following = followers.told_apart(unique)
    first, extra, rest = hand.matched(leading)
    first, following, strangers = followers.joined(first, following)
    second: list[Match] = []
    if strangers:  # a missing separator put them into another's voucher
        rest = sorted([*rest, *strangers], key=lambda p: (p.sequence, p.delivery_id))
        second, more, rest = hand.matched(rest, first)
        extra += more
    second, following, strangers = followers.joined(second, following)
    copies, following = followers.of_copies((*repeated, *extra), following)
    taken = {match.serial_no for match in (*first, *second)}
    pages_left = (*rest, *strangers, *following)
    return Matching(
        matches=tuple(sorted((*first, *second), key=lambda match: match.serial_no)),
        duplicates=copies,
        pages_left=pages_left,
        transactions_left=tuple(t for t in booked if t.serial_no not in taken),
        fitting=hand.fitting(pages_left, taken),
    )


def _set_repeated_bytes_aside(
    pages: Sequence[CatalogedPage],
) -> tuple[list[CatalogedPage], list[Copy]]:
    """The same bytes delivered again are a copy, whatever they say (page check Q12)."""
    first: dict[str, CatalogedPage] = {}
    copies = []
    for page in pages:
        if page.page_id in first:
            copies.append((page, first[page.page_id]))
        else:
            first[page.page_id] = page
    return list(first.values()), copies


@dataclass(frozen=True)
class _Hand:
    """A branch and day in the engine's columns: transactions by serial number, pages by arrival."""

    transactions: tuple[Transaction, ...]
    pages: tuple[CatalogedPage, ...]
    rules: MatchRules

    @cached_property
    def _weights(self) -> Weights:
        return Weights(columns_of(*tables_of(self.transactions, self.pages)))

    @cached_property
    def _row(self) -> dict[str, int]:
        return {transaction.serial_no: row for row, transaction in enumerate(self.transactions)}

    @cached_property
    def _place(self) -> dict[str, int]:
        return {page.delivery_id: place for place, page in enumerate(self.pages)}

    def weight(self, page: CatalogedPage, serial_no: str) -> float:
        """Return the bits of evidence that a page is of a transaction."""
        row, place = self._row[serial_no], self._place[page.delivery_id]
        return float(self._weights.weigh(np.array([row]), np.array([place])).score[0])

    def matched(
        self, pages: Sequence[CatalogedPage], before: Sequence[Match] = ()
    ) -> tuple[list[Match], list[Copy], list[CatalogedPage]]:
        """Match pages with transactions that have none; give the copies and what is left over too."""
        places = np.array([self._place[page.delivery_id] for page in pages], np.int64)
        taken = np.zeros(len(self.transactions), bool)
        taken[[self._row[match.serial_no] for match in before]] = True
        found = paired(self._weights, self.rules, places, taken)
        new = {int(row): [int(found.page_of[row])] for row in np.flatnonzero(found.page_of != NONE)}
        first = {self._row[match.serial_no]: match.pages[0] for match in before}
        surplus = self._claimants_joined(found, places, new)
        matches = self._told(new)
        first |= {row: match.pages[0] for row, match in zip(new, matches, strict=True)}
        copies = [
            (self.pages[place], first[row])
            for place, row in ((place, int(found.claim[place])) for place in surplus)
            if row in first
        ]
        placed = {copy.delivery_id for copy, _ in copies}
        placed |= {page.delivery_id for match in matches for page in match.pages}
        return matches, copies, [page for page in pages if page.delivery_id not in placed]

    def fitting(
        self, pages: Sequence[CatalogedPage], taken: Collection[str]
    ) -> dict[str, tuple[str, ...]]:
        """Give the transactions not ``taken`` that a page may be of, though it is not proven, best first."""
        places = [self._place[one.delivery_id] for one in pages if one.delivery_id in self._place]
        found = weighed_candidates(self._weights, np.array(places, np.int64))
        enough = found.bits >= self.rules.least_score - self.rules.least_margin
        order = np.lexsort((found.rows, -found.bits))
        fits: dict[str, tuple[str, ...]] = {}
        for pair in order[enough[order]]:
            serial_no = self.transactions[found.rows[pair]].serial_no
            delivery = self.pages[found.pages[pair]].delivery_id
            if serial_no not in taken:
                fits[delivery] = (*fits.get(delivery, ()), serial_no)
        return fits

    def _claimants_joined(
        self, found: Pairing, places: Numbers, pages_of: dict[int, list[int]]
    ) -> list[int]:
        """Add further pages of a serial number where its voucher has so many; give the surplus."""
        matched = {place for own in pages_of.values() for place in own}
        claimants = [p for p in places.tolist() if found.claim[p] != NONE and p not in matched]
        surplus = []
        for place in sorted(claimants, key=lambda p: (-found.standing[p], p)):
            own = pages_of.get(int(found.claim[place]))
            room = self.transactions[found.claim[place]].voucher_count or 1
            if own and len(own) < room:
                own.append(place)
            else:
                surplus.append(place)
        return sorted(surplus)

    def _told(self, pages_of: dict[int, list[int]]) -> list[Match]:
        rows, best = np.array(list(pages_of), np.int64), [own[0] for own in pages_of.values()]
        weighed = self._weights.weigh(rows, np.array(best, np.int64))
        scores, bits, outcomes = (
            one.tolist() for one in (weighed.score, weighed.bits, weighed.outcomes)
        )
        matches = []
        for pair, (row, own) in enumerate(pages_of.items()):
            evidence = _evidence(
                self.transactions[row], self.pages[own[0]], bits[pair], outcomes[pair]
            )
            matches.append(
                Match(
                    self.transactions[row].serial_no,
                    tuple(self.pages[place] for place in sorted(own)),
                    "serial" if evidence[SERIAL].verdict == AGREES else "fields",
                    scores[pair],
                    evidence,
                )
            )
        return matches


def weight(page: CatalogedPage, transaction: Transaction) -> float:
    """Return the bits of evidence that a page is of a transaction, with no other in sight."""
    return _Hand((transaction,), (page,), MatchRules()).weight(page, transaction.serial_no)


def tables_of(
    transactions: Sequence[Transaction], pages: Sequence[CatalogedPage]
) -> tuple[Table, Table]:
    """Lay transactions and pages of one branch and day into the engine's tables."""
    expected = [expected_values(transaction) for transaction in transactions]
    serials = [page.fields.get(FieldName.SERIAL_NO) for page in pages]
    return (
        Table(
            blocks=[""] * len(transactions),
            keys=[transaction.serial_no for transaction in transactions],
            values={name: [values[name] for values in expected] for name in FIELDS},
        ),
        Table(
            blocks=[""] * len(pages),
            keys=range(len(pages)),
            values={
                name: [read.value if (read := page.fields.get(name)) else None for page in pages]
                for name in FIELDS
            },
            coded=[bool(serial and serial.source.startswith("barcode")) for serial in serials],
        ),
    )


def _evidence(
    transaction: Transaction, page: CatalogedPage, bits: Sequence[float], outcomes: Sequence[int]
) -> tuple[FieldEvidence, ...]:
    expected = expected_values(transaction)
    told = []
    for place, name in enumerate(FIELDS):
        read = page.fields.get(name)
        told.append(
            FieldEvidence(
                field=name,
                read=read.value if read else None,
                expected=expected[name],
                verdict=VERDICTS[outcomes[place]],
                weight=bits[place],
                source=read.source if read else None,
                confidence=read.confidence if read else None,
            )
        )
    return tuple(told)
