"""The capture tasks of each transaction, and everything that was done to them.

Acts are only ever added. Where a task stands is told by its acts (``pipeline.tasks.states``); the columns
that repeat it are written in the transaction of the act and serve choosing alone.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine, Row, Select, func, insert, select, update

from catalog.log import append
from catalog.tables import booked, capture_task, task_act
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.staff import person_key
from pipeline.tasks.laying import TaskKey
from pipeline.tasks.planning import Planned
from pipeline.tasks.sharing import Customer, Source
from pipeline.tasks.states import ActKind, CaptureTask, TaskAct, TaskState

Several = tuple[CaptureTask, ...]
Plan = Callable[[Several], Iterable[Planned]]
"""Tells, from a branch and day's tasks, what is to be done to them."""


_Acts = Sequence[tuple[Planned, TaskAct]]
_ALL = TypeAdapter(tuple[CaptureTask, ...])


def tasks_as_text(tasks: Several) -> str:
    """Return tasks as JSON, every act of theirs."""
    return json.dumps(_ALL.dump_python(tasks, mode="json"), ensure_ascii=False, sort_keys=True)


class Tasks:
    """Makes tasks, enters what is done to them, and gives them with their whole history."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of_day(
        self, day: date, branch: str | None = None, *, states: Sequence[TaskState] = ()
    ) -> Several:
        """Give a day's tasks, of one branch or of all, by branch, serial number and in the order made."""
        query = select(capture_task).where(capture_task.c.business_date == day)
        if branch is not None:
            query = query.where(capture_task.c.branch == branch)
        if states:
            query = query.where(capture_task.c.state.in_([str(one) for one in states]))
        with self._engine.connect() as connection:
            return _tasks(connection, query)

    def named(
        self, serial_no: str, document_type: str, day: date | None, branch: str | None
    ) -> CaptureTask:
        """Give one task; raises UserError when there is none, or several days or branches have it."""
        query = select(capture_task).where(
            capture_task.c.serial_no == serial_no, capture_task.c.document_type == document_type
        )
        if day is not None:
            query = query.where(capture_task.c.business_date == day)
        if branch is not None:
            query = query.where(capture_task.c.branch == branch)
        with self._engine.connect() as connection:
            found = _tasks(connection, query)
        return _the_one(found, f"{serial_no}/{document_type}")

    def sources(
        self, customers: Collection[Customer], types: Collection[str], until: date
    ) -> tuple[Source, ...]:
        """Give what is captured of these customers and document types up to a day, by pages of its own."""
        query = (
            select(capture_task.c.id, booked.c.customer_no, booked.c.id_no, booked.c.business_code)
            .join(
                booked,
                (booked.c.business_date == capture_task.c.business_date)
                & (booked.c.handling_branch == capture_task.c.branch)
                & (booked.c.serial_no == capture_task.c.serial_no),
            )
            .where(
                capture_task.c.business_date <= until,
                capture_task.c.document_type.in_(list(types)),
                capture_task.c.state.in_(_CAPTURED),
                capture_task.c.shared_from.is_(None),
            )
        )
        numbers = sorted({number for number, _ in customers})
        with self._engine.connect() as connection:
            found = {
                row.id: ((row.customer_no, row.id_no), row.business_code)
                for start in range(0, len(numbers), _AT_ONCE)
                for row in connection.execute(
                    query.where(booked.c.customer_no.in_(numbers[start : start + _AT_ONCE]))
                )
            }
            tasks = _by_id(connection, sorted(found))
        return tuple(Source(one, *found[one.id]) for one in tasks if found[one.id][0] in customers)

    def settle(self, day: date, branch: str, plan: Plan, act: str, who: str) -> Several:
        """Do to a branch and day's tasks what ``plan`` tells, whole or not at all; give them afterwards.

        The log keeps one entry under the name ``act``: how many acts of each kind, and a digest of all.
        """
        with self._engine.begin() as connection:
            of_day = select(capture_task).where(
                capture_task.c.business_date == day, capture_task.c.branch == branch
            )
            before = _tasks(connection, of_day)
            tasks, acts = _moved(day, branch, before, plan, who)
            if not acts:
                return before
            _enter(connection, before, tasks, acts)
            append(connection, who, act, f"{branch}/{day.isoformat()}", **_told(acts))
            _release(connection, before, tasks, who)
            return _tasks(connection, of_day)


class ForeseenTasks(Tasks):
    """Tasks on which acts are tried: what they lead to is remembered, and nothing is entered."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._tried: dict[tuple[date, str], Several] = {}

    def of_day(
        self, day: date, branch: str | None = None, *, states: Sequence[TaskState] = ()
    ) -> Several:
        """Give a day's tasks as they would stand."""
        known = self._tried.get((day, branch)) if branch is not None else None
        if known is None:
            return super().of_day(day, branch, states=states)
        return tuple(task for task in known if not states or task.state in states)

    def sources(
        self, customers: Collection[Customer], types: Collection[str], until: date
    ) -> tuple[Source, ...]:
        """Give what is captured, and what would be."""
        found = {one.task.id: one for one in super().sources(customers, types, until)}
        for (day, branch), tasks in self._tried.items():
            booked_for = self._booked_for(day, branch)
            for task in tasks:
                found.pop(task.id, None)
                customer, business = booked_for.get(task.serial_no, (None, ""))
                asked = customer in customers and task.document_type in types
                if customer is not None and asked and task.standing.pages:
                    found[task.id] = Source(task, customer, business)
        return tuple(found.values())

    def _booked_for(self, day: date, branch: str) -> dict[str, tuple[Customer, str]]:
        """Serial number -> the customer and the business of a branch and day's transactions."""
        query = select(
            booked.c.serial_no, booked.c.customer_no, booked.c.id_no, booked.c.business_code
        ).where(booked.c.business_date == day, booked.c.handling_branch == branch)
        with self._engine.connect() as connection:
            return {
                row.serial_no: ((row.customer_no, row.id_no), row.business_code)
                for row in connection.execute(query)
            }

    def settle(self, day: date, branch: str, plan: Plan, _act: str, who: str) -> Several:
        """Give a branch and day's tasks as they would stand after ``plan``."""
        tasks, _ = _moved(day, branch, self.of_day(day, branch), plan, who)
        self._tried[day, branch] = tuple(tasks.values())
        return self._tried[day, branch]


def _moved(
    day: date, branch: str, before: Several, plan: Plan, who: str
) -> tuple[dict[TaskKey, CaptureTask], _Acts]:
    """Give the tasks as ``plan`` leaves them, and its acts; raises UserError where one is not allowed."""
    tasks = {(one.serial_no, one.document_type): one for one in before}
    acts = [(one, _act(one, who)) for one in plan(before)]
    for one, done in acts:
        key = (one.serial_no, one.document_type)
        task = tasks.get(key) or CaptureTask(day, branch, *key)
        tasks[key] = task.with_act(done)
    return tasks, acts


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


def _act(planned: Planned, who: str) -> TaskAct:
    return TaskAct(planned.kind, who, planned.content, datetime.now(UTC))


def _told(acts: _Acts) -> dict[str, Any]:
    """What the log keeps of acts: how many of each kind, the SHA-256 of them all, a single one's task."""
    kinds = Counter(str(one.kind) for one, _ in acts)
    text = json.dumps(
        [[p.serial_no, p.document_type, str(a.kind), dict(a.content)] for p, a in acts],
        ensure_ascii=False,
        sort_keys=True,
    )
    named = {f"{one.serial_no}/{one.document_type}" for one, _ in acts}
    return {
        "acts": dict(kinds),
        "digest": hashlib.sha256(text.encode()).hexdigest(),
        **({"task": named.pop()} if len(named) == 1 else {}),
    }


def _enter(
    connection: Connection, before: Several, tasks: Mapping[TaskKey, CaptureTask], acts: _Acts
) -> None:
    """Add the acts, and bring the columns of the tasks that they moved up to date."""
    known = {(one.serial_no, one.document_type): one for one in before}
    moved = [task for key, task in tasks.items() if known.get(key) != task]
    fresh = [task for task in moved if (task.serial_no, task.document_type) not in known]
    if fresh:
        connection.execute(insert(capture_task), [_row(one) for one in fresh])
    for task in moved:
        if (task.serial_no, task.document_type) in known:
            row = _row(task)
            changed = {name: row[name] for name in _INDEX}
            connection.execute(
                update(capture_task).where(capture_task.c.id == row["id"]).values(changed)
            )
    last = connection.execute(select(func.max(task_act.c.id))).scalar() or 0
    rows = [
        _act_row(no, tasks[one.serial_no, one.document_type].id, act)
        for no, (one, act) in enumerate(acts, start=last + 1)
    ]
    connection.execute(insert(task_act), rows)


def _release(
    connection: Connection, before: Several, tasks: Mapping[TaskKey, CaptureTask], who: str
) -> None:
    """Set back, wherever they are, the tasks that share a paper which was captured and is not any more."""
    gone = [
        one.id
        for one in before
        if one.standing.pages and not tasks[one.serial_no, one.document_type].standing.pages
    ]
    for start in range(0, len(gone), _AT_ONCE):
        query = select(capture_task).where(
            capture_task.c.shared_from.in_(gone[start : start + _AT_ONCE])
        )
        for task in _tasks(connection, query):
            lost = Planned(
                task.serial_no, task.document_type, ActKind.LOST, {"reason": "source_gone"}
            )
            key, acts = (task.serial_no, task.document_type), [(lost, _act(lost, who))]
            _enter(connection, (task,), {key: task.with_act(acts[0][1])}, acts)
            subject = f"{task.branch}/{task.day.isoformat()}"
            append(connection, who, "task.release", subject, **_told(acts))


def _by_id(connection: Connection, ids: Sequence[str]) -> Several:
    return tuple(
        task
        for start in range(0, len(ids), _AT_ONCE)
        for task in _tasks(
            connection,
            select(capture_task).where(capture_task.c.id.in_(ids[start : start + _AT_ONCE])),
        )
    )


_AT_ONCE = 5_000
"""Values in one query; databases take some 32 000."""
_CAPTURED = [str(one) for one in (TaskState.CAPTURED, TaskState.REVIEWED, TaskState.UPLOADED)]
_INDEX = ("need", "medium", "fresh", "profile_version", "state", "shared_from")
"""Columns that repeat what the acts tell."""


def _row(task: CaptureTask) -> dict[str, Any]:
    standing = task.standing
    return {
        "id": task.id,
        "business_date": task.day,
        "branch": task.branch,
        "serial_no": task.serial_no,
        "document_type": task.document_type,
        "need": str(standing.need),
        "medium": str(standing.medium),
        "fresh": standing.fresh,
        "profile_version": standing.profile,
        "state": str(standing.state),
        "made_at": task.acts[0].at,
        "shared_from": standing.shared_from,
    }


def _act_row(no: int, task: str, act: TaskAct) -> dict[str, Any]:
    return {
        "id": no,
        "task_id": task,
        "kind": str(act.kind),
        "person": act.person,
        "person_key": person_key(act.person),
        "content": dict(act.content),
        "at": act.at,
    }


def _tasks(connection: Connection, query: Select[Any]) -> Several:
    """Give tasks with their acts, those of one transaction in the order they were made."""
    acts: dict[str, list[TaskAct]] = {}
    wanted = query.with_only_columns(capture_task.c.id)
    of_tasks = select(task_act).where(task_act.c.task_id.in_(wanted)).order_by(task_act.c.id)
    for row in connection.execute(of_tasks):
        acts.setdefault(row.task_id, []).append(_told_act(row))
    order = {task: place for place, task in enumerate(acts)}
    rows = sorted(
        connection.execute(query), key=lambda row: (row.branch, row.serial_no, order[row.id])
    )
    return tuple(
        CaptureTask(
            row.business_date, row.branch, row.serial_no, row.document_type, tuple(acts[row.id])
        )
        for row in rows
    )


def _told_act(row: Row[Any]) -> TaskAct:
    return TaskAct(ActKind(row.kind), row.person, row.content, row.at)
