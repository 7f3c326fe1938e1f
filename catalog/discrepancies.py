"""What is in hand before a day is reconciled, and how a discrepancy gets its owner and deadline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pipeline.balance import CatalogedPage, Discrepancy, DiscrepancyKind
from pipeline.clocks import Deadlines, Due
from pipeline.customers import KnownCustomer
from pipeline.duties import rule_of
from pipeline.keying.tasks import KeyingTask
from pipeline.language import Message
from pipeline.matching import Matching
from pipeline.model import Transaction
from pipeline.paper import PaperEntry
from pipeline.strays import Elsewhere
from pipeline.tasks.day import DayTasks

Kind = DiscrepancyKind

OWNERS: Mapping[DiscrepancyKind, str] = {
    Kind.MISSING_IMAGE: "teller",
    Kind.WRONG_TYPE: "scan_operator",
    Kind.NO_TASK_DEFINITION: "headquarters",
    Kind.UNKNOWN_CUSTOMER: "teller",
    Kind.WRONG_CUSTOMER: "teller",
    Kind.SURPLUS_IMAGE: "teller",
    Kind.DUPLICATE: "scan_operator",
    Kind.FIELD_MISMATCH: "reviewer",
    Kind.QUALITY_REJECT: "scan_operator",
    Kind.BLANK: "scan_operator",
    Kind.UNREADABLE: "reviewer",
    Kind.PAGE_CHECK: "teller",
    Kind.PAPER_WITHOUT_IMAGE: "teller",
    Kind.MISSING_PAPER: "teller",
}
"""Who settles what: the exception classes and their owners, checks_and_settings."""


@dataclass(frozen=True)
class DayInHand:
    """All that is known of one branch and day before it is reconciled."""

    day: date
    branch: str
    transactions: Sequence[Transaction]
    pages: Sequence[CatalogedPage]
    matching: Matching
    deadlines: Deadlines
    operators: Mapping[str, str]
    """delivery id -> the operator who scanned it."""
    keying: Sequence[KeyingTask] = ()
    """What people were asked for on its pages."""
    papers: DayTasks = field(default_factory=DayTasks)
    """The capture tasks of its transactions."""
    customers: Mapping[str, KnownCustomer] | None = None
    """The customers of its transactions that the master knows, by number; None: there is no master."""
    confirmed: frozenset[str] = frozenset()
    """Serial numbers of the rows that their handlers confirmed as they are booked."""
    must_be_confirmed: bool = False
    """Whether a row that is neither confirmed nor on the list keeps the day open."""
    registered: Sequence[PaperEntry] = ()
    """What people registered of its papers."""
    elsewhere: Elsewhere = field(default_factory=Elsewhere)
    """Where else the serial numbers of its pages are booked, and rows that came or went."""


def settle_by(kind: DiscrepancyKind, pages: Sequence[CatalogedPage], deadlines: Deadlines) -> Due:
    """Return until when a discrepancy of a kind and of ``pages`` is to be settled (``pipeline.duties``)."""
    refused = [page.refused_at for page in pages if page.refused_at is not None]
    return deadlines.of(rule_of(kind), max(refused, default=None))


def discrepancy(
    hand: DayInHand,
    kind: DiscrepancyKind,
    serial_no: str | None,
    pages: tuple[CatalogedPage, ...],
    reason: Message,
    remedy: Message,
    *,
    read: Mapping[str, Any] | None = None,
    expected: Mapping[str, Any] | None = None,
    owner: str | None = None,
    owner_name: str | None = None,
) -> Discrepancy:
    """Name a discrepancy; its owner is the kind's own, and a scan operator is the page's, unless named."""
    owner = owner or OWNERS[kind]
    due = settle_by(kind, pages, hand.deadlines)
    if owner_name is None and owner == "scan_operator" and pages:
        owner_name = hand.operators.get(pages[0].delivery_id)
    return Discrepancy(
        kind=kind,
        branch=hand.branch,
        serial_no=serial_no,
        pages=pages,
        read=read or {},
        expected=expected or {},
        reason=reason,
        remedy=remedy,
        owner=owner,
        owner_name=owner_name,
        deadline=due.day,
        deadline_provisional=due.provisional,
    )
