"""The staff register: who is appointed to what, and where; acts are added, never changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select

from catalog.branches import in_hand
from catalog.log import append, append_refused
from catalog.tables import staff
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.staff import (
    ROLES,
    Appointment,
    NotAppointed,
    Role,
    holders,
    in_force,
    must_be,
    person_key,
    without_archivist,
)

_ADD, _END = "add", "end"
_APPOINTING = (Role.HEADQUARTERS,)


class Staff:
    """Appoints people and says who may do what."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def appointments(self, branch: str | None = None) -> tuple[Appointment, ...]:
        """Give every appointment, ended ones too, oldest first; ``branch``: those that count there."""
        with self._engine.connect() as connection:
            every = _appointments(connection)
        return tuple(one for one in every if branch is None or one.branch in (None, branch))

    def require(
        self, person: str, role: Role | tuple[Role, ...], branch: str | None = None
    ) -> None:
        """Raise UserError unless the person may act in a role (one of several) at ``branch``; None: at all.

        Lets everybody pass while the register is not in force (``pipeline.staff``).
        """
        roles = _several(role)
        with self._refusal_logged(person, roles, branch), self._engine.connect() as connection:
            must_be(_appointments(connection), person, roles, branch)

    def add(
        self, person: str, role: Role, branch: str | None, by: str, teller_no: str | None = None
    ) -> bool:
        """Appoint a person, a teller with a number where one is given; False when that stands already.

        Raises UserError when ``by`` may not, headquarters is to be of one branch, or the number is another's.
        """
        if role is Role.HEADQUARTERS and branch is not None:
            raise UserError(
                say("Headquarters stands above all branches; leave --branch out for that role.")
            )
        if role is not Role.TELLER and teller_no is not None:
            raise UserError(
                say("Only a teller has a teller number; leave --teller out for that role.")
            )
        with self._refusal_logged(by, _APPOINTING), self._engine.begin() as connection:
            known = _appointments(connection)
            must_be(known, by, _APPOINTING)
            standing = _standing(known, person, role)
            if any((one.branch, one.teller_no) == (branch, teller_no) for one in standing):
                return False
            _must_be_free(known, teller_no, branch, person)
            _enter(connection, _ADD, Appointment(person, role, branch, _now(), None, teller_no), by)
        return True

    def end(
        self, person: str, role: Role, branch: str | None, by: str, teller_no: str | None = None
    ) -> int:
        """End a person's appointments to a role, at one branch or all of them; returns how many.

        ``teller_no``: those with that number alone.

        Raises UserError when there is none, ``by`` may not, or headquarters would be left empty: nobody
        could appoint then, and the register would bind nobody.
        """
        with self._refusal_logged(by, _APPOINTING), self._engine.begin() as connection:
            known = _appointments(connection)
            must_be(known, by, _APPOINTING)
            ended = [
                one
                for one in _standing(known, person, role)
                if branch in (None, one.branch) and teller_no in (None, one.teller_no)
            ]
            _must_end_well(known, ended, person, role)
            for one in ended:
                _enter(connection, _END, one, by)
        return len(ended)

    def without_archivist(self, branches: Iterable[str]) -> tuple[str, ...]:
        """Give the branches for which no archivist is appointed (CG-09b).

        Where ``branches`` names none, those are meant that the catalog has streams, pages or staff of.
        """
        with self._engine.connect() as connection:
            known = _appointments(connection)
            return without_archivist(known, set(branches) or _in_hand(connection, known))

    @contextmanager
    def _refusal_logged(
        self, person: str, roles: tuple[Role, ...], branch: str | None = None
    ) -> Iterator[None]:
        """Log a refusal after the act's own transaction was rolled back."""
        try:
            yield
        except NotAppointed:
            wanted = "/".join(roles)
            append_refused(
                self._engine, person, "staff.refuse", wanted, "not appointed", branch=branch
            )
            raise


def _in_hand(connection: Connection, known: Iterable[Appointment]) -> set[str]:
    named = {one.branch for one in known if one.branch is not None and one.until is None}
    return named | in_hand(connection)


def _several(role: Role | tuple[Role, ...]) -> tuple[Role, ...]:
    return role if isinstance(role, tuple) else (role,)


def _standing(known: Iterable[Appointment], person: str, role: Role) -> list[Appointment]:
    key = person_key(person)
    return [
        one
        for one in known
        if one.until is None and one.role is role and person_key(one.person) == key
    ]


def _must_be_free(
    known: Iterable[Appointment], teller_no: str | None, branch: str | None, person: str
) -> None:
    """Raise UserError when another person has the number at the branch."""
    holder = holders(known, branch).get(teller_no or "")
    if holder is not None and person_key(holder) != person_key(person):
        raise UserError(
            say(
                "Teller number {teller} is registered to {holder}; end that first with “paperproof staff "
                "end {holder} --role teller --teller {teller}”.",
                teller=teller_no,
                holder=holder,
            )
        )


def _must_end_well(
    known: Iterable[Appointment], ended: list[Appointment], person: str, role: Role
) -> None:
    if not ended:
        raise UserError(
            say(
                "{person} has no such appointment as {role}; see “paperproof staff list”.",
                person=person,
                role=ROLES[role],
            )
        )
    if role is Role.HEADQUARTERS and not in_force(one for one in known if one not in ended):
        raise UserError(
            say(
                "{person} is the last of headquarters; appoint another first, else nobody could.",
                person=person,
            )
        )


def _appointments(connection: Connection) -> tuple[Appointment, ...]:
    """Tell the appointments from the acts, in order."""
    found: dict[tuple[str, str, str | None, str | None], list[Appointment]] = {}
    for row in connection.execute(select(staff).order_by(staff.c.id)):
        of_key = found.setdefault((row.person_key, row.role, row.branch, row.teller_no), [])
        if row.kind == _ADD:
            of_key.append(
                Appointment(row.person, Role(row.role), row.branch, row.at, None, row.teller_no)
            )
        else:
            of_key.append(replace(of_key.pop(), until=row.at))
    every = (one for several in found.values() for one in several)
    return tuple(sorted(every, key=lambda one: one.since))


def _enter(connection: Connection, kind: str, of: Appointment, by: str) -> None:
    last = connection.execute(select(func.max(staff.c.id))).scalar() or 0
    connection.execute(
        insert(staff).values(
            id=last + 1,
            kind=kind,
            person=of.person,
            person_key=person_key(of.person),
            role=str(of.role),
            branch=of.branch,
            appointed_by=by,
            at=_now(),
            teller_no=of.teller_no,
        )
    )
    number: dict[str, Any] = {"teller_no": of.teller_no} if of.teller_no else {}
    append(
        connection, by, f"staff.{kind}", of.person, role=str(of.role), branch=of.branch, **number
    )


def _now() -> datetime:
    return datetime.now(UTC)
