"""A field that people key: what was done to it, in order, and what stands by that (Q14).

Amounts and serial numbers are keyed by two persons who do not see each other's value; any other field
by one. Every rule works on the acts of a task in their order: its state can be told again at any time.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from pipeline.errors import UserError
from pipeline.language import say
from pipeline.model import FieldName
from pipeline.staff import person_key

TWICE = frozenset({FieldName.SERIAL_NO, FieldName.AMOUNT})
"""Fields that two persons key: what a page is matched by, and what is booked by it."""


class Cause(StrEnum):
    """Why a field goes to a person."""

    NOT_READ = "not_read"
    UNSURE = "unsure"
    WORDS_DIFFER = "words_differ"
    CODE_DIFFERS = "code_differs"
    TWO_SERIALS = "two_serials"
    READER_FAILED = "reader_failed"


class Unreadable(StrEnum):
    """Why a person cannot key a field."""

    ILLEGIBLE = "illegible"
    STAMPED = "stamped"
    CUT_OFF = "cut_off"
    HANDWRITING = "handwriting"
    BLANK = "blank"
    NOT_HERE = "not_here"


class ActKind(StrEnum):
    """What a person did to a task."""

    VALUE = "value"
    CANNOT = "cannot"
    UNDO = "undo"
    LOOK = "look"
    """Was shown the entries on which others do not agree."""
    REOPEN = "reopen"
    """Has the paper in hand, or a better page: what was given up is keyed anew."""
    CLOSE = "close"
    """The program needs nobody any more: a reader that had failed on the page read it at a later closing."""


ENTRIES = (ActKind.VALUE, ActKind.CANNOT)
"""What a person says of a field; of each person one stands in a task."""


class State(StrEnum):
    """How far a task is; it is in exactly one state."""

    OPEN = "open"
    DISPUTED = "disputed"
    SETTLED = "settled"
    GIVEN_UP = "given_up"
    CLOSED = "closed"


class Closed(StrEnum):
    """Why nobody is needed any more."""

    READ = "read"
    """The field was read, and surely."""
    NOT_WANTED = "not_wanted"
    """The page has no such field, or is to be scanned anew."""


WAITING = (State.OPEN, State.DISPUTED)
"""The states in which a task waits for a person."""


@dataclass(frozen=True)
class Act:
    """One thing a person did to a task."""

    person: str
    kind: ActKind
    content: str = ""
    """The value in its plain form, or the code of ``Unreadable`` or ``Closed``; empty for the other kinds."""
    at: datetime | None = None

    def is_by(self, person: str) -> bool:
        """Whether this person did it; width, case and blanks of a name make no other person."""
        return person_key(self.person) == person_key(person)


@dataclass(frozen=True)
class KeyingTask:
    """One field of one page that people are asked for, with all that was done to it."""

    no: int
    page_id: str
    """SHA-256 of the page's master."""
    field: FieldName
    cause: Cause
    acts: tuple[Act, ...] = ()
    branch: str = ""
    day: date | None = None
    page: str = ""
    """Name of the delivered file."""
    batch: str = ""

    @property
    def needed(self) -> int:
        """How many persons must agree."""
        return 2 if self.field in TWICE else 1

    @property
    def entries(self) -> tuple[Act, ...]:
        """The values and refusals that stand, in order.

        An undo takes the last one back; a task that is opened again begins without any.
        """
        standing: list[Act] = []
        for act in self.acts:
            if act.kind is ActKind.UNDO:
                standing.pop()
            elif act.kind is ActKind.REOPEN:
                standing.clear()
            elif act.kind in ENTRIES:
                standing.append(act)
        return tuple(standing)

    @property
    def value(self) -> str | None:
        """The value on which as many persons as needed agree; None while there is none."""
        votes = Counter(one.content for one in self.entries if one.kind is ActKind.VALUE)
        return next((value for value, count in votes.items() if count >= self.needed), None)

    @property
    def state(self) -> State:
        """How far it is.

        Settled when enough persons keyed the same; given up when as many say it cannot be read, or one
        who was to decide between others says so; disputed when enough keyed it and do not agree. Then
        further persons decide; a value that no other keyed does not settle it. Closed when the program needs
        nobody any more.
        """
        if self.acts and self.acts[-1].kind is ActKind.CLOSE:
            return State.CLOSED
        if self.value is not None:
            return State.SETTLED
        standing = self.entries
        refusals = sum(one.kind is ActKind.CANNOT for one in standing)
        decided = len(standing) > self.needed and standing[-1].kind is ActKind.CANNOT
        if refusals >= self.needed or decided:
            return State.GIVEN_UP
        return State.DISPUTED if len(standing) >= self.needed else State.OPEN

    @property
    def may_be_closed(self) -> bool:
        """Whether a later reading may close it: the reader had failed, and nobody keyed anything yet."""
        return self.cause is Cause.READER_FAILED and self.state is State.OPEN and not self.entries

    @property
    def waits(self) -> bool:
        """Whether it waits for a person."""
        return self.state in WAITING

    def waits_for(self, person: str) -> bool:
        """Whether it waits and this person may key it: none of the entries is theirs."""
        return self.waits and not any(one.is_by(person) for one in self.entries)

    def decided_by(self, person: str) -> bool:
        """Whether this person may decide between the entries of others."""
        return self.state is State.DISPUTED and self.waits_for(person)

    def shown_to(self, person: str) -> tuple[Act, ...]:
        """The entries this person may see.

        While the task waits that is their own; whoever is to decide sees every different one, sorted and
        without names. Once it is done, all are shown with who entered them.
        """
        if not self.waits:
            return self.entries
        if self.decided_by(person):
            different = sorted({(one.kind, one.content) for one in self.entries})
            return tuple(Act("", kind, content) for kind, content in different)
        return tuple(one for one in self.entries if one.is_by(person))

    def must_wait_for(self, person: str) -> None:
        """Raise UserError when this person may not key it: nobody keys both times."""
        if not self.waits:
            raise UserError(
                say("Task {no} is done; “paperproof key show {no}” tells how.", no=self.no)
            )
        if not self.waits_for(person):
            raise UserError(
                say("Task {no} has your entry; now another person must key it.", no=self.no)
            )

    def must_be_given_up(self) -> None:
        """Raise UserError unless it was given up; nothing else needs to be opened again."""
        if self.state is not State.GIVEN_UP:
            raise UserError(
                say("Task {no} was not given up, so it cannot be opened again.", no=self.no)
            )

    def must_be_undoable(self, person: str) -> None:
        """Raise UserError unless its last act is this person's entry and it is not settled.

        Nothing is taken back once another has keyed it or was shown the entries: they would be known.
        """
        if self.state is State.SETTLED:
            raise UserError(
                say(
                    "Your last entry, in task {no}, is settled and stands; if it is wrong, tell the "
                    "archivist.",
                    no=self.no,
                )
            )
        last = self.acts[-1]
        if last.kind not in ENTRIES or not last.is_by(person):
            raise UserError(
                say(
                    "Your last entry, in task {no}, stands: another person has worked on it since.",
                    no=self.no,
                )
            )
