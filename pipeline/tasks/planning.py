"""From booked rows and the profile to the tasks that are due, and what is to be done to those in hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.model import Transaction
from pipeline.profile import Profile
from pipeline.tasks.businesses import Need
from pipeline.tasks.states import ActKind, CaptureTask, Medium, Standing, TaskState


@dataclass(frozen=True)
class Due:
    """One paper that a transaction asks for."""

    serial_no: str
    document_type: str
    need: Need
    medium: Medium
    fresh: bool
    profile: str

    @property
    def as_content(self) -> dict[str, Any]:
        """What is asked for, as an act keeps it."""
        return {
            "need": str(self.need),
            "medium": str(self.medium),
            "fresh": self.fresh,
            "profile": self.profile,
        }

    def differs(self, standing: Standing) -> bool:
        """Whether something else is asked for than a task stands for; the profile's version is no matter."""
        return (self.need, self.medium, self.fresh) != (
            standing.need,
            standing.medium,
            standing.fresh,
        )


@dataclass(frozen=True)
class Planned:
    """One act that is to be done to a task, which it makes when it is the first."""

    serial_no: str
    document_type: str
    kind: ActKind
    content: Mapping[str, Any]


def due(transactions: Sequence[Transaction], profile: Profile) -> Iterator[Due]:
    """Give the papers that a branch and day's transactions ask for.

    A conditional paper is due where its condition holds (``pipeline.tasks.conditions``). Online rows ask for
    a package instead of paper (CG-13c). A reversal is a row like any other: both keep their vouchers.
    """
    codes: dict[str, set[str]] = defaultdict(set)
    for one in transactions:
        codes[one.customer_no].add(one.business_code)
    for one in transactions:
        asked = profile.tasks_in_force(one.business_code, one.business_date)
        if asked is None:
            continue
        source, version = asked
        medium = Medium.PAPER if one.expects_paper else Medium.ELECTRONIC
        for paper, need in version.needs:
            condition = version.conditional.get(paper)
            if condition is None or condition.holds(one, codes[one.customer_no]):
                fresh = paper in version.fresh
                yield Due(one.serial_no, paper, need, medium, fresh, source)


def undefined(transactions: Iterable[Transaction], profile: Profile) -> dict[str, str]:
    """Give the business codes, with a row's serial number, for which the profile asks for nothing.

    None where the profile names no business at all: then nobody wants tasks.
    """
    if not profile.businesses:
        return {}
    found: dict[str, str] = {}
    for one in transactions:
        if profile.tasks_in_force(one.business_code, one.business_date) is None:
            found.setdefault(one.business_code, one.serial_no)
    return found


def planned(
    tasks: Iterable[CaptureTask], wanted: Iterable[Due], serials: frozenset[str]
) -> Iterator[Planned]:
    """Give the acts that bring the tasks in hand to what is ``wanted``; none when they are there.

    ``serials`` are the day's rows. What a person did to a task stays, and so does what is captured while
    its row stands; a task that is uploaded stays whatever becomes of its row.
    """
    known = {(task.serial_no, task.document_type): task for task in tasks}
    asked = {(one.serial_no, one.document_type): one for one in wanted}
    for key, one in asked.items():
        task = known.get(key)
        if task is None or _is_made_anew(task.standing, one):
            yield Planned(*key, ActKind.MADE, one.as_content)
    for key, task in known.items():
        why = _why_withdrawn(task, key in asked, serials)
        if why:
            yield Planned(*key, ActKind.WITHDRAWN, {"reason": why})


def _is_made_anew(standing: Standing, wanted: Due) -> bool:
    if standing.state is TaskState.VOID:
        return standing.withdrawn
    waits = standing.state is TaskState.PENDING and not standing.by_hand
    return waits and wanted.differs(standing)


ROW_WITHDRAWN, NOT_ASKED = "row_withdrawn", "not_asked"


def _why_withdrawn(task: CaptureTask, asked: bool, serials: frozenset[str]) -> str | None:
    standing = task.standing
    if standing.state in (TaskState.VOID, TaskState.UPLOADED):
        return None
    if task.serial_no not in serials:
        return ROW_WITHDRAWN
    waits = standing.state is TaskState.PENDING and not standing.by_hand
    return NOT_ASKED if waits and not asked else None
