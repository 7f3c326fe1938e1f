"""The keying queue: fields that people are asked for, and everything they did to them.

Acts are only ever added. A task's state is told by its acts (``pipeline.keying.tasks``); the column that
repeats it is written in the transaction of the act and serves counting and choosing alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, bindparam, func, insert, select, update

from catalog.log import append
from catalog.tables import batch, delivery, keying_act, keying_task
from catalog.within import BRANCH, DAY, given
from pipeline.content import Content
from pipeline.errors import UserError
from pipeline.keying.tasks import (
    ENTRIES,
    WAITING,
    Act,
    ActKind,
    Cause,
    Closed,
    KeyingTask,
    State,
    Unreadable,
)
from pipeline.language import say
from pipeline.model import FieldName, identity
from pipeline.staff import person_key

_ALL = Content(tuple[KeyingTask, ...])


def tasks_as_json(tasks: Sequence[KeyingTask]) -> list[dict[str, Any]]:
    """Return tasks as JSON-ready values, every act of theirs."""
    dumped: list[dict[str, Any]] = _ALL.dump(tuple(tasks))
    return dumped


class Keying:
    """Asks people for fields and keeps their answers; nobody can key one field twice."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def ask(self, wanted: Mapping[str, Mapping[FieldName, Cause]], who: str) -> int:
        """Ask for fields of pages (SHA-256 -> field -> why); what was asked for stays as it is.

        Returns how many are new.
        """
        with self._engine.begin() as connection:
            rows = connection.execute(
                select(keying_task.c.sha256, keying_task.c.field).where(
                    keying_task.c.sha256.in_(wanted)
                )
            )
            known = {(row.sha256, row.field) for row in rows}
            fresh = [
                (sha256, name, cause)
                for sha256, causes in wanted.items()
                for name, cause in causes.items()
                if (sha256, name) not in known
            ]
            last = connection.execute(select(func.max(keying_task.c.no))).scalar() or 0
            for no, (sha256, name, cause) in enumerate(fresh, start=last + 1):
                _ask(connection, no, sha256, name, cause, who)
            return len(fresh)

    def task(self, no: int) -> KeyingTask:
        """Give one task; raises UserError when there is none of this number."""
        with self._engine.connect() as connection:
            return _task(connection, no)

    def tasks(
        self, day: date | None = None, branch: str | None = None, *, states: Sequence[State] = ()
    ) -> tuple[KeyingTask, ...]:
        """Give the tasks of pages of a day and branch, of all where they are None, in order."""
        named = [str(one) for one in states]
        with self._engine.connect() as connection:
            return _tasks(connection, day=day, branch=branch, states=named or None)

    def counts(self, day: date | None = None, branch: str | None = None) -> dict[State, int]:
        """Give how many tasks are in each state; every state is there."""
        found = Counter(task.state for task in self.tasks(day, branch))
        return {state: found[state] for state in State}

    def waiting_for(
        self, person: str, day: date | None = None, branch: str | None = None
    ) -> tuple[KeyingTask, ...]:
        """Give the tasks that this person may key, in order."""
        waiting = self.tasks(day, branch, states=WAITING)
        return tuple(task for task in waiting if task.waits_for(person))

    def look(self, no: int, person: str) -> KeyingTask:
        """Give a task to someone who will see what is in it.

        That the entries of others were shown to whoever is to decide is entered as an act: from then on
        they are not taken back.
        """
        with self._engine.begin() as connection:
            task = _task(connection, no)
            seen = any(act.kind is ActKind.LOOK and act.is_by(person) for act in task.acts)
            if task.decided_by(person) and not seen:
                return _act(connection, task, Act(person, ActKind.LOOK))
            return task

    def enter(self, no: int, person: str, value: str) -> KeyingTask:
        """Keep a value, in its plain form, that this person keyed.

        Raises UserError when there is no such task, it is done, or this person has keyed it.
        """
        return self._answer(no, Act(person, ActKind.VALUE, value))

    def cannot(self, no: int, person: str, why: Unreadable) -> KeyingTask:
        """Keep that this person cannot read the field; raises UserError as ``enter`` does."""
        return self._answer(no, Act(person, ActKind.CANNOT, str(why)))

    def reopen(self, no: int, person: str) -> KeyingTask:
        """Have a field that was given up keyed anew; raises UserError when it was not given up."""
        with self._engine.begin() as connection:
            task = _task(connection, no)
            task.must_be_given_up()
            return _act(connection, task, Act(person, ActKind.REOPEN))

    def close(self, no: int, why: Closed, who: str) -> bool:
        """Close a task for which a later reading needs nobody; False when it may not be closed now."""
        with self._engine.begin() as connection:
            task = _task(connection, no)
            if not task.may_be_closed:
                return False
            _act(connection, task, Act(who, ActKind.CLOSE, str(why)))
            return True

    def undo(self, person: str) -> KeyingTask:
        """Take this person's last standing entry back; raises UserError when that may not be."""
        with self._engine.begin() as connection:
            task = _last_entered(connection, person)
            task.must_be_undoable(person)
            return _act(connection, task, Act(person, ActKind.UNDO))

    def undoable(self, person: str, since: datetime) -> KeyingTask | None:
        """Give the task whose entry ``undo`` would take back; None: there is none, or it is older."""
        try:
            with self._engine.connect() as connection:
                task = _last_entered(connection, person, since)
            task.must_be_undoable(person)
        except UserError:
            return None
        return task

    def _answer(self, no: int, act: Act) -> KeyingTask:
        with self._engine.begin() as connection:
            task = _task(connection, no)
            task.must_wait_for(act.person)
            return _act(connection, task, act)


def _ask(
    connection: Connection, no: int, sha256: str, name: FieldName, cause: Cause, who: str
) -> None:
    connection.execute(
        insert(keying_task).values(
            no=no,
            sha256=sha256,
            field=str(name),
            cause=str(cause),
            state=str(State.OPEN),
            at=datetime.now(UTC),
        )
    )
    append(connection, who, "keying.ask", sha256, task=no, field=str(name), cause=str(cause))


_TASKS = select(
    keying_task,
    batch.c.branch,
    batch.c.business_date,
    batch.c.name.label("batch_name"),
    delivery.c.name.label("page_name"),
).select_from(
    keying_task.join(
        delivery,
        (delivery.c.sha256 == keying_task.c.sha256) & (delivery.c.state == "admitted"),
    ).join(batch, batch.c.id == delivery.c.batch_id)
)


_ASKED = {
    "day": batch.c.business_date == DAY,
    "branch": batch.c.branch == BRANCH,
    "states": keying_task.c.state.in_(bindparam("states", expanding=True)),
    "no": keying_task.c.no == bindparam("no"),
}


@cache
def _asked_by(*names: str) -> tuple[Select[Any], Select[Any]]:
    """Give the statements for tasks by the values named, and for their acts, put together once."""
    tasks = _TASKS.where(*(_ASKED[name] for name in names))
    wanted = tasks.with_only_columns(keying_task.c.no)
    acts = select(keying_act).where(keying_act.c.task_no.in_(wanted)).order_by(keying_act.c.id)
    return tasks.order_by(keying_task.c.no, delivery.c.at, delivery.c.id), acts


def _tasks(connection: Connection, **asked: Any) -> tuple[KeyingTask, ...]:
    """Give the tasks that have those of the values that are not None, with their acts.

    A page delivered several times stands under its first name.
    """
    by = given(**asked)
    tasks, of_tasks = _asked_by(*by)
    first: dict[int, Row[Any]] = {}
    for row in connection.execute(tasks, by):
        first.setdefault(row.no, row)
    if not first:
        return ()
    acts: dict[int, list[Act]] = {no: [] for no in first}
    for row in connection.execute(of_tasks, by):
        acts[row.task_no].append(Act(row.person, ActKind(row.kind), row.content, row.at))
    return tuple(
        KeyingTask(
            no=row.no,
            page_id=row.sha256,
            field=FieldName(row.field),
            cause=Cause(row.cause),
            acts=tuple(acts[row.no]),
            branch=row.branch,
            day=row.business_date,
            page=row.page_name,
            batch=row.batch_name,
        )
        for row in first.values()
    )


def _task(connection: Connection, no: int) -> KeyingTask:
    found = _tasks(connection, no=no)
    if not found:
        raise UserError(say("There is no task {no}; see “paperproof key list”.", no=no))
    return found[0]


def _last_entered(connection: Connection, person: str, since: datetime | None = None) -> KeyingTask:
    """The task of this person's last entry that still stands, made since a moment (None: ever)."""
    of_person = select(keying_act.c.task_no).where(keying_act.c.person_key == person_key(person))
    entered = of_person.where(keying_act.c.kind.in_([str(kind) for kind in ENTRIES]))
    if since is not None:
        entered = entered.where(keying_act.c.at >= since)
    for no in connection.execute(entered.order_by(keying_act.c.id.desc())).scalars():
        task = _task(connection, no)
        if any(entry.is_by(person) for entry in task.entries):
            return task
    raise UserError(
        say(
            "{person} has no entry that could be undone; “paperproof key show N” tells what became of a "
            "task.",
            person=person,
        )
    )


def _act(connection: Connection, task: KeyingTask, act: Act) -> KeyingTask:
    """Enter an act, the state it leads to, and its log line."""
    done = replace(act, at=datetime.now(UTC))
    after = replace(task, acts=(*task.acts, done))
    last = connection.execute(select(func.max(keying_act.c.id))).scalar() or 0
    row = {
        "id": last + 1,
        "task_no": task.no,
        "person": act.person,
        "person_key": person_key(act.person),
        "kind": str(act.kind),
        "content": act.content,
    }
    connection.execute(insert(keying_act).values(at=done.at, **row))
    connection.execute(
        update(keying_task).where(keying_task.c.no == task.no).values(state=str(after.state))
    )
    append(
        connection,
        act.person,
        f"keying.{act.kind}",
        task.page_id,
        task=task.no,
        digest=identity(*row.values()),
        state=str(after.state),
    )
    return after
