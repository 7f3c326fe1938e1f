"""What came, or was done by people, after a day was closed: then what its closing said holds no longer.

A closing keeps how many changes it saw. Moments would not do: hosts' clocks differ, and what comes in while a
closing is at work is older than its end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    CompoundSelect,
    Connection,
    Date,
    Row,
    Select,
    String,
    bindparam,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)
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
from catalog.within import given, within
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
    connection: Connection, day: date | None, branch: str | None, last: date | None = None
) -> Mapping[BranchDayKey, Changes]:
    """Give, by day and branch (None: all), the pages, packages, streams and acts that came in.

    ``last``: of all days from ``day`` up to it.
    """
    found: dict[BranchDayKey, Changes] = {}
    query = _counted(
        from_day=day is not None, up_to_last=last is not None, of_one_branch=branch is not None
    )
    asked = given(asked_day=day, asked_branch=branch, asked_last=last)
    for row in connection.execute(query, asked):
        for of in _branches(row, branch):
            key = row.business_date, of
            known = found.get(key, NO_CHANGES)
            found[key] = Changes(
                known.count + row.changes, max(row.latest, known.latest or row.latest)
            )
    return found


def _branches(row: Row[Any], asked: str | None) -> Iterable[str]:
    """Give the branches that a row tells of; a stream file's own are the names of its totals."""
    if row.totals is None:
        return (row.branch,)
    named: dict[str, Any] = row.totals
    return named if asked is None else {asked} & named.keys()


@cache
def _counted(*, from_day: bool, up_to_last: bool, of_one_branch: bool) -> CompoundSelect[Any]:
    """Give the one question for all of it; to put it together takes longer than a database's answer."""
    day = bindparam("asked_day", type_=Date) if from_day else None
    last = bindparam("asked_last", type_=Date) if up_to_last else None
    branch = bindparam("asked_branch", type_=String) if of_one_branch else None
    parts = (
        within(
            query.add_columns(func.count().label("changes"), cast(null(), JSON).label("totals")),
            of,
            day,
            branch,
            last,
        ).group_by(of.c.business_date, of.c.branch)
        for query, of in _queries()
    )
    files = select(
        stream_file.c.business_date,
        literal("").label("branch"),
        stream_file.c.imported_at.label("latest"),
        literal(1).label("changes"),
        stream_file.c.totals,
    )
    return union_all(*parts, within(files, stream_file, day, None, last))


def _queries() -> tuple[tuple[Select[Any], FromClause], ...]:
    """Give the queries for the last moment of each kind of change, and the tables of their day and branch."""
    of_batch = batch.c.business_date, batch.c.branch
    delivered = select(*of_batch, func.max(delivery.c.at).label("latest")).join(
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
