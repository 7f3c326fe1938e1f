"""Which booked rows their handlers confirmed; taking one back is an act of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

from sqlalchemy import Connection, Engine, func, insert, select

from catalog.log import append
from catalog.tables import row_confirmation
from catalog.within import BRANCH, DAY, within
from pipeline.model import Transaction
from pipeline.staff import person_key
from pipeline.tasks.confirming import Confirmation, confirmed, row_digest

_CONFIRM, _UNDO = "confirm", "undo"


class Confirmations:
    """Keeps confirmations; each with its log line in one transaction (rule R5)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of_day(self, day: date, branch: str) -> tuple[Confirmation, ...]:
        """Give the confirmations of a branch and day that stand, those of rows changed since too."""
        with self._engine.connect() as connection:
            return _standing(connection, day, branch)

    def confirm(self, rows: Sequence[Transaction], person: str) -> int:
        """Confirm rows of one branch and day; returns how many were not confirmed as they are now."""
        return self._enter(_CONFIRM, rows, person)

    def undo(self, rows: Sequence[Transaction], person: str) -> int:
        """Take confirmations back; returns how many stood."""
        return self._enter(_UNDO, rows, person)

    def _enter(self, kind: str, rows: Sequence[Transaction], person: str) -> int:
        if not rows:
            return 0
        day, branch = rows[0].business_date, rows[0].handling_branch
        with self._engine.begin() as connection:
            known = confirmed(rows, _standing(connection, day, branch))
            wanted = [row for row in rows if (row.serial_no in known) is (kind == _UNDO)]
            last = connection.execute(select(func.max(row_confirmation.c.id))).scalar() or 0
            for number, row in enumerate(wanted, start=last + 1):
                connection.execute(
                    insert(row_confirmation).values(
                        id=number,
                        business_date=day,
                        branch=branch,
                        serial_no=row.serial_no,
                        row=row_digest(row),
                        kind=kind,
                        person=person,
                        person_key=person_key(person),
                        at=datetime.now(UTC),
                    )
                )
                append(connection, person, f"row.{kind}", row.serial_no, row=row_digest(row))
        return len(wanted)


_OF_DAY = within(select(row_confirmation), row_confirmation, DAY, BRANCH).order_by(
    row_confirmation.c.id
)


def _standing(connection: Connection, day: date, branch: str) -> tuple[Confirmation, ...]:
    found: dict[str, Confirmation] = {}
    for row in connection.execute(_OF_DAY, {"day": day, "branch": branch}):
        found.pop(row.serial_no, None)
        if row.kind == _CONFIRM:
            found[row.serial_no] = Confirmation(row.serial_no, row.row, row.person, row.at)
    return tuple(found.values())
