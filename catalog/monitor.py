"""How far each branch is on each day, in counts: what headquarters watches."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, func, select
from sqlalchemy.sql import FromClause

from catalog.tables import (
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
        with self._engine.connect() as connection:
            for add in (_add_streams, _add_tasks, _add_pages, _add_closings):
                add(connection, found, _Window(first, last, branches))
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
        query = _Window(first, last, branches).of(select(recognised_day), recognised_day)
        with self._engine.connect() as connection:
            rows = connection.execute(
                query.order_by(recognised_day.c.business_date, recognised_day.c.branch)
            ).all()
        return tuple(map(_recognised, rows))


def _recognised(row: Row[Any]) -> RecognisedDay:
    causes = {Cause(told): count for told, count in row.causes.items()}
    return RecognisedDay(row.business_date, row.branch, row.transactions, row.automatic, causes)


_Found = defaultdict[tuple[date, str], dict[str, Any]]


@dataclass(frozen=True)
class _Window:
    """Some days of some branches."""

    first: date
    last: date
    branches: Branches

    def of(self, query: Select[Any], table: FromClause) -> Select[Any]:
        """Restrict a query to it."""
        branches = None if self.branches is None else frozenset(self.branches)
        return between(query, table, self.first, self.last, branches)


def _add_streams(connection: Connection, found: _Found, window: _Window) -> None:
    query = (
        select(stream_file.c.business_date, stream_file.c.totals)
        .where(stream_file.c.business_date.between(window.first, window.last))
        .order_by(stream_file.c.id)
    )
    for row in connection.execute(query):
        for branch, totals in row.totals.items():  # a later file of a day replaces the earlier
            found[row.business_date, branch]["transactions"] = int(totals["rows"])


def _add_tasks(connection: Connection, found: _Found, window: _Window) -> None:
    query = window.of(
        select(
            capture_task.c.business_date,
            capture_task.c.branch,
            capture_task.c.need,
            capture_task.c.medium,
            capture_task.c.state,
            func.count().label("tasks"),
        ),
        capture_task,
    ).group_by(
        capture_task.c.business_date,
        capture_task.c.branch,
        capture_task.c.need,
        capture_task.c.medium,
        capture_task.c.state,
    )  # all of the index, in its order: it is counted while it is read
    for row in connection.execute(query):
        if row.need == Need.OPTIONAL or row.medium != Medium.PAPER:
            continue
        of_day = found[row.business_date, row.branch].setdefault("tasks", Counter())
        of_day[TaskState(row.state)] += row.tasks


def _add_pages(connection: Connection, found: _Found, window: _Window) -> None:
    query = window.of(
        select(
            batch.c.business_date, batch.c.branch, delivery.c.state, func.count().label("pages")
        ).join(delivery, delivery.c.batch_id == batch.c.id),
        batch,
    ).group_by(batch.c.business_date, batch.c.branch, delivery.c.state)
    for row in connection.execute(query):
        of_day = found[row.business_date, row.branch]
        kind = "refused" if row.state == "refused" else "pages"
        of_day[kind] = of_day.get(kind, 0) + row.pages


def _add_closings(connection: Connection, found: _Found, window: _Window) -> None:
    query = window.of(
        select(
            day_close.c.business_date, day_close.c.branch, day_close.c.closed, day_close.c.counts
        ),
        day_close,
    )
    for row in connection.execute(query):
        found[row.business_date, row.branch].update(closed=row.closed, counts=row.counts)
    # by itself, from its index: in the row it lies behind the whole result
    query = window.of(
        select(day_close.c.business_date, day_close.c.branch, day_close.c.at), day_close
    )
    for row in connection.execute(query):
        found[row.business_date, row.branch]["closed_at"] = row.at
