"""How far each branch is on each day, in counts: what headquarters watches."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Engine,
    Integer,
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
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from catalog.tables import (
    UtcTime,
    batch,
    capture_task,
    day_close,
    delivery,
    recognised_day,
    stream_file,
)
from catalog.upsert import insert_or_update
from catalog.within import between
from pipeline.recognition import Figures
from pipeline.recognition_causes import Cause
from pipeline.tasks.businesses import Need
from pipeline.tasks.states import Medium, TaskState

Branches = Collection[str] | None
"""The branches that are looked at; None: all."""
Columns = ReadOnlyColumnCollection[str, Any]


@dataclass(frozen=True)
class BranchDayCounts:
    """What is in of one branch and day."""

    day: date
    branch: str
    transactions: int = 0
    tasks: Mapping[TaskState, int] = field(default_factory=dict)
    """Papers that are due, by how far they are."""
    pages: int = 0
    refused: int = 0
    closed_at: datetime | None = None
    """When its last closing ran; None: none did."""
    closed: bool = False
    """Whether that closing balanced."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """The closing equation's terms."""

    @property
    def due(self) -> int:
        """How many papers are due."""
        return sum(count for state, count in self.tasks.items() if state is not TaskState.VOID)

    @property
    def captured(self) -> int:
        """How many of them are captured, reviewed or not."""
        return self.due - self.tasks.get(TaskState.PENDING, 0)

    @property
    def reviewed(self) -> int:
        """How many of them are reviewed."""
        return self.tasks.get(TaskState.REVIEWED, 0) + self.uploaded

    @property
    def uploaded(self) -> int:
        """How many of them are with headquarters."""
        return self.tasks.get(TaskState.UPLOADED, 0)


@dataclass(frozen=True)
class RecognisedDay:
    """How much of a branch and day was recognised without a person, and why not the rest."""

    day: date
    branch: str
    transactions: int
    automatic: int
    causes: Mapping[Cause, int]


class Monitor:
    """Counts by branch and day; a window of some weeks over all branches costs some index pages."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def counts(self, first: date, last: date, branches: Branches) -> tuple[BranchDayCounts, ...]:
        """Give the counts of every branch and day in a window of which anything is in, by branch and day."""
        found: _Found = defaultdict(dict)
        asked: dict[str, Any] = {"first": first, "last": last}
        if branches is not None:
            asked["branches"] = sorted(branches)
        with self._engine.connect() as connection:
            rows = connection.execute(_counted(of_all=branches is None), asked).all()
        for row in sorted(rows, key=lambda one: one.number if one.told == "stream" else 0):
            _add(found, row)
        return tuple(
            BranchDayCounts(day, branch, **values)
            for (day, branch), values in sorted(found.items(), key=lambda one: one[0][::-1])
            if branches is None or branch in branches
        )

    def keep_recognised(
        self, day: date, branch: str, figures: Figures, causes: Mapping[Cause, int]
    ) -> None:
        """Keep what a closing's result tells of recognition; the last closing's stands."""
        values = {
            "business_date": day,
            "branch": branch,
            "transactions": figures.transactions,
            "automatic": figures.automatic,
            "causes": {str(cause): count for cause, count in causes.items() if count},
        }
        with self._engine.begin() as connection:
            entering = insert_or_update(connection, recognised_day).values(values)
            connection.execute(
                entering.on_conflict_do_update(
                    index_elements=["business_date", "branch"], set_=values
                )
            )

    def recognised(self, first: date, last: date, branches: Branches) -> tuple[RecognisedDay, ...]:
        """Give what closings told of recognition, by day and branch."""
        of = None if branches is None else frozenset(branches)
        query = between(select(recognised_day), recognised_day, first, last, of)
        with self._engine.connect() as connection:
            rows = connection.execute(
                query.order_by(recognised_day.c.business_date, recognised_day.c.branch)
            ).all()
        return tuple(map(_recognised, rows))


def _recognised(row: Row[Any]) -> RecognisedDay:
    causes = {Cause(told): count for told, count in row.causes.items()}
    return RecognisedDay(row.business_date, row.branch, row.transactions, row.automatic, causes)


_Found = defaultdict[tuple[date, str], dict[str, Any]]


def _add(found: _Found, row: Row[Any]) -> None:
    """Add what a row of ``_counted`` tells."""
    if row.told == "stream":
        for branch, totals in row.content.items():  # a later file of a day replaces the earlier
            found[row.business_date, branch]["transactions"] = int(totals["rows"])
        return
    of_day = found[row.business_date, row.branch]
    match row.told:
        case "tasks":
            of_day.setdefault("tasks", Counter())[TaskState(row.state)] += row.number
        case "pages":
            kind = "refused" if row.state == "refused" else "pages"
            of_day[kind] = of_day.get(kind, 0) + row.number
        case "closing":
            of_day.update(closed=bool(row.number), counts=row.content)
        case "closed_at":
            of_day["closed_at"] = row.at


@cache
def _counted(*, of_all: bool) -> CompoundSelect[Any]:
    """Give the one question for the counts of a window, of all branches or of some.

    Put together once: that takes longer than a database's answer for one branch and day.
    """
    task, page = capture_task.c, batch.c
    tasks = _part("tasks", task, state=task.state, number=func.count())
    tasks = tasks.where(task.need != str(Need.OPTIONAL), task.medium == str(Medium.PAPER))
    pages = _part("pages", page, state=delivery.c.state, number=func.count())
    pages = pages.join(delivery, delivery.c.batch_id == page.id)
    closings = _part(
        "closing", day_close.c, number=cast(day_close.c.closed, Integer), content=day_close.c.counts
    )
    # by itself, from its index: in the row it lies behind the whole result
    moments = _part("closed_at", day_close.c, at=day_close.c.at)
    by_branch = (
        # all of the index, in its order: it is counted while it is read
        (tasks.group_by(task.business_date, task.branch, task.need, task.medium, task.state), task),
        (pages.group_by(page.business_date, page.branch, delivery.c.state), page),
        (closings, day_close.c),
        (moments, day_close.c),
    )
    files = _part("stream", stream_file.c, number=stream_file.c.id, content=stream_file.c.totals)
    shown: BindParameter[Any] = bindparam("branches", expanding=True)
    return union_all(
        _in_window(files, stream_file.c),
        *(
            _in_window(query if of_all else query.where(of.branch.in_(shown)), of)
            for query, of in by_branch
        ),
    )


def _part(told: str, of: Columns, **values: ColumnElement[Any]) -> Select[Any]:
    """Give a part of ``_counted``; all have the same columns, None where a part tells nothing."""
    columns: dict[str, ColumnElement[Any]] = {
        "branch": of.get("branch", literal("")),
        "state": cast(null(), String),
        "number": cast(null(), Integer),
        "at": cast(null(), UtcTime),
        "content": cast(null(), JSON),
        **values,
    }
    named = (column.label(name) for name, column in columns.items())
    return select(literal(told).label("told"), of.business_date, *named)


def _in_window(query: Select[Any], of: Columns) -> Select[Any]:
    return query.where(of.business_date.between(bindparam("first"), bindparam("last")))
