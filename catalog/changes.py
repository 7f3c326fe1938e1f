"""What came, or was done by people, after a day was closed: then what its closing said holds no longer.

A closing keeps how many changes it saw. Moments would not do: hosts' clocks differ, and what comes in while a
closing is at work is older than its end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select
from sqlalchemy.sql import FromClause

from catalog.tables import (
    batch,
    capture_task,
    delivery,
    digital_package,
    keying_act,
    keying_task,
    paper_act,
    stream_file,
    task_act,
)
from catalog.within import within
from pipeline.keying.tasks import ActKind as Keyed
from pipeline.tasks.states import ActKind

BranchDayKey = tuple[date, str]

_BY_PEOPLE = tuple(
    map(
        str,
        (ActKind.ADDED, ActKind.CHANGED, ActKind.VOIDED, ActKind.REJECTED, ActKind.REOPENED),
    )
)
"""Acts on tasks that no closing does, and that change what it finds."""
_KEYED = tuple(map(str, (Keyed.VALUE, Keyed.CANNOT, Keyed.UNDO, Keyed.REOPEN)))


@dataclass(frozen=True)
class Changes:
    """What came in of a branch and day, and what people did to it; none of it is ever taken away."""

    count: int = 0
    latest: datetime | None = None
    """When the last one came, by the clock of whoever entered it."""

    def are_more(self, seen: int | None, closed_at: datetime) -> bool:
        """Whether some came since a closing; ``seen``: how many it saw, None: they were not counted yet."""
        if seen is None:
            return self.latest is not None and self.latest > closed_at
        return self.count > seen


NO_CHANGES = Changes()


def changes_of(
    connection: Connection, day: date | None, branch: str | None
) -> Mapping[BranchDayKey, Changes]:
    """Give, by day and branch (None: all), the pages, packages, streams and acts that came in."""
    found: dict[BranchDayKey, Changes] = {}
    for key, count, moment in _counted(connection, day, branch):
        if branch in (None, key[1]):
            known = found.get(key, NO_CHANGES)
            found[key] = Changes(known.count + count, max(moment, known.latest or moment))
    return found


def _counted(
    connection: Connection, day: date | None, branch: str | None
) -> Iterator[tuple[BranchDayKey, int, datetime]]:
    for query, of in _queries():
        query = query.add_columns(func.count())
        query = within(query, of, day, branch).group_by(of.c.business_date, of.c.branch)
        for row in connection.execute(query):
            yield (row[0], row[1]), row[3], row[2]
    files = select(stream_file.c.business_date, stream_file.c.totals, stream_file.c.imported_at)
    if day is not None:
        files = files.where(stream_file.c.business_date == day)
    for row in connection.execute(files):
        for of_file in row.totals:
            yield (row.business_date, of_file), 1, row.imported_at


def _queries() -> tuple[tuple[Select[Any], FromClause], ...]:
    """Give the queries for the last moment of each kind of change, and the tables of their day and branch."""
    of_batch = batch.c.business_date, batch.c.branch
    delivered = select(*of_batch, func.max(delivery.c.at)).join(
        delivery, delivery.c.batch_id == batch.c.id
    )
    keyed = (
        select(*of_batch, func.max(keying_act.c.at))
        .join(delivery, delivery.c.batch_id == batch.c.id)
        .join(keying_task, keying_task.c.sha256 == delivery.c.sha256)
        .join(keying_act, keying_act.c.task_no == keying_task.c.no)
        .where(keying_act.c.kind.in_(_KEYED))
    )
    acts = (
        select(capture_task.c.business_date, capture_task.c.branch, func.max(task_act.c.at))
        .join(task_act, task_act.c.task_id == capture_task.c.id)
        .where(task_act.c.kind.in_(_BY_PEOPLE))
    )
    papers = select(paper_act.c.business_date, paper_act.c.branch, func.max(paper_act.c.at))
    packages = select(
        digital_package.c.business_date, digital_package.c.branch, func.max(digital_package.c.at)
    )
    return (
        *((delivered, batch), (keyed, batch), (acts, capture_task)),
        *((papers, paper_act), (packages, digital_package)),
    )
