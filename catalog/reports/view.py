"""What the mismatch report says, in one language and free of any output format.

Every form of the report (page, workbook, table) is made from this one view, so that number 3 on
paper is number 3 in the workbook.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from catalog.reports.values import Piece
from pipeline.balance import CatalogedPage

Thumbnail = Callable[[CatalogedPage], bytes | None]
"""Gives a page's small picture as JPEG or PNG, None when the page cannot be shown."""


@dataclass(frozen=True)
class Sum:
    """One side of the closing equation: a total and the terms it must be made of."""

    total: tuple[str, int]
    terms: tuple[tuple[str, int], ...]
    note: str = ""
    """What to say instead of that it balances."""

    @property
    def gap(self) -> int:
        """Total less its terms: 0 when the side balances."""
        return self.total[1] - sum(count for _, count in self.terms)


@dataclass(frozen=True)
class BranchView:
    """One branch's closing equation."""

    branch: str
    state: str
    sums: tuple[Sum, ...]
    """Images, transactions, papers."""
    of_which: tuple[tuple[str, int], ...]
    """Counts that overlap with the equation's terms and so stand beside it."""
    keying: tuple[tuple[str, int], ...] = ()
    """Counts of fields that people were asked for."""
    late: tuple[str, ...] = ()
    """What was done after it was due, a sentence each."""


@dataclass(frozen=True)
class KindCount:
    """One line of the summary by exception class."""

    code: str
    words: str
    count: int
    owners: str
    first: int | None
    """Number of the first such discrepancy, None when there is none."""


@dataclass(frozen=True)
class PageView:
    """A page as the report shows it."""

    name: str
    picture: bytes | None
    """JPEG or PNG."""
    notes: tuple[str, ...]
    """Checks not passed and doubts of the reader, a sentence each."""


@dataclass(frozen=True)
class ValuePair:
    """One value on both sides, cut into pieces so that differing characters can be emphasised."""

    label: str
    read: tuple[Piece, ...]
    expected: tuple[Piece, ...]
    differs: bool


@dataclass(frozen=True)
class DiscrepancyView:
    """One numbered discrepancy, ready to be worked."""

    number: int
    branch: str
    code: str
    words: str
    serial_no: str
    pages: tuple[PageView, ...]
    sides: tuple[str, str]
    """What the two sides of ``values`` are headed with."""
    values: tuple[ValuePair, ...]
    reason: str
    remedy: str
    owner: str
    owner_name: str
    deadline: date
    provisional: bool


@dataclass(frozen=True)
class MatchView:
    """One matched voucher in a line."""

    number: int
    branch: str
    serial_no: str
    customer: str
    amount: Decimal | None
    pages: str
    how: str
    agreeing: int
    compared: int
    weakest: str
    """The evidence that speaks least for it, and which values people keyed."""


@dataclass(frozen=True)
class Report:
    """The whole mismatch report of one business date."""

    lang: str
    institution: str
    day: date
    generated_at: datetime
    closed: bool
    state: str
    branches: tuple[BranchView, ...]
    kinds: tuple[KindCount, ...]
    discrepancies: tuple[DiscrepancyView, ...]
    matches: tuple[MatchView, ...]
