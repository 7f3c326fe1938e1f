"""Giving papers to a reader in the reading room, and taking them back, one by one (CG-19d, B1-06)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from catalog.catalog import Catalog
from flows.access import Guard
from flows.parts import Parts
from pipeline.access.acts import Act
from pipeline.access.requests import AccessRequest, Subject
from pipeline.access.viewing import Viewing
from pipeline.clocks import ZONE, Due
from pipeline.duties import Duty
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.reading_room import (
    PLACES,
    Giving,
    PaperReading,
    Place,
    due_of,
    must_be_another,
    places,
)
from pipeline.shelved_papers import free, shelved
from pipeline.staff import Role, person_key


@dataclass(frozen=True)
class ReadingDesk:
    """What one archivist does at the reading room's desk."""

    guard: Guard

    def give(
        self,
        no: int,
        entries: Collection[str],
        at: datetime,
        place: Place = Place.ROOM,
        until: date | None = None,
    ) -> Giving:
        """Give papers to the applicant of access request ``no``; ``until``: the day a lent paper comes back.

        Raises NotAllowed for one's own request, UserError when the request does not open them, when they
        do not lie in store here, or when lending is forbidden.
        """
        request = self._catalog.access_requests.one(no)
        branch = request.asked.branch
        self.guard.require(Act.ARCHIVE_FILE, branch)
        self._must_be_possible(place)
        with self._catalog.staff.refusals_logged(
            self.guard.person.name, "reading.give", str(no), branch=branch
        ):
            must_be_another(request.applicant, self.guard.person.name)
        customer = _opened(request, at)
        giving = Giving(
            request_no=no,
            customer_no=customer,
            branch=branch,
            lines=self._lines(entries, customer, branch),
            reader=request.applicant,
            purpose=request.asked.purpose,
            place=place,
            due=due_of(place, until, request.asked.until, at),
            person=self.guard.person.name,
            at=at,
        )
        self._must_be_known(giving)
        self._catalog.viewings.enter(_viewing(giving))
        self._catalog.reading_room.give(giving)
        return giving

    def take_back(self, counts: Mapping[str, int], note: str, at: datetime) -> None:
        """Take papers back: entry number -> pages counted; raises UserError as the register does."""
        out = {one.entry: one.branch for one in self._catalog.reading_room.out()}
        for branch in {out[entry] for entry in counts if entry in out}:
            self.guard.require(Act.ARCHIVE_FILE, branch)
        self._catalog.reading_room.take_back(counts, note.strip(), self.guard.person.name, at)

    def may_be_read(self, request: AccessRequest) -> tuple[str, ...]:
        """Give the entry numbers of the papers in store here that a request could open."""
        asked = request.asked
        return tuple(self._in_store(asked.branch, asked.customer or ""))

    def _must_be_known(self, giving: Giving) -> None:
        """Raise NotAllowed unless the reader may know the level of each paper (BM-01).

        A paper without a voucher's number is as secret as the bag that it lies in.
        """
        lines = {one.number: one for one in self._catalog.archives.one(giving.customer_no).lines}
        papers = [lines[one] for one in giving.lines]
        pages: set[str] = set(self._catalog.named.pages_of_customer(giving.customer_no))
        if all(one.serial_no for one in papers):
            pages = {
                page.sha256
                for one in papers
                for row in self._catalog.dossiers.transactions(
                    str(one.serial_no), one.day, one.branch
                )
                for page in self._catalog.dossiers.of(row).pages
            }
        reader = Guard.at_word(self.guard.parts, giving.reader)
        subject = Subject(giving.branch, giving.customer_no)
        reader.must_know(Act.PAPER_READ, subject, giving.at, pages)

    def _must_be_possible(self, place: Place) -> None:
        parts = self.guard.parts
        if place not in places(parts.profile, parts.settings.paper):
            raise UserError(
                say(
                    "Originals are not lent: they are read in the reading room, and leave the house by "
                    "transfer or destruction alone (CG-19j)."
                )
            )

    def _lines(self, entries: Collection[str], customer: str, branch: str) -> tuple[int, ...]:
        if not entries:
            raise UserError(say("Name the papers by their entry numbers."))
        there = self._in_store(branch, customer)
        for entry in entries:
            if entry not in there:
                raise UserError(
                    say(
                        "{entry} is no paper of this customer that lies in store at branch {branch}, free to "
                        "be read; see “paperproof archive show {customer}”.",
                        entry=entry,
                        branch=branch,
                        customer=customer,
                    )
                )
        return tuple(there[entry] for entry in dict.fromkeys(entries))

    def _in_store(self, branch: str, customer: str) -> Mapping[str, int]:
        """Entry number -> line of what lies in store at a branch and is on no open transfer."""
        catalog = self._catalog
        if not catalog.archives.with_archive([customer]):
            return {}
        transfers = catalog.transfers.all()
        merged = catalog.branches.successions()
        papers = free(shelved([catalog.archives.one(customer)], transfers, merged), transfers)
        return {one.entry: one.line for one in papers if one.custody == branch}

    @property
    def _catalog(self) -> Catalog:
        return self.guard.parts.catalog


def _opened(request: AccessRequest, at: datetime) -> str:
    """Return the customer whose papers a request opens now; raises UserError when it opens none."""
    asked = request.asked
    subject = Subject(asked.branch, asked.customer)
    if asked.customer is None or not request.opens(request.applicant, Act.PAPER_READ, subject, at):
        raise UserError(
            say(
                "Access request {no} opens no papers now: it must ask to read papers ({act}) of a customer, "
                "be approved, and hold today.",
                no=request.no,
                act=str(Act.PAPER_READ),
            )
        )
    return asked.customer


def _viewing(giving: Giving) -> Viewing:
    """What the reader sees is entered as every other viewing is (CG-19h)."""
    subject = Subject(giving.branch, giving.customer_no)
    reader = giving.reader
    return Viewing(
        *(reader, person_key(reader), Act.PAPER_READ, subject),
        *(giving.purpose, giving.at, giving.request_no),
    )


def to_come_back(parts: Parts, day: date | None, branch: str | None) -> Iterator[Duty]:
    """Give the papers that are with readers, as duties of whoever gave them."""
    for one in parts.catalog.reading_room.out(branch):
        if day in (None, one.at.astimezone(ZONE).date()):
            yield _duty(one)


def _duty(one: PaperReading) -> Duty:
    return Duty(
        kind="READING",
        branch=one.branch,
        day=one.at.astimezone(ZONE).date(),
        subject=one.entry,
        what=say(
            "{entry} is with {reader} {place}; see “paperproof archive read back”.",
            entry=one.entry,
            reader=one.reader,
            place=PLACES[one.place],
        ),
        role=Role.ARCHIVIST,
        person=one.person,
        due=Due(one.due.astimezone(ZONE)),
    )
