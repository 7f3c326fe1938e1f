"""Gathers what is overdue and what is due next, from all that waits for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from functools import cache, partial
from typing import Any

from catalog.discrepancies import settle_by
from catalog.reports.wording import FIELDS
from catalog.task_lists import Rescan
from flows.custody import to_be_checked, to_be_rectified
from flows.overdue_copies import to_be_fetched, without_a_good_copy
from flows.parts import Parts
from flows.reading_room import to_come_back
from flows.sample_due import sample_duties
from pipeline.clocks import Deadlines, LateKind, deadlines
from pipeline.duties import Duty, DutyState, PersonDuties
from pipeline.handover import ItemState
from pipeline.keying.tasks import WAITING
from pipeline.language import Message, say
from pipeline.staff import Role
from pipeline.tasks.review import REJECT_REASONS, RejectReason

Clock = Callable[[date], Deadlines]
"""What is due for business of a day, by calendar and settings as they are now."""


def duties(parts: Parts, day: date | None, branch: str | None) -> Iterator[Duty]:
    """Give what waits for people on the days in hand, and what they did late; None: all."""
    rules, calendar = parts.settings.sla, parts.calendar
    due: Clock = cache(lambda of_day: deadlines(of_day, rules, calendar))
    yield from _open_days(parts, day, branch, due)
    rescans = parts.catalog.task_lists.to_rescan(day, branch)
    yield from _left_by_closings(parts, day, branch, due, rescans)
    yield from _to_be_keyed(parts, day, branch, due)
    yield from _to_be_captured(parts, day, branch, due)
    yield from _to_be_reviewed(parts, day, branch, due)
    yield from _reviewed_late(parts, day, branch, due)
    yield from map(partial(_to_be_scanned_again, due=due), rescans)
    yield from without_a_good_copy(parts, day, branch, due)
    yield from to_be_fetched(parts, day, branch, due)
    yield from _handed_over(parts, day, branch, due)
    yield from to_come_back(parts, day, branch)
    yield from to_be_rectified(parts, day, branch)
    yield from to_be_checked(parts, day, branch)
    yield from sample_duties(parts, day, branch)


def _open_days(parts: Parts, day: date | None, branch: str | None, due: Clock) -> Iterator[Duty]:
    found = parts.catalog.days.open(day, branch)
    changed = set(found) - set(parts.catalog.days.open(day, branch, changed=False))
    for open_day, of_branch in found:
        yield Duty(
            kind="DAY_OPEN",
            branch=of_branch,
            day=open_day,
            subject=open_day.isoformat(),
            what=say(
                "Something came in or was done after the day was closed; run “paperproof close-day {day}” "
                "again.",
                day=open_day,
            )
            if (open_day, of_branch) in changed
            else say("The day is not closed yet; run “paperproof close-day {day}”.", day=open_day),
            role=Role.ARCHIVIST,
            person=None,
            due=due(open_day).review_by,
        )


def _left_by_closings(
    parts: Parts, day: date | None, branch: str | None, due: Clock, rescans: Sequence[Rescan]
) -> Iterator[Duty]:
    told_below = {page for one in rescans for page in one.pages}
    for left in parts.catalog.days.left(day, branch):
        for found in left.discrepancies:
            if told_below & {page.page_id for page in found.pages}:
                continue  # a review rejected it: the task that waits for the new scan tells it
            yield Duty(
                kind=found.kind.value,
                branch=left.branch,
                day=left.day,
                subject=found.serial_no or ", ".join(page.name for page in found.pages) or "–",
                what=found.reason,
                role=found.owner,
                person=found.owner_name,
                due=settle_by(found.kind, found.pages, due(left.day)),
            )
        for late in (late for late in left.late if late.kind is LateKind.CAPTURE):
            yield Duty(
                kind=late.kind.value,
                branch=left.branch,
                day=left.day,
                subject=late.batch,
                what=late.message,
                role=Role.OPERATOR,
                person=late.person or None,
                due=late.due,
                done=late.last,
            )


def _to_be_keyed(parts: Parts, day: date | None, branch: str | None, due: Clock) -> Iterator[Duty]:
    for task in parts.catalog.keying.tasks(day, branch, states=WAITING):
        if task.day is None:
            continue
        yield Duty(
            kind="KEYING",
            branch=task.branch,
            day=task.day,
            subject=task.page,
            what=say(
                "Task {no}: {field} waits to be keyed; see “paperproof key work”.",
                no=task.no,
                field=FIELDS[task.field],
            ),
            role=Role.OPERATOR,
            person=None,
            due=due(task.day).review_by,
        )


def _to_be_captured(
    parts: Parts, day: date | None, branch: str | None, due: Clock
) -> Iterator[Duty]:
    """Papers that are not in, of days of which no closing was run; later they are discrepancies."""
    for open_day, of_branch in parts.catalog.days.open(day, branch, untried=True):
        missing = parts.catalog.task_lists.missing(open_day, of_branch)
        for teller, count in missing.items():
            yield Duty(
                kind="CAPTURE",
                branch=of_branch,
                day=open_day,
                subject=teller,
                what=say(
                    "{count} papers are not in yet; see “paperproof station status”.", count=count
                ),
                role=Role.TELLER,
                person=teller,
                due=due(open_day).capture_by,
            )


def _to_be_scanned_again(one: Rescan, due: Clock) -> Duty:
    return Duty(
        kind="RESCAN",
        branch=one.branch,
        day=one.day,
        subject=one.name,
        what=_rejected(one),
        role=Role.OPERATOR,
        person=one.operator,
        due=due(one.day).rectify_by(one.at),
    )


def _rejected(one: Rescan) -> Message:
    reason = REJECT_REASONS[RejectReason(one.reason)]
    if one.note:
        return say(
            "Review rejected it: {reason} ({note}); scan the paper again.",
            reason=reason,
            note=one.note,
        )
    return say("Review rejected it: {reason}; scan the paper again.", reason=reason)


def _handed_over(parts: Parts, day: date | None, branch: str | None, due: Clock) -> Iterator[Duty]:
    """Hand-overs that the archivist has not received, and refused items that did not come again."""
    handovers = parts.catalog.handovers.all(day, branch)
    last = {
        (one.day, one.branch, item.serial_no): one.no for one in handovers for item in one.items
    }
    for one in handovers:
        if waiting := one.of(ItemState.GIVEN):
            yield Duty(
                kind="HANDOVER",
                branch=one.branch,
                day=one.day,
                subject=str(one.no),
                what=say(
                    "Hand-over {no}: {count} items of {giver} wait to be received.",
                    no=one.no,
                    count=len(waiting),
                    giver=one.giver,
                ),
                role=Role.ARCHIVIST,
                person=None,
                due=due(one.day).review_by,
            )
        for item in one.of(ItemState.REFUSED):
            if item.decided_at and last[one.day, one.branch, item.serial_no] == one.no:
                yield Duty(
                    kind="HANDOVER_REFUSED",
                    branch=one.branch,
                    day=one.day,
                    subject=item.serial_no,
                    what=say("The archivist refused it: {reason}", reason=item.reason),
                    role=Role.TELLER,
                    person=one.giver,
                    due=due(one.day).rectify_by(item.decided_at),
                )


def _to_be_reviewed(
    parts: Parts, day: date | None, branch: str | None, due: Clock
) -> Iterator[Duty]:
    for waiting in parts.catalog.reviews.waiting(day, branch):
        yield Duty(
            kind="REVIEW",
            branch=waiting.branch,
            day=waiting.day,
            subject=waiting.day.isoformat(),
            what=say(
                "{count} captured tasks wait for review; see “paperproof review list --day {day}”.",
                count=waiting.tasks,
                day=waiting.day,
            ),
            role=Role.REVIEWER,
            person=None,
            due=due(waiting.day).review_by,
        )


def _reviewed_late(
    parts: Parts, day: date | None, branch: str | None, due: Clock
) -> Iterator[Duty]:
    late: dict[tuple[date, str, str], list[datetime]] = {}
    for one in parts.catalog.reviews.given(day, branch):
        if due(one.day).review_by.delay(one.at):
            late.setdefault((one.day, one.branch, one.person), []).append(one.at)
    for (of_day, of_branch, person), moments in late.items():
        yield Duty(
            kind=LateKind.REVIEW.value,
            branch=of_branch,
            day=of_day,
            subject=of_day.isoformat(),
            what=say("{count} tasks were reviewed late.", count=len(moments)),
            role=Role.REVIEWER,
            person=person,
            due=due(of_day).review_by,
            done=max(moments),
        )


def as_json(found: tuple[PersonDuties, ...], now: datetime, lang: str) -> dict[str, Any]:
    """Return the list as JSON-ready values; sentences are in ``lang``."""
    return {
        "at": now.isoformat(timespec="seconds"),
        **{str(state): sum(one.count(state, now) for one in found) for state in DutyState},
        "people": [
            {
                "person": one.person,
                "role": one.role,
                "branch": one.branch,
                **{str(state): one.count(state, now) for state in DutyState},
                "items": [_item(duty, now, lang) for duty in one.duties],
            }
            for one in found
        ],
    }


def _item(duty: Duty, now: datetime, lang: str) -> dict[str, Any]:
    delay = duty.due.delay(duty.done or now)
    return {
        "kind": duty.kind,
        "state": str(duty.state(now)),
        "day": duty.day.isoformat(),
        "subject": duty.subject,
        "what": duty.what.in_language(lang),
        "due_before": duty.due.before.isoformat(timespec="seconds"),
        "provisional": duty.due.provisional,
        "rule": str(duty.rule),
        "delay_minutes": None if delay is None else int(delay.total_seconds()) // 60,
    }
