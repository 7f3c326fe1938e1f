"""A customer's archive (客户档案): one for each customer number, and the lines of its registration form.

A line tells what came in or went out, how many pages, of which class, in which binding, and who signs.
Lines are only added (CG-17.1d). Papers lie in the customer's bag; vouchers of agency business dated before
the boundary are bound in volumes by their business (CG-17.1e, CG-17.1f).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from pipeline.errors import UserError
from pipeline.language import Message, say


class PaperRules(BaseModel):
    """How papers are filed, from the settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bag_since: date = date(2015, 1, 1)
    """First voucher date of agency business that goes into the customer's bag (CG-17.1f, K12)."""
    transfer_by: tuple[int, int] = (3, 31)
    """Month and day by which last year's papers of others' customers are handed over (CG-21b)."""
    agency_categories: tuple[str, ...] = ("AGENT",)
    """The profile's categories that are agency business: by the principal paper of a business."""
    lending: bool = False
    """Whether originals may leave the house (B1-06); the profile has to allow it too (CG-19j)."""


class LineKind(StrEnum):
    """What a line registers."""

    OPENED = "opened"
    """An image came before any paper and opened the archive; no paper is counted by it."""
    RECEIVED = "received"
    SUPPLEMENT = "supplement"
    """Material that came without a hand-over (CG-17.1d)."""
    OUT = "out"
    BACK = "back"
    DESTROYED = "destroyed"
    """Destroyed under a list that was approved (CG-20)."""


LINE_KINDS: Mapping[LineKind, Message] = {
    LineKind.OPENED: say("opened by its first image"),
    LineKind.RECEIVED: say("received"),
    LineKind.SUPPLEMENT: say("supplement"),
    LineKind.OUT: say("out to be read"),
    LineKind.BACK: say("put back"),
    LineKind.DESTROYED: say("destroyed"),
}
_PAPERS = (LineKind.RECEIVED, LineKind.SUPPLEMENT)


@dataclass(frozen=True)
class Material:
    """What is to be registered for a customer."""

    customer_no: str
    owner_branch: str
    """Branch that the customer belongs to; the bag is its own (CG-17.4a)."""
    branch: str
    """Branch where it came in."""
    day: date
    """The voucher's date, or the day on which a supplement came."""
    serial_no: str | None
    content: str
    category: str
    """Its class: a category of the profile; empty where the profile does not know the business."""
    pages: int
    bound_as: str | None = None
    """Business by which it is bound in a volume; None: it goes into the bag."""


@dataclass(frozen=True)
class Line:
    """One line of a registration form; never changed."""

    customer_no: str
    number: int
    """From 1, within the customer."""
    kind: LineKind
    branch: str
    day: date
    serial_no: str | None
    content: str
    category: str
    pages: int
    binding: str
    """Number of the bag or volume in which it lies."""
    of_line: int | None
    """The line that was taken out or put back."""
    note: str
    person: str
    at: datetime

    @property
    def entry(self) -> str:
        """The number of the catalog entry: unique, and on the form (B1-15)."""
        return f"{self.customer_no}-{self.number:04d}"


@dataclass(frozen=True)
class Archive:
    """One customer's archive as it stands."""

    customer_no: str
    branch: str
    """The owner branch."""
    bag: str
    opened_by: str
    opened_at: datetime
    lines: tuple[Line, ...]
    opened_at_branch: str = ""
    """The owner branch when it was opened: another one where branches merged or split since (CG-21c)."""

    @property
    def in_store(self) -> tuple[Line, ...]:
        """The papers that must lie in store by the book: what came in and is not out or destroyed (RC-08)."""
        out: set[int] = set()
        for line in self.lines:
            if line.of_line is not None:
                (out.discard if line.kind is LineKind.BACK else out.add)(line.of_line)
        return tuple(one for one in self.lines if one.kind in _PAPERS and one.number not in out)

    @property
    def pages(self) -> int:
        """Pages in store by the book."""
        return sum(line.pages for line in self.in_store)

    def is_destroyed(self, number: int) -> bool:
        """Whether the papers of a line were destroyed."""
        return any(one.kind is LineKind.DESTROYED and one.of_line == number for one in self.lines)

    def moved(self, number: int, kind: LineKind) -> Line:
        """Return the paper line that is to go OUT or come BACK; raises UserError when it cannot."""
        inside = {line.number for line in self.in_store}
        papers = {line.number: line for line in self.lines if line.kind in _PAPERS}
        if number not in papers:
            raise UserError(
                say(
                    "Customer {customer} has no paper under line {line}; see “paperproof archive show "
                    "{customer}”.",
                    customer=self.customer_no,
                    line=number,
                )
            )
        if self.is_destroyed(number):
            raise UserError(say("Line {line} was destroyed.", line=number))
        if (number in inside) is not (kind is LineKind.OUT):
            raise UserError(
                say("Line {line} is out already.", line=number)
                if kind is LineKind.OUT
                else say("Line {line} is in store.", line=number)
            )
        return papers[number]


def bound_as(business: str, category: str, day: date, rules: PaperRules) -> str | None:
    """Return the business by which a voucher is bound in a volume; None: it goes into the customer's bag."""
    if category in rules.agency_categories and day < rules.bag_since:
        return business
    return None


def in_order(archives: Iterable[Archive]) -> Sequence[Archive]:
    """Sort archives by customer number, numbers of the same length as numbers (CG-17.1a)."""
    return sorted(archives, key=lambda one: by_customer(one.customer_no))


def by_customer(number: str) -> tuple[int, str]:
    """The place of a customer number in lists: shorter numbers first, then sign by sign."""
    return len(number), number
