"""Capture tasks as rows: how they are read with their acts, and how acts are entered."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, insert, select, update

from catalog.log import append
from catalog.tables import capture_task, task_act
from catalog.within import BRANCH, DAY
from pipeline.staff import person_key
from pipeline.tasks.laying import TaskKey
from pipeline.tasks.planning import Planned
from pipeline.tasks.states import ActKind, CaptureTask, TaskAct, TaskState

Several = tuple[CaptureTask, ...]
Plan = Callable[[Several], Iterable[Planned]]
"""Tells, from a branch and day's tasks, what is to be done to them; it asks the catalog for nothing."""
Acts = Sequence[tuple[Planned, TaskAct]]


def moved(
    day: date, branch: str, before: Several, plan: Plan, who: str
) -> tuple[dict[TaskKey, CaptureTask], Acts]:
    """Give the tasks as ``plan`` leaves them, and its acts; raises UserError where one is not allowed."""
    tasks = {(one.serial_no, one.document_type): one for one in before}
    acts = [(one, _act(one, who)) for one in plan(before)]
    for one, done in acts:
        key = (one.serial_no, one.document_type)
        task = tasks.get(key) or CaptureTask(day, branch, *key)
        tasks[key] = task.with_act(done)
    return tasks, acts


def _act(planned: Planned, who: str) -> TaskAct:
    return TaskAct(planned.kind, who, planned.content, datetime.now(UTC))


def told(acts: Acts) -> dict[str, Any]:
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


def enter(
    connection: Connection, before: Several, tasks: Mapping[TaskKey, CaptureTask], acts: Acts
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


def release(
    connection: Connection, before: Several, tasks: Mapping[TaskKey, CaptureTask], who: str
) -> None:
    """Set back, wherever they are, the tasks that share a paper which was captured and is not any more."""
    gone = [
        one.id
        for one in before
        if one.standing.pages and not tasks[one.serial_no, one.document_type].standing.pages
    ]
    for start in range(0, len(gone), AT_ONCE):
        query = select(capture_task).where(
            capture_task.c.shared_from.in_(gone[start : start + AT_ONCE])
        )
        for task in tasks_of(connection, with_acts(query)):
            lost = Planned(
                task.serial_no, task.document_type, ActKind.LOST, {"reason": "source_gone"}
            )
            key, acts = (task.serial_no, task.document_type), [(lost, _act(lost, who))]
            enter(connection, (task,), {key: task.with_act(acts[0][1])}, acts)
            subject = f"{task.branch}/{task.day.isoformat()}"
            append(connection, who, "task.release", subject, **told(acts))


def by_id(connection: Connection, ids: Sequence[str]) -> Several:
    """Give tasks by their identities."""
    return tuple(
        task
        for start in range(0, len(ids), AT_ONCE)
        for task in tasks_of(
            connection,
            with_acts(
                select(capture_task).where(capture_task.c.id.in_(ids[start : start + AT_ONCE]))
            ),
        )
    )


AT_ONCE = 5_000
"""Values in one query; databases take some 32 000."""
CAPTURED = [str(one) for one in (TaskState.CAPTURED, TaskState.REVIEWED, TaskState.UPLOADED)]
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


def with_acts(query: Select[Any], *beside: ColumnElement[Any]) -> Select[Any]:
    """Give the statement for the tasks of a query with their acts, in the order these were made.

    ``beside``: what else is asked for with each task.
    """
    of_tasks = query.join(task_act, task_act.c.task_id == capture_task.c.id)
    return of_tasks.with_only_columns(*_WHICH, *beside, *_DONE).order_by(task_act.c.id)


_WHICH = (
    *(capture_task.c.branch, capture_task.c.serial_no),
    *(capture_task.c.id, capture_task.c.business_date, capture_task.c.document_type),
)
_DONE = (task_act.c.kind, task_act.c.person, task_act.c.content, task_act.c.at)
_ASKED = {
    "day": capture_task.c.business_date == DAY,
    "branch": capture_task.c.branch == BRANCH,
    "states": capture_task.c.state.in_(bindparam("states", expanding=True)),
    "serial_no": capture_task.c.serial_no == bindparam("serial_no"),
    "document_type": capture_task.c.document_type == bindparam("document_type"),
}


@cache
def asked_by(*names: str) -> Select[Any]:
    """Give the statement for tasks with their acts by the values named, put together once; see ``_ASKED``."""
    return with_acts(select(capture_task).where(*(_ASKED[name] for name in names)))


def tasks_of(
    connection: Connection, query: Select[Any], asked: Mapping[str, Any] | None = None
) -> Several:
    """Give tasks with their acts, those of one transaction in the order they were made.

    ``query`` is one of ``with_acts``, ``asked`` the values of its parameters.
    """
    return tuple(task for task, *_ in tasks_beside(connection, query, asked))


def tasks_beside(
    connection: Connection, query: Select[Any], asked: Mapping[str, Any] | None = None
) -> Iterator[tuple[Any, ...]]:
    """Give tasks as ``tasks_of`` does, each with what was asked for beside."""
    acts: dict[tuple[Any, ...], list[TaskAct]] = {}
    for *which, kind, person, content, at in connection.execute(query, asked or {}):
        acts.setdefault(tuple(which), []).append(TaskAct(ActKind(kind), person, content, at))
    for key, done in sorted(acts.items(), key=lambda task: task[0][:2]):
        branch, serial_no, _, day, document_type, *beside = key
        yield CaptureTask(day, branch, serial_no, document_type, tuple(done)), *beside
