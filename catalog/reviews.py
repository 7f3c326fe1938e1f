"""What waits for review, and who reviewed when; told from the acts on capture tasks."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine, func, select

from catalog.tables import capture_task, task_act
from catalog.within import within
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
            rows = connection.execute(within(query, capture_task, day, branch)).all()
        return tuple(ToReview(*row) for row in rows)

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
        standing: dict[str, list[Reviewed]] = defaultdict(list)
        with self._engine.connect() as connection:
            for task, kind, *review in connection.execute(within(query, capture_task, day, branch)):
                if kind == _TAKEN_BACK:
                    standing[task].pop()
                else:
                    standing[task].append(Reviewed(*review))
        every = (review for reviews in standing.values() for review in reviews)
        return tuple(sorted(every, key=lambda review: review.at))
