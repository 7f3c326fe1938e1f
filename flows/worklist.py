"""What closings left to people as one list to work on: whose it is, until when, what was done about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from itertools import islice

from catalog.days import LeftOfDay
from catalog.discrepancies import settle_by
from catalog.discrepancy_acts import Acts
from catalog.monitor import BranchDayCounts
from flows.parts import Parts
from pipeline.access.acts import Act
from pipeline.access.policy import branches_of, person_of
from pipeline.balance import Discrepancy, DiscrepancyKind
from pipeline.clocks import Deadlines, deadlines
from pipeline.language import Message, say
from pipeline.settling import ItemKey, SettlingAct, WorkItem, is_settled, matters
from pipeline.staff import person_key


class Standing(StrEnum):
    """How far it is, to choose by."""

    WAITING = "waiting"
    UNASSIGNED = "unassigned"
    OVERDUE = "overdue"
    AGAIN = "again"
    SETTLED = "settled"


STANDINGS: Mapping[Standing, Message] = {
    Standing.WAITING: say("all that wait"),
    Standing.UNASSIGNED: say("assigned to nobody"),
    Standing.OVERDUE: say("past their time"),
    Standing.AGAIN: say("settled, and found again"),
    Standing.SETTLED: say("settled"),
}


_TERMS_LEFT = (
    "missing",
    "surplus",
    "duplicate",
    "rejected",
    "field_mismatch",
    "unreadable",
    "page_check",
    "papers_without_image",
)
"""Terms of a closing's counts that people have to see to."""


@dataclass(frozen=True)
class Filters:
    """Which of them are asked for; None: all."""

    kind: DiscrepancyKind | None = None
    standing: Standing | None = None
    assigned_to: str | None = None
    """A person."""

    def let(self, item: WorkItem, now: datetime) -> bool:
        """Whether an item is among them."""
        return (
            self.kind in (None, item.key.kind)
            and (self.assigned_to is None or _is(item.assigned_to, self.assigned_to))
            and (self.standing is None or _stands(item, self.standing, now))
        )


def worklist(
    parts: Parts, first: date, last: date, branches: frozenset[str] | None
) -> tuple[WorkItem, ...]:
    """Give what the last closings of a window of days left: open ones first, then by when they are due.

    ``branches``: whose, None: of all.
    """
    acts = parts.catalog.discrepancy_acts.between(first, last, branches)
    left = parts.catalog.days.left_between(first, last, branches)
    return tuple(sorted(_items(parts, left, acts), key=lambda item: item.place))


def waiting(parts: Parts, closings: Sequence[BranchDayCounts]) -> Mapping[tuple[str, date], int]:
    """Count what waits of branches' days, as ``worklist`` lists it, without loading what closings found."""
    if not closings:
        return {}
    days = [one.day for one in closings]
    acts = parts.catalog.discrepancy_acts.between(min(days), max(days), None)
    closed_at = {(one.branch, one.day): one.closed_at for one in closings}
    left = Counter({(one.branch, one.day): _left(one) for one in closings})
    for key, done in acts.items():
        at = closed_at.get((key.branch, key.day))
        left[key.branch, key.day] -= at is not None and is_settled(done, at)
    return {place: max(0, count) for place, count in left.items()}


def _left(closing: BranchDayCounts) -> int:
    """How many matters a closing left; one of earlier versions tells the terms alone, which come near it."""
    if "left" in closing.counts:
        return closing.counts["left"]
    return sum(closing.counts.get(term, 0) for term in _TERMS_LEFT)


def leaf(items: Iterable[WorkItem], after: str, count: int) -> tuple[list[WorkItem], str | None]:
    """Give ``count`` items behind a place in the list, and the place behind which the next ones are.

    The latter is None at the end.
    """
    found = list(islice((item for item in items if item.place > after), count + 1))
    shown = found[:count]
    return shown, shown[-1].place if len(found) > count else None


def work_item(parts: Parts, day: date, branch: str, item: str) -> WorkItem | None:
    """Give one of a branch's day by its id; None: the last closing did not find it."""
    found = worklist(parts, day, day, frozenset({branch}))
    return next((one for one in found if one.key.id == item), None)


def workers(parts: Parts, branch: str) -> tuple[str, ...]:
    """Give the people who may explain a branch's discrepancies: one of them can be asked to work on one."""
    appointments = parts.catalog.staff.in_effect(branch)
    names = {person_key(one.person): one.person for one in appointments if one.until is None}
    return tuple(
        sorted(
            name
            for name in names.values()
            if _reaches(branches_of(person_of(appointments, name), Act.MISMATCH_EXPLAIN), branch)
        )
    )


def _items(parts: Parts, left: Iterable[LeftOfDay], acts: Acts) -> Iterator[WorkItem]:
    rules, calendar = parts.settings.sla, parts.calendar
    due = cache(lambda day: deadlines(day, rules, calendar))
    for of_day in left:
        for key, found in matters(of_day.day, of_day.discrepancies).items():
            yield _item(key, found, due(of_day.day), of_day.at, acts.get(key, ()))


def _item(
    key: ItemKey,
    found: list[Discrepancy],
    due: Deadlines,
    closed_at: datetime,
    acts: tuple[SettlingAct, ...],
) -> WorkItem:
    pages = [page for one in found for page in one.pages]
    return WorkItem(key, tuple(found), settle_by(key.kind, pages, due), closed_at, acts)


def _stands(item: WorkItem, standing: Standing, now: datetime) -> bool:
    match standing:
        case Standing.WAITING:
            return not item.settled
        case Standing.UNASSIGNED:
            return not item.settled and item.assigned_to is None
        case Standing.OVERDUE:
            return item.is_overdue(now)
        case Standing.AGAIN:
            return item.again
        case Standing.SETTLED:
            return item.settled


def _reaches(branches: frozenset[str] | None, branch: str) -> bool:
    return branches is None or branch in branches


def _is(name: str | None, person: str) -> bool:
    return name is not None and person_key(name) == person_key(person)
