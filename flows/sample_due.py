"""Who still has a month's blind sample to do, and by which day."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flows.parts import Parts
from pipeline.access.acts import Act
from pipeline.access.policy import Person, branches_of
from pipeline.clocks import ZONE, Due, sample_by
from pipeline.duties import Duty
from pipeline.language import Message, say
from pipeline.staff import Role

_MONTHS = 2
"""So many months back a sample is still asked for; an older one says nothing of today's program."""
_EVERYWHERE = "–"
"""In place of a branch, where all have it in common."""


@dataclass(frozen=True)
class SampleToAnswer:
    """Items of a month that wait at a branch."""

    month: date
    branch: str
    items: int
    due: Due


def samples_to_draw(parts: Parts, now: datetime) -> Iterator[tuple[date, Due]]:
    """Give the months that are over and have automatic matches, but no sample; each with its due moment."""
    sla, calendar = parts.settings.sla, parts.calendar
    month = now.astimezone(ZONE).date().replace(day=1)
    for _ in range(_MONTHS):
        month = (month - timedelta(days=1)).replace(day=1)
        if parts.catalog.samples.is_undrawn(month):
            yield month, sample_by(month, sla, calendar).draw_by


def samples_to_answer(parts: Parts, branches: Collection[str] | None) -> Iterator[SampleToAnswer]:
    """Give what was drawn and waits, by month and branch; ``branches``: whose, None: of all."""
    sla, calendar = parts.settings.sla, parts.calendar
    for one in parts.catalog.samples.waiting(branches):
        due = sample_by(one.month, sla, calendar).answer_by
        yield SampleToAnswer(one.month, one.branch, one.items, due)


def sample_duties(parts: Parts, day: date | None, branch: str | None) -> Iterator[Duty]:
    """Give both as duties; a day asks for the samples of its month, a branch for its own items alone."""
    now = datetime.now(ZONE)
    if branch is None:
        for month, due in samples_to_draw(parts, now):
            if day is None or day.replace(day=1) == month:
                yield _duty(
                    "SAMPLE_DRAW", month, _EVERYWHERE, Role.HEADQUARTERS, due, _to_draw(month)
                )
    for one in samples_to_answer(parts, None if branch is None else [branch]):
        if day is None or day.replace(day=1) == one.month:
            told = _to_answer(one, _reviewers(parts, one.branch))
            yield _duty("SAMPLE", one.month, one.branch, Role.REVIEWER, one.due, told)


def reminders(parts: Parts, person: Person, now: datetime) -> Iterator[tuple[Message, Due]]:
    """Give what a person has to do for the blind sample, the most urgent first."""
    found: list[tuple[Message, Due]] = []
    if branches_of(person, Act.SAMPLE_DRAW) is None:
        found += [(_to_draw(month), due) for month, due in samples_to_draw(parts, now)]
    own = branches_of(person, Act.SAMPLE_ANSWER)
    if own is None or own:
        found += [(_to_answer(one, ()), one.due) for one in samples_to_answer(parts, own)]
    return iter(sorted(found, key=lambda one: one[1].before))


def _duty(kind: str, month: date, branch: str, role: Role, due: Due, told: Message) -> Duty:
    return Duty(
        kind=kind,
        branch=branch,
        day=month,
        subject=f"{month:%Y-%m}",
        what=told,
        role=role,
        person=None,
        due=due,
    )


def _to_draw(month: date) -> Message:
    return say(
        "The blind sample of {month} is to be drawn; “paperproof sample draw --month {month}”.",
        month=f"{month:%Y-%m}",
    )


def _to_answer(one: SampleToAnswer, reviewers: tuple[str, ...]) -> Message:
    words = {"items": one.items, "month": f"{one.month:%Y-%m}", "branch": one.branch}
    if not reviewers:
        return say(
            "{items} items of the blind sample of {month} wait at branch {branch}; “paperproof sample next”.",
            **words,
        )
    return say(
        "{items} items of the blind sample of {month} wait at branch {branch} for {people}; “paperproof "
        "sample next”.",
        people=", ".join(reviewers),
        **words,
    )


def _reviewers(parts: Parts, branch: str) -> tuple[str, ...]:
    """Those who may answer at a branch, by name; empty where no register binds."""
    known = parts.catalog.staff.appointments(branch)
    names = {one.person for one in known if one.role is Role.REVIEWER and one.until is None}
    return tuple(sorted(names))
