"""One paper for several businesses of a customer: by reference, while it is valid (CG-16.2c)."""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.document_types import DocumentType, Share
from pipeline.model import Transaction
from pipeline.profile import Profile
from pipeline.tasks.planning import Planned
from pipeline.tasks.states import ActKind, CaptureTask, Medium, TaskState

Customer = tuple[str, str]
"""(customer number, number of the identity document): a number given anew is another customer."""


def customer_of(row: Transaction) -> Customer:
    """Return whose transaction it is."""
    return row.customer_no, row.id_no


@dataclass(frozen=True)
class Source:
    """A task that has its own pages, with its transaction's customer and business."""

    task: CaptureTask
    customer: Customer
    business_code: str


def shareable(task: CaptureTask, profile: Profile) -> bool:
    """Whether an earlier paper may stand in for this task's: it waits, or shares one now."""
    kind, standing = profile.types.get(task.document_type), task.standing
    return (
        kind is not None
        and kind.share is Share.CUSTOMER
        and not standing.fresh
        and standing.medium is Medium.PAPER
        and (standing.state is TaskState.PENDING or standing.shared_from is not None)
    )


def serves(
    source: Source,
    task: CaptureTask,
    row: Transaction,
    kind: DocumentType,
    card_until: date | None = None,
) -> bool:
    """Whether a captured paper is good for another transaction of its customer on that day.

    It must be in by then, of the same customer and type, and valid: until the day told as its last, else
    for the type's months. Of a type that is valid until the customer's card expires it is good until
    ``card_until``, which the customer master tells, and where nobody tells it, for the same day only.
    """
    of, day = source.task, source.task.day
    if (of.document_type, source.customer) != (task.document_type, customer_of(row)):
        return False
    if of.id == task.id or day > task.day:
        return False
    if kind.share_within == "day" and day != task.day:
        return False
    if kind.share_within == "business" and source.business_code != row.business_code:
        return False
    expires = of.standing.expires
    if expires is not None:
        return task.day <= expires
    if isinstance(kind.valid_months, int):
        return task.day <= months_later(day, kind.valid_months)
    if kind.valid_months == "until_id_expiry" and card_until is not None:
        return task.day <= card_until
    return kind.valid_months is None or day == task.day


def months_later(day: date, months: int) -> date:
    """Return the day so many months later; the month's last where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def shared(
    tasks: Iterable[CaptureTask],
    rows: Mapping[str, Transaction],
    sources: Sequence[Source],
    profile: Profile,
    cards_until: Mapping[Customer, date] | None = None,
) -> Iterator[Planned]:
    """Give the acts by which a branch and day's tasks share what is captured; none when nothing changed.

    The latest paper that is good for it serves a task, and goes on serving it while it is good.
    ``cards_until``: last day of the customers' identity documents, where it is known.
    """
    by_key: dict[tuple[str, Customer], list[Source]] = defaultdict(list)
    for source in sources:
        by_key[source.task.document_type, source.customer].append(source)
    for task in tasks:
        row = rows.get(task.serial_no)
        if row is None or not shareable(task, profile):
            continue
        kind = profile.types[task.document_type]
        good = [
            source
            for source in by_key[task.document_type, customer_of(row)]
            if serves(source, task, row, kind, (cards_until or {}).get(customer_of(row)))
        ]
        yield from _step(task, good)


def _step(task: CaptureTask, good: Sequence[Source]) -> Iterator[Planned]:
    key, served_by = (task.serial_no, task.document_type), task.standing.shared_from
    if served_by is not None and any(source.task.id == served_by for source in good):
        return
    if good:
        best = min(
            good, key=lambda one: (-one.task.day.toordinal(), one.task.branch, one.task.name)
        )
        yield Planned(*key, ActKind.SHARED, _told(best))
    elif served_by is not None:
        yield Planned(*key, ActKind.LOST, {"reason": "source_gone"})


def _told(source: Source) -> dict[str, str]:
    return {
        "from": source.task.id,
        "task": source.task.name,
        "business": source.business_code,
        "branch": source.task.branch,
        "day": source.task.day.isoformat(),
    }
