"""The capture tasks of each transaction, and everything that was done to them.

Acts are only ever added. Where a task stands is told by its acts (``pipeline.tasks.states``); the columns
that repeat it are written in the transaction of the act and serve choosing alone.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import date
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, select

from catalog.log import append
from catalog.tables import booked, capture_task
from catalog.task_rows import (
    AT_ONCE,
    CAPTURED,
    Plan,
    Several,
    asked_by,
    by_id,
    enter,
    moved,
    release,
    tasks_beside,
    tasks_of,
    told,
    with_acts,
)
from catalog.within import given, within
from pipeline.content import Content
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.tasks.sharing import Customer, Source
from pipeline.tasks.states import CaptureTask, TaskState

_ALL = Content(tuple[CaptureTask, ...])


def tasks_as_text(tasks: Several) -> str:
    """Return tasks as JSON, every act of theirs."""
    return json.dumps(_ALL.dump(tasks), ensure_ascii=False, sort_keys=True)


_SOURCES = with_acts(
    select(capture_task)
    .join(
        booked,
        (booked.c.business_date == capture_task.c.business_date)
        & (booked.c.handling_branch == capture_task.c.branch)
        & (booked.c.serial_no == capture_task.c.serial_no),
    )
    .where(
        capture_task.c.business_date <= bindparam("until"),
        capture_task.c.document_type.in_(bindparam("types", expanding=True)),
        capture_task.c.state.in_(CAPTURED),
        capture_task.c.shared_from.is_(None),
        booked.c.customer_no.in_(bindparam("numbers", expanding=True)),
    ),
    *(booked.c.customer_no, booked.c.id_no, booked.c.business_code),
)


class Tasks:
    """Makes tasks, enters what is done to them, and gives them with their whole history."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of_day(
        self, day: date, branch: str | None = None, *, states: Sequence[TaskState] = ()
    ) -> Several:
        """Give a day's tasks, of one branch or of all, by branch, serial number and in the order made."""
        with self._engine.connect() as connection:
            named = [str(one) for one in states]
            return _found(connection, day=day, branch=branch, states=named or None)

    def behind(self, name: str, day: date, branch: str, count: int) -> Several:
        """Give up to ``count`` of a branch's day's tasks whose names come behind ``name``, by name."""
        keys = select(capture_task.c.id, capture_task.c.serial_no, capture_task.c.document_type)
        with self._engine.connect() as connection:
            rows = connection.execute(within(keys, capture_task, day, branch))
            # sorted here: databases differ in which sign comes first
            named = sorted((f"{row.serial_no}/{row.document_type}", row.id) for row in rows)
            wanted = islice((of for told, of in named if told > name), count)
            found = by_id(connection, list(wanted))
        return tuple(sorted(found, key=lambda task: task.name))

    def named(
        self, serial_no: str, document_type: str, day: date | None, branch: str | None
    ) -> CaptureTask:
        """Give one task; raises UserError when there is none, or several days or branches have it."""
        asked = {"serial_no": serial_no, "document_type": document_type}
        with self._engine.connect() as connection:
            found = _found(connection, day=day, branch=branch, **asked)
        return _the_one(found, f"{serial_no}/{document_type}")

    def sources(
        self, customers: Collection[Customer], types: Collection[str], until: date
    ) -> tuple[Source, ...]:
        """Give what is captured of these customers and document types up to a day, by pages of its own."""
        asked = {"until": until, "types": list(types)}
        numbers = sorted({number for number, _ in customers})
        with self._engine.connect() as connection:
            return tuple(
                Source(task, (number, id_no), business)
                for start in range(0, len(numbers), AT_ONCE)
                for task, number, id_no, business in tasks_beside(
                    connection, _SOURCES, {**asked, "numbers": numbers[start : start + AT_ONCE]}
                )
                if (number, id_no) in customers
            )

    def by_ids(self, ids: Collection[str]) -> Several:
        """Give tasks by their identities."""
        with self._engine.connect() as connection:
            return by_id(connection, sorted(ids))

    def days(self, branch: str, first: date, last: date, state: TaskState) -> tuple[date, ...]:
        """Give the days of a window on which a branch has tasks in a state."""
        query = select(capture_task.c.business_date).where(
            capture_task.c.branch == branch,
            capture_task.c.business_date.between(first, last),
            capture_task.c.state == str(state),
        )
        with self._engine.connect() as connection:
            return tuple(sorted(set(connection.execute(query).scalars())))

    def settle(self, day: date, branch: str, plan: Plan, act: str, who: str) -> Several:
        """Do to a branch and day's tasks what ``plan`` tells, whole or not at all; give them afterwards.

        The log keeps one entry under the name ``act``: how many acts of each kind, and a digest of all.
        """
        with self._engine.begin() as connection:
            before = _found(connection, day=day, branch=branch)
            tasks, acts = moved(day, branch, before, plan, who)
            if not acts:
                return before
            enter(connection, before, tasks, acts)
            append(connection, who, act, f"{branch}/{day.isoformat()}", **told(acts))
            release(connection, before, tasks, who)
            return _found(connection, day=day, branch=branch)


def _found(connection: Connection, **asked: Any) -> Several:
    """Give the tasks that have those of the values that are not None; ``asked_by`` knows their names."""
    by = given(**asked)
    return tasks_of(connection, asked_by(*by), by)


def _the_one(found: Several, name: str) -> CaptureTask:
    if not found:
        raise UserError(
            say("There is no task {task}; see “paperproof task list --day DAY”.", task=name)
        )
    if len(found) > 1:
        raise UserError(
            say(
                "Several branches or days have a task {task}; name --branch and --day too.",
                task=name,
            )
        )
    return found[0]
