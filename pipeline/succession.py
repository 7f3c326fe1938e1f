"""Branches that were merged into another (营业部合并): from a day on theirs is the successor's (CG-21c).

Business of earlier days stays under the old number: pages, closings, serial numbers and packages are found
there for ever. What is still to be done for them is done by the successor's people.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from pipeline.staff import Appointment


@dataclass(frozen=True)
class Succession:
    """One branch that was merged into another."""

    giver: str
    taker: str
    first_day: date
    """The first business day that is the successor's."""
    transfer_no: int
    """The hand-over list of what it had."""
    person: str
    at: datetime


@dataclass(frozen=True)
class Successions:
    """All mergers there were; a merged number is never given again, so they form no circle."""

    every: tuple[Succession, ...] = ()

    def of(self, branch: str) -> Succession | None:
        """Give the merger by which a branch ended; None: it was not merged."""
        return next((one for one in self.every if one.giver == branch), None)

    def heir(self, branch: str) -> str:
        """Give the branch that a branch is part of today; itself where it was not merged."""
        while (found := self.of(branch)) is not None:
            branch = found.taker
        return branch

    def received_by(self, branch: str, at: datetime) -> str:
        """Give the branch whose archivist took in at a moment what came in under a branch's number."""
        while (found := self.of(branch)) is not None and found.at <= at:
            branch = found.taker
        return branch

    def inherited(self, branch: str) -> tuple[str, ...]:
        """Give the branches that were merged into a branch, directly or through others."""
        return tuple(
            one.giver
            for one in self.every
            if one.giver != branch and self.heir(one.giver) == branch
        )

    def with_rights(self, appointments: Iterable[Appointment]) -> tuple[Appointment, ...]:
        """Give appointments, and those to the same role at the branches that were merged into one's own.

        A teller's number is the old branch's: it does not go over, lest somebody else's slips become theirs.
        """
        found = []
        for one in appointments:
            found.append(one)
            for old in self.inherited(one.branch) if one.branch is not None else ():
                found.append(replace(one, branch=old, teller_no=None))
        return tuple(found)
