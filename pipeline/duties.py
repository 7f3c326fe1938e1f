"""What people still have to do, by whom and until when; and what they did late (CG-16.4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from pipeline.clocks import Due, Rule, told_delay
from pipeline.language import Message, say

_RULE_OF = {
    "QUALITY_REJECT": Rule.RECTIFY,
    "RESCAN": Rule.RECTIFY,
    "FETCH": Rule.RECTIFY,
    "RECTIFY": Rule.RECTIFY,
    "HANDOVER_REFUSED": Rule.RECTIFY,
    "PAPER_WITHOUT_IMAGE": Rule.ANSWER,
    "MISSING_PAPER": Rule.ANSWER,
    "READING": Rule.RETURN,
    "CAPTURE": Rule.CAPTURE,
    "LATE_CAPTURE": Rule.CAPTURE,
    "SAMPLE_DRAW": Rule.SAMPLE,
    "SAMPLE": Rule.SAMPLE,
}


def rule_of(kind: str) -> Rule:
    """Return which deadline holds for an exception class or kind of what waits.

    What was refused, page or paper, is put right within the days for that (K4), counted from its refusal; the
    transaction that lacks its image meanwhile is settled with the review (K1): two duties, each with its own.
    """
    return _RULE_OF.get(kind, Rule.REVIEW)


class DutyState(StrEnum):
    """How a duty stands at a moment."""

    OVERDUE = "overdue"
    DUE = "due"
    DONE_LATE = "done_late"


@dataclass(frozen=True)
class Duty:
    """One thing to be done for a branch and day."""

    kind: str
    """An exception class, or the kind of what waits (docs/calendar.md)."""
    branch: str
    day: date
    subject: str
    """Serial number, page, batch or task; what the person looks for."""
    what: Message
    role: str
    person: str | None
    """None where no person is named: then it is everybody's of the role."""
    due: Due
    done: datetime | None = None
    """When it was done; None while it waits."""

    @property
    def rule(self) -> Rule:
        """Which deadline it has."""
        return rule_of(self.kind)

    def state(self, now: datetime) -> DutyState:
        """How it stands now."""
        if self.done is not None:
            return DutyState.DONE_LATE
        return DutyState.DUE if self.due.delay(now) is None else DutyState.OVERDUE

    def told_state(self, now: datetime) -> Message:
        """The same in words, with the delay."""
        delay = self.due.delay(self.done or now)
        if delay is None:
            return say("in time")
        told = told_delay(delay)
        return (
            say("overdue by {delay}", delay=told)
            if self.done is None
            else say("done, {delay} late", delay=told)
        )


@dataclass(frozen=True)
class PersonDuties:
    """The duties of one person, or of a branch's role where nobody is named; the most urgent first."""

    person: str | None
    role: str
    branch: str
    duties: tuple[Duty, ...]

    def count(self, state: DutyState, now: datetime) -> int:
        """How many of them stand so."""
        return sum(duty.state(now) is state for duty in self.duties)


def by_person(duties: Iterable[Duty]) -> tuple[PersonDuties, ...]:
    """Sort duties by whose they are; first whoever has the most urgent one, done ones count last."""
    found: dict[tuple[str, str, str | None], list[Duty]] = {}
    for duty in sorted(duties, key=_urgency):
        found.setdefault((duty.branch, duty.role, duty.person), []).append(duty)
    return tuple(
        PersonDuties(person, role, branch, tuple(own))
        for (branch, role, person), own in found.items()
    )


def _urgency(duty: Duty) -> tuple[bool, datetime, str, str, str]:
    return duty.done is not None, duty.due.before, duty.branch, duty.kind, duty.subject
