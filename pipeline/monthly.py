"""What a branch sends to headquarters each month (每月上传), and how far it is (CG-16.4c).

A month goes up in one package or in several: what comes later, a paper scanned again, goes into the next. A
package is whole or refused; a page counts as uploaded once headquarters has accepted a package with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from pipeline.clocks import Due
from pipeline.errors import UserError
from pipeline.language import Message, say

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, order=True)
class Month:
    """A month of business dates."""

    year: int
    month: int

    @classmethod
    def read(cls, text: str) -> Month:
        """Read "2026-10"; raises UserError."""
        found = _MONTH.fullmatch(text)
        if found is None or found[1] == "0000":
            raise UserError(say("{text} is no month; write it as 2026-10.", text=text))
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.month, 1)

    @property
    def next(self) -> Month:
        """The month in which it goes up."""
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    @property
    def before(self) -> Month:
        """The month before it."""
        return Month(self.year - (self.month == 1), (self.month - 2) % 12 + 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.next.first - timedelta(days=1)


@dataclass(frozen=True)
class PackedFile:
    """One file of a package's payload."""

    path: str
    """Below the package, "data/pages/2026-10-08/3301/…" or "data/digital/…"."""
    sha256: str
    byte_count: int
    key: str = ""
    """The object that holds it; empty: a page, which its SHA-256 names."""


@dataclass(frozen=True)
class PackageIndex:
    """What a package holds, written before anything is sent: every later run sends the same."""

    branch: str
    month: str
    no: int
    institution: str
    made_on: str
    """ISO date."""
    pages: tuple[PackedFile, ...]
    pages_csv: str
    """The list for people, by customer number."""

    @property
    def name(self) -> str:
        """What people call it, and where it lies: "3301/2026-10/01"."""
        return f"{self.branch}/{self.month}/{self.no:02}"


class PackageActKind(StrEnum):
    """What is done to a package."""

    SENT = "sent"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True)
class PackageAct:
    """One thing done to a package."""

    kind: PackageActKind
    person: str
    at: datetime
    note: str = ""
    """Why it was refused; the SHA-256 of the signed receipt of an accepted one."""


@dataclass(frozen=True)
class Package:
    """One package that was begun, and what became of it."""

    branch: str
    month: Month
    no: int
    index_sha256: str
    pages: int
    byte_count: int
    person: str
    at: datetime
    acts: tuple[PackageAct, ...] = ()

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.branch}/{self.month}/{self.no:02}"

    @property
    def last(self) -> PackageActKind | None:
        """What was done to it last; None: it is still being sent."""
        return self.acts[-1].kind if self.acts else None

    @property
    def waits_to_be_sent(self) -> bool:
        """Whether it was begun and did not arrive whole."""
        return self.last in (None, PackageActKind.REFUSED)

    @property
    def accepted_at(self) -> datetime | None:
        """When headquarters accepted it."""
        return self.acts[-1].at if self.last is PackageActKind.ACCEPTED else None


class Progress(StrEnum):
    """How far a branch's month is."""

    NOTHING_DUE = "nothing_due"
    NOT_STARTED = "not_started"
    PARTIAL = "partial"
    COMPLETE = "complete"


PROGRESS: Mapping[Progress, Message] = {
    Progress.NOTHING_DUE: say("nothing to upload"),
    Progress.NOT_STARTED: say("not started"),
    Progress.PARTIAL: say("partial"),
    Progress.COMPLETE: say("complete"),
}


@dataclass(frozen=True)
class BranchMonth:
    """One branch's month as headquarters watches it."""

    branch: str
    month: Month
    pages: int
    """What is to go up: the month's admitted pages, and the files of its born-digital packages."""
    digital: int
    """How many of those are such files (CG-13c)."""
    sent: int
    """Of those: in packages that wait for headquarters."""
    accepted: int
    open_days: int
    """Days of the month that are not closed."""
    packages: tuple[Package, ...]
    due: Due

    @property
    def progress(self) -> Progress:
        """Complete: headquarters has every page, and no day of the month can still bring one."""
        if not self.pages and not self.open_days:
            return Progress.NOTHING_DUE
        if not any(one.acts for one in self.packages):
            return Progress.NOT_STARTED
        whole = self.accepted == self.pages and not self.open_days
        return Progress.COMPLETE if whole else Progress.PARTIAL

    def is_late(self, now: datetime) -> bool:
        """Whether the deadline passed before all was accepted (CG-16.4c)."""
        if self.progress is Progress.NOTHING_DUE:
            return False
        done = max((one.accepted_at for one in self.packages if one.accepted_at), default=None)
        if self.progress is Progress.COMPLETE and done is not None:
            now = done
        return self.due.delay(now) is not None


def faults_in_words(faults: Sequence[str], most: int = 20) -> str:
    """Put what is wrong with a package in one text, the first of many."""
    more = len(faults) - most
    return "; ".join([*faults[:most], *([f"and {more} more"] if more > 0 else [])])
