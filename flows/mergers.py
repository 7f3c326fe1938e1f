"""Branches that merge, split or end: from a quiet state only, and nothing of theirs is left to nobody."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from catalog.catalog import Catalog
from catalog.mergers import Going
from flows.access import Guard
from flows.parts import Parts
from pipeline.access.acts import Act
from pipeline.errors import UserError
from pipeline.handover import ItemState
from pipeline.language import Message, say
from pipeline.shelved_papers import free, shelved
from pipeline.transfer import ListedArchive, Transfer, Why


@dataclass(frozen=True)
class Merged:
    """A merger as it was entered."""

    transfer: Transfer
    ended: int
    """Appointments at the old branch that ended with it."""
    open_days: int
    """Its business days that are not closed: the successor's people close them."""


@dataclass(frozen=True)
class BranchDesk:
    """What headquarters does with branches as wholes."""

    parts: Parts
    person: str

    def merge(self, giver: str, taker: str, first_day: date, today: date) -> Merged:
        """Merge a branch into another from a day on; raises UserError while it is in the middle of anything.

        What it keeps is listed for the other; it moves when both have signed. Everything that is still to be
        done for its days is from now on done by the other's people.
        """
        self._may_go(giver, taker)
        self._must_be_past(giver, first_day, today)
        self._must_be_quiet(giver)
        no, ended = self._catalog.mergers.merge(self._going(giver, taker), first_day, self.person)
        still_open = self._catalog.days.open(branch=giver)
        return Merged(self._catalog.transfers.one(no), ended, len(still_open))

    def split(self, giver: str, taker: str, customers: Collection[str]) -> Transfer:
        """List the archives and papers of some of a branch's customers for another branch."""
        self._may_go(giver, taker)
        known = {one.customer_no for one in self._catalog.archives.all(giver)}
        unknown = sorted(set(customers) - known)
        if unknown or not customers:
            raise UserError(
                say(
                    "Branch {branch} has no archive of {customers}; see “paperproof archive list --branch "
                    "{branch}”.",
                    branch=giver,
                    customers=", ".join(unknown) or "–",
                )
            )
        self._must_be_home(giver, frozenset(customers))
        self._must_be_on_no_list(frozenset(customers))
        going = self._going(giver, taker, frozenset(customers))
        return self._catalog.transfers.make(
            giver, taker, Why.SPLIT, going.papers, self.person, going.archives
        )

    def end(self, code: str) -> None:
        """End a branch that keeps nothing; raises UserError for one that does: it is merged instead."""
        self._require(Act.BRANCH_CHANGE)
        self._must_be_quiet(code)
        going = self._going(code, code)
        if going.archives or going.papers:
            raise UserError(
                say(
                    "Branch {branch} still keeps {archives} archives and {papers} papers, which would be "
                    "nobody's; merge it with “paperproof branch merge {branch} SUCCESSOR”.",
                    branch=code,
                    archives=len(going.archives),
                    papers=len(going.papers),
                )
            )
        self._catalog.branches.end(code, self.person)

    def _going(self, giver: str, taker: str, customers: frozenset[str] | None = None) -> Going:
        """Give what a branch keeps, of all or of some customers, that is on no open list."""
        catalog = self._catalog
        archives, transfers = catalog.archives.all(), catalog.transfers.all()
        papers = free(shelved(archives, transfers, catalog.branches.successions()), transfers)
        listed = {one.bag for each in transfers if each.is_open for one in each.archives}

        def wanted(customer: str) -> bool:
            return customers is None or customer in customers

        return Going(
            *(giver, taker),
            [
                ListedArchive(one.customer_no, one.bag)
                for one in archives
                if one.branch == giver and wanted(one.customer_no) and one.bag not in listed
            ],
            [one for one in papers if one.custody == giver and wanted(one.customer_no)],
        )

    def _may_go(self, giver: str, taker: str) -> None:
        self._require(Act.BRANCH_CHANGE)
        self._require(Act.TRANSFER_ORDER)
        standing = {one.code for one in self._catalog.branches.all()}
        for code in (giver, taker):
            if code not in standing:
                raise UserError(
                    say("Branch {code} is not registered; see “paperproof branch list”.", code=code)
                )
        if giver == taker:
            raise UserError(say("Name two branches; {branch} is both.", branch=giver))

    def _must_be_past(self, giver: str, first_day: date, today: date) -> None:
        if first_day > today:
            raise UserError(
                say(
                    "{day} has not come yet; enter the merger on its day, so that its list is whole.",
                    day=first_day,
                )
            )
        last = self._catalog.mergers.last_day(giver)
        if last is not None and last >= first_day:
            raise UserError(
                say(
                    "Branch {branch} has business of {last}; its successor's first day can be {next} at the "
                    "earliest: name it with --from.",
                    branch=giver,
                    last=last,
                    next=date.fromordinal(last.toordinal() + 1),
                )
            )

    def _must_be_quiet(self, branch: str) -> None:
        """Raise UserError in the middle of a hand-over, a check or a reading: first that, then the rest."""
        for fault in self._in_the_middle(branch):
            raise UserError(fault)

    def _in_the_middle(self, branch: str) -> Iterator[Message]:
        catalog = self._catalog
        for one in catalog.transfers.all():
            if one.is_open and branch in (one.giver, one.taker):
                yield say(
                    "Branch {branch} is in the middle of transfer {number}; have it signed by both, or have "
                    "headquarters withdraw it, then do this again.",
                    branch=branch,
                    number=one.number,
                )
        for given in catalog.handovers.all(branch=branch):
            if given.of(ItemState.GIVEN):
                yield say(
                    "Hand-over {no} of branch {branch} waits for its archivist; have its items received or "
                    "refused, then do this again.",
                    no=given.no,
                    branch=branch,
                )
        for check in catalog.custody.all(branch):
            if check.result is None:
                yield say(
                    "Check {no} of branch {branch} goes on; finish it first.",
                    no=check.no,
                    branch=branch,
                )
        for reading in catalog.reading_room.out(branch):
            yield _out(reading.entry)

    def _must_be_home(self, branch: str, customers: frozenset[str]) -> None:
        for reading in self._catalog.reading_room.out(branch):
            if reading.customer_no in customers:
                raise UserError(_out(reading.entry))

    def _must_be_on_no_list(self, customers: frozenset[str]) -> None:
        for one in self._catalog.transfers.all():
            named = {each.customer_no for each in one.papers} & customers
            named |= {each.customer_no for each in one.archives} & customers
            if one.is_open and named:
                raise UserError(
                    say(
                        "Customer {customer} stands on transfer {number}, which is open; have it signed by "
                        "both, or have headquarters withdraw it, then do this again.",
                        customer=min(named),
                        number=one.number,
                    )
                )

    def _require(self, act: Act) -> None:
        Guard.at_word(self.parts, self.person).require(act)

    @property
    def _catalog(self) -> Catalog:
        return self.parts.catalog


def _out(entry: str) -> Message:
    return say(
        "{entry} is out to be read; have it put back with “paperproof archive read back”, then do this "
        "again.",
        entry=entry,
    )
