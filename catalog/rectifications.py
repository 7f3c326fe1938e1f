"""Rectification tasks and every step taken with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select

from catalog.log import append
from catalog.tables import rectification, rectification_step
from pipeline.custody import Check, Difference
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.rectification import Rectification, Step, StepTaken


class Rectifications:
    """Keeps what is to be put right; steps are only added."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self, branch: str | None = None) -> Sequence[Rectification]:
        """Give the tasks of a branch (None: of all), closed ones too, in order."""
        with self._engine.connect() as connection:
            return [one for one in _read(connection) if branch in (None, one.branch)]

    def one(self, no: int) -> Rectification:
        """Give one task; raises UserError when there is none of this number."""
        with self._engine.connect() as connection:
            return _one(connection, no)

    def take(self, no: int, step: Step, evidence: str, by: str) -> Rectification:
        """Enter a step; raises UserError as ``Rectification.may`` does."""
        with self._engine.begin() as connection:
            _one(connection, no).may(step, by)
            last = connection.execute(select(func.max(rectification_step.c.id))).scalar() or 0
            values: dict[str, Any] = {"step": str(step), "evidence": evidence, "person": by}
            connection.execute(
                insert(rectification_step).values(
                    id=last + 1, no=no, at=datetime.now(UTC), **values
                )
            )
            append(connection, by, f"rectification.{step}", str(no))
        return self.one(no)


def enter_tasks(
    connection: Connection,
    check: Check,
    differences: Iterable[Difference],
    owner: str,
    due: datetime,
) -> None:
    """Make a task of each difference, inside the caller's transaction."""
    last = connection.execute(select(func.max(rectification.c.no))).scalar() or 0
    rows = [
        {
            "no": last + place,
            "check_no": check.no,
            "branch": check.branch,
            "entry": one.entry,
            "kind": str(one.kind),
            "owner": owner,
            "due": due,
        }
        for place, one in enumerate(differences, 1)
    ]
    if rows:
        connection.execute(insert(rectification), rows)


def _one(connection: Connection, no: int) -> Rectification:
    found = [one for one in _read(connection) if one.no == no]
    if not found:
        raise UserError(say("There is no task {no}; see “paperproof archive task list”.", no=no))
    return found[0]


def _read(connection: Connection) -> list[Rectification]:
    steps: dict[int, list[StepTaken]] = {}
    for row in connection.execute(select(rectification_step).order_by(rectification_step.c.id)):
        taken = StepTaken(Step(row.step), row.evidence, row.person, row.at)
        steps.setdefault(row.no, []).append(taken)
    return [
        Rectification(
            row.no,
            row.check_no,
            row.branch,
            row.entry,
            row.kind,
            row.owner,
            row.due,
            tuple(steps.get(row.no, ())),
        )
        for row in connection.execute(select(rectification).order_by(rectification.c.no))
    ]
