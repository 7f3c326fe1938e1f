"""Papers read on the spot: out to a reader under an approved access request, back with their count checked.

Originals do not leave the house (CG-19j): what is out is in the reading room and comes back the same day. A
house whose rules allow lending (B1-06) says so twice, in its profile and in its settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from pipeline.access.policy import NotAllowed
from pipeline.archive import PaperRules
from pipeline.clocks import ZONE, Due
from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.profile import Profile
from pipeline.staff import person_key


class Place(StrEnum):
    """Where a paper is while it is read."""

    ROOM = "room"
    LENT = "lent"
    """Only where profile and settings allow it."""


PLACES: Mapping[Place, Message] = {
    Place.ROOM: say("in the reading room"),
    Place.LENT: say("lent"),
}


class ReadingState(StrEnum):
    """How a reading stands at a moment."""

    OUT = "out"
    OVERDUE = "overdue"
    BACK = "back"
    BACK_OTHERWISE = "back_otherwise"
    """Another number of pages came back than went out; the note says why."""


STATES: Mapping[ReadingState, Message] = {
    ReadingState.OUT: say("out"),
    ReadingState.OVERDUE: say("OVERDUE"),
    ReadingState.BACK: say("back"),
    ReadingState.BACK_OTHERWISE: say("BACK WITH OTHER COUNT"),
}


@dataclass(frozen=True)
class Giving:
    """Papers of one customer that go to a reader."""

    request_no: int
    customer_no: str
    branch: str
    """Branch in whose custody they are."""
    lines: tuple[int, ...]
    """Lines of the registration form."""
    reader: str
    purpose: str
    place: Place
    due: datetime
    """The first moment that is too late."""
    person: str
    """The archivist."""
    at: datetime


@dataclass(frozen=True)
class Return:
    """How a paper came back."""

    pages: int
    note: str
    person: str
    at: datetime


@dataclass(frozen=True)
class PaperReading:
    """One paper that was given to a reader: who, item, purpose, out, due, back (B1-06)."""

    no: int
    request_no: int
    customer_no: str
    line: int
    content: str
    pages: int
    branch: str
    reader: str
    purpose: str
    place: Place
    due: datetime
    person: str
    at: datetime
    back: Return | None = None

    @property
    def entry(self) -> str:
        """The paper's entry number."""
        return f"{self.customer_no}-{self.line:04d}"

    def state_at(self, at: datetime) -> ReadingState:
        """How it stands at a moment."""
        if self.back is not None:
            same = self.back.pages == self.pages
            return ReadingState.BACK if same else ReadingState.BACK_OTHERWISE
        late = Due(self.due).delay(at) is not None
        return ReadingState.OVERDUE if late else ReadingState.OUT

    def checked_return(self, pages: int, note: str) -> None:
        """Raise UserError when it is back already, or another count of pages has no explanation."""
        if self.back is not None:
            raise UserError(say("{entry} is back already.", entry=self.entry))
        if pages != self.pages and not note.strip():
            raise UserError(
                say(
                    "{entry} went out with {out} pages and came back with {back}; look for the others, or "
                    "say with a note what happened.",
                    entry=self.entry,
                    out=self.pages,
                    back=pages,
                )
            )


def places(profile: Profile, rules: PaperRules) -> tuple[Place, ...]:
    """Return where papers may be read; raises UserError when the settings lend what the profile keeps."""
    if rules.lending and not profile.lending:
        raise UserError(
            say(
                "The settings allow lending and the profile {profile} forbids it: originals do not leave the "
                "house (CG-19j); set lending = false under [paper].",
                profile=profile.profile,
            )
        )
    return (Place.ROOM, Place.LENT) if rules.lending else (Place.ROOM,)


def due_of(place: Place, until: date | None, last: date, at: datetime) -> datetime:
    """Return the first moment that is too late to bring papers back; raises UserError for a wrong day.

    ``until``: the day wished for, of what is lent; ``last``: the last day of the access request.
    """
    today = at.astimezone(ZONE).date()
    day = until or today
    if place is Place.ROOM and day != today:
        raise UserError(say("What is read in the reading room comes back the same day."))
    if not today <= day <= last:
        raise UserError(
            say("The access request ends on {last}; papers come back by then.", last=last)
        )
    return datetime.combine(day + timedelta(days=1), time(), ZONE)


def must_be_another(reader: str, archivist: str) -> None:
    """Raise NotAllowed for an archivist who gives papers to themselves."""
    if person_key(reader) == person_key(archivist):
        raise NotAllowed(
            say("Nobody gives papers to themselves; another archivist must."), "own reading"
        )
