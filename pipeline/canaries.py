"""Canaries: invented vouchers of which it is known what the chain must make of them (CANARY).

A checker that finds nothing may have found nothing, or may not look any more. So each night vouchers that
are good, bad and forged go the way of all vouchers, and what becomes of each is held against its plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from pipeline.balance import BranchDay, Discrepancy, DiscrepancyKind
from pipeline.language import Message, say

MATCHED = "MATCHED"
DOUBT = "DOUBT"


class Group(StrEnum):
    """What a canary is there to prove."""

    GOOD = "good"
    """What is in order passes."""
    BAD = "bad"
    """A page that is no use is kept out, or named."""
    FORGED = "forged"
    """A paper that is not what it claims to be is found."""


TITLES: Mapping[str, Message] = {
    "good-qr": say("a voucher with a QR code"),
    "good-bar": say("a voucher with a barcode"),
    "good-plain": say("a voucher without a code"),
    "good-slip": say("a slip of a needle printer without a code"),
    "good-pages": say("a voucher of two pages between sheets"),
    "good-online": say("an online transaction, no paper due"),
    "bad-dpi": say("a scan of low resolution"),
    "bad-crooked": say("a crooked scan"),
    "bad-cut": say("a page cut through its print"),
    "bad-damaged": say("a file of which half is lost"),
    "bad-hostile": say("a file made to exhaust its reader"),
    "bad-blank": say("a blank page"),
    "bad-missing": say("a transaction without a page"),
    "bad-count": say("a cover that says a voucher more than came"),
    "forged-words": say("amount in words other than in figures"),
    "forged-code": say("printed serial number other than the code"),
    "forged-unbooked": say("a serial number never booked"),
    "forged-amount": say("an amount other than booked"),
    "forged-name": say("a customer other than booked"),
    "forged-copy": say("the same file under two names"),
    "forged-rescan": say("the same paper scanned twice"),
}
"""Every canary by its name, which begins with its group."""
GROUPS: Mapping[str, Group] = {name: Group(name.split("-")[0]) for name in TITLES}


class Fact(NamedTuple):
    """One thing that became of a canary."""

    what: str
    """MATCHED, DOUBT, or a ``DiscrepancyKind``."""
    page: str | None = None
    """Name of the scan; None: it is about the transaction."""
    detail: str | None = None
    """The field that differs, the page check that was not passed, the doubt."""


@dataclass(frozen=True)
class Canary:
    """One invented voucher, and what must become of it."""

    name: str
    group: Group
    serial_no: str | None
    """Of its booked transaction; None when none is booked."""
    pages: tuple[str, ...]
    """Names of its scans, sheets of ours among them."""
    planned: frozenset[Fact]


@dataclass(frozen=True)
class Outcome:
    """What was planned for a canary, and what came."""

    name: str
    group: Group
    planned: tuple[Fact, ...]
    came: tuple[Fact, ...]
    as_planned: bool


_DETAILED = (DiscrepancyKind.FIELD_MISMATCH, DiscrepancyKind.PAGE_CHECK)
"""Kinds of which the field or check matters: another one than planned is something else."""


def compare(canaries: Sequence[Canary], result: BranchDay) -> tuple[Outcome, ...]:
    """Hold what came of the canaries' day against the plan, canary by canary, none left out.

    What belongs to no canary comes last, as an outcome of its own without a name.
    """
    owner = {page: one.name for one in canaries for page in one.pages}
    owner |= {one.serial_no: one.name for one in canaries if one.serial_no}
    came: dict[str, set[Fact]] = {one.name: set() for one in canaries}
    strays: set[Fact] = set()
    for subject, fact in _facts(result):
        came.get(owner.get(subject, ""), strays).add(fact)
    outcomes = tuple(
        Outcome(
            one.name,
            one.group,
            tuple(sorted(one.planned, key=_in_order)),
            tuple(sorted(came[one.name], key=_in_order)),
            _as_planned(one.planned, came[one.name]),
        )
        for one in canaries
    )
    if strays:
        outcomes += (Outcome("", Group.GOOD, (), tuple(sorted(strays, key=_in_order)), False),)
    return outcomes


def _in_order(fact: Fact) -> tuple[str, str, str]:
    return fact.what, fact.page or "", fact.detail or ""


def _as_planned(planned: frozenset[Fact], came: set[Fact]) -> bool:
    """All that was planned came, and nothing else but what may come beside it."""
    return planned <= came and all(_allowed(fact, planned) for fact in came - planned)


def _allowed(fact: Fact, planned: Iterable[Fact]) -> bool:
    """Doubts explain and prove nothing; a page that is refused may have more than one fault."""
    refused = fact.what == DiscrepancyKind.QUALITY_REJECT
    same = any((one.what, one.page) == (fact.what, fact.page) for one in planned)
    return fact.what == DOUBT or (refused and same)


def _facts(result: BranchDay) -> Iterator[tuple[str, Fact]]:
    """Give each fact of the day with the page or serial number that it is about."""
    for match in result.matches:
        for page in match.pages:
            yield match.serial_no, Fact(MATCHED, page.name)
            for doubt in page.doubts:
                yield page.name, Fact(DOUBT, page.name, doubt)
    for found in result.discrepancies:
        name = found.pages[0].name if found.pages else None
        for detail in _details(found):
            yield name or found.serial_no or "", Fact(str(found.kind), name, detail)


def _details(found: Discrepancy) -> Iterable[str | None]:
    if found.kind in _DETAILED:
        return list(found.expected)
    if found.kind is DiscrepancyKind.QUALITY_REJECT:
        return [check for check in found.expected if check.startswith("Q")] or [None]
    return [None]


def counts(outcomes: Iterable[Outcome]) -> Mapping[str, int]:
    """Count canaries: all, as planned, otherwise."""
    told = [one.as_planned for one in outcomes]
    return {"canaries": len(told), "as_planned": sum(told), "otherwise": told.count(False)}
