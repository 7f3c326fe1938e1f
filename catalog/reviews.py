"""What waits for review, and who reviewed when; told from the acts on capture tasks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine, Select, func, select

from catalog.tables import capture_task, task_act
from pipeline.tasks.states import ActKind, TaskState

_REVIEWS = (str(ActKind.PASSED), str(ActKind.REJECTED))
_TAKEN_BACK = str(ActKind.REOPENED)


@dataclass(frozen=True)
class ToReview:
    """How much of a branch and day waits for review."""

    day: date
    branch: str
    tasks: int


@dataclass(frozen=True)
class Reviewed:
    """One review that was given."""

    day: date
    branch: str
    person: str
    at: datetime


class Reviews:
    """Tells what was reviewed, and what was not."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def waiting(self, day: date | None = None, branch: str | None = None) -> tuple[ToReview, ...]:
        """Give the branches and days of which something captured waits; None: all there are."""
        query = (
            select(capture_task.c.business_date, capture_task.c.branch, func.count())
            .where(capture_task.c.state == str(TaskState.CAPTURED))
            .group_by(capture_task.c.business_date, capture_task.c.branch)
            .order_by(capture_task.c.business_date, capture_task.c.branch)
        )
        with self._engine.connect() as connection:
            return tuple(ToReview(*row) for row in connection.execute(_of(query, day, branch)))

    def given(self, day: date | None = None, branch: str | None = None) -> tuple[Reviewed, ...]:
        """Give every review of the branches and days that stands, in order."""
        query = (
            select(
                task_act.c.task_id,
                task_act.c.kind,
                capture_task.c.business_date,
                capture_task.c.branch,
                task_act.c.person,
                task_act.c.at,
            )
            .join(task_act, task_act.c.task_id == capture_task.c.id)
            .where(task_act.c.kind.in_((*_REVIEWS, _TAKEN_BACK)))
            .order_by(task_act.c.id)
        )
        standing: list[tuple[str, Reviewed]] = []
        with self._engine.connect() as connection:
            for task, kind, *review in connection.execute(_of(query, day, branch)):
                if kind == _TAKEN_BACK:  # the last review of the task
                    last = max(n for n, (of, _) in enumerate(standing) if of == task)
                    del standing[last]
                else:
                    standing.append((task, Reviewed(*review)))
        return tuple(review for _, review in standing)


def _of(query: Select[Any], day: date | None, branch: str | None) -> Select[Any]:
    if day is not None:
        query = query.where(capture_task.c.business_date == day)
    if branch is not None:
        query = query.where(capture_task.c.branch == branch)
    return query
