"""What of the capture tasks waits for people, counted in the database: for lists over many days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine, func, select

from catalog.tables import booked, capture_task, task_act
from catalog.within import between, within
from pipeline.tasks.businesses import Need
from pipeline.tasks.states import ActKind, Medium, TaskState


@dataclass(frozen=True)
class Rescan:
    """A task that waits for a new scan because a review rejected its pages."""

    day: date
    branch: str
    name: str
    """SERIAL/TYPE."""
    operator: str | None
    """Who scanned the rejected pages."""
    reason: str
    note: str
    at: datetime
    pages: frozenset[str]
    """SHA-256 of the rejected pages."""


class TaskLists:
    """Counts and lists of tasks that wait; None for a day or branch: all."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def count(self, first: date, last: date, branch: str | None) -> int:
        """Count the tasks of a span of business days."""
        query = select(func.count()).select_from(capture_task)
        own = None if branch is None else frozenset({branch})
        with self._engine.connect() as connection:
            found = connection.execute(between(query, capture_task, first, last, own))
            return int(found.scalar_one())

    def missing(self, day: date, branch: str) -> Mapping[str, int]:
        """Count the papers of a day and branch that are due and not in, by the teller who handled them."""
        query = (
            select(booked.c.teller_no, func.count().label("tasks"))
            .join(
                capture_task,
                (booked.c.business_date == capture_task.c.business_date)
                & (booked.c.handling_branch == capture_task.c.branch)
                & (booked.c.serial_no == capture_task.c.serial_no),
            )
            .where(
                capture_task.c.state == str(TaskState.PENDING),
                capture_task.c.medium == str(Medium.PAPER),
                capture_task.c.need != str(Need.OPTIONAL),
            )
            .group_by(booked.c.teller_no)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(within(query, capture_task, day, branch)).all()
        return {row.teller_no: row.tasks for row in rows}

    def to_rescan(self, day: date | None, branch: str | None) -> tuple[Rescan, ...]:
        """Give the tasks to which the last thing done was a reviewer's rejection."""
        last = select(func.max(task_act.c.id)).group_by(task_act.c.task_id)
        query = (
            select(capture_task, task_act.c.content, task_act.c.at)
            .join(task_act, task_act.c.task_id == capture_task.c.id)
            .where(task_act.c.kind == str(ActKind.REJECTED), task_act.c.id.in_(last))
            .where(capture_task.c.state == str(TaskState.PENDING))
        )
        with self._engine.connect() as connection:
            rows = connection.execute(within(query, capture_task, day, branch)).all()
        return tuple(
            Rescan(
                day=row.business_date,
                branch=row.branch,
                name=f"{row.serial_no}/{row.document_type}",
                operator=next((page["operator"] for page in row.content["pages"]), None) or None,
                reason=row.content["reason"],
                note=row.content["note"],
                at=row.at,
                pages=frozenset(page["page"] for page in row.content["pages"]),
            )
            for row in rows
        )
