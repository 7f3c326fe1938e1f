"""The staff register: who is appointed to what, and where; acts are added, never changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, func, insert, select

from catalog.branches import in_hand, successions
from catalog.log import append, append_refused
from catalog.moment import once_a_moment
from catalog.tables import staff
from pipeline.access.acts import Act
from pipeline.access.policy import NotAllowed, Person, decide, insist, must_be_allowed
from pipeline.access.separation import ADMINISTRATORS, conflict
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.staff import (
    APPOINTING,
    ROLES,
    Appointment,
    Role,
    holders,
    in_force,
    person_key,
    without_archivist,
)

_ADD, _END = "add", "end"


class Staff:
    """Appoints people; two at once cannot pass each other by: an act's number is given once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def appointments(self, branch: str | None = None) -> tuple[Appointment, ...]:
        """Give every appointment, ended ones too, oldest first; ``branch``: those that count there."""
        with self._engine.connect() as connection:
            every = _appointments(connection)
        return tuple(one for one in every if branch is None or one.branch in (None, branch))

    def of(self, name: str) -> tuple[Appointment, ...]:
        """Give the appointments of one person as ``in_effect`` does."""
        with self._engine.connect() as connection:
            own = _appointments(connection, person_key(name))
            at_branches = any(one.branch is not None for one in own)
            return successions(connection).with_rights(own) if at_branches else own

    @once_a_moment
    def in_effect(self, branch: str | None = None) -> tuple[Appointment, ...]:
        """Give ``appointments`` with those that reach the branches merged into somebody's own (CG-21c)."""
        with self._engine.connect() as connection:
            every = _in_effect(connection)
        return tuple(one for one in every if branch is None or one.branch in (None, branch))

    def add(
        self, person: str, role: Role, branch: str | None, by: str, teller_no: str | None = None
    ) -> bool:
        """Appoint a person, a teller with a number where one is given; False when that stands already.

        Raises UserError when ``by`` may not or is the person, the place or number does not suit the role, the
        number is another's, or the role may not meet those the person has (CG-07b).
        """
        _must_suit(role, branch, teller_no)
        told = {"role": str(role), "branch": branch}
        with (
            self.refusals_logged(by, "staff.add", person, **told),
            self._engine.begin() as connection,
        ):
            known = _appointments(connection)
            must_be_allowed(known, by, _act_on(known, role))
            _must_be_another(known, person, by)
            standing = _standing(known, person, role)
            if any((one.branch, one.teller_no) == (branch, teller_no) for one in standing):
                return False
            _must_be_free(known, teller_no, branch, person)
            _must_not_meet(known, person, role)
            _enter(connection, _ADD, Appointment(person, role, branch, _now(), None, teller_no), by)
        return True

    def end(
        self, person: str, role: Role, branch: str | None, by: str, teller_no: str | None = None
    ) -> int:
        """End a person's appointments to a role, at one branch or all of them; returns how many.

        ``teller_no``: those with that number alone.
        Raises UserError when there is none, ``by`` may not, or nobody would be left who may appoint: the
        register would bind nobody then.
        """
        with (
            self.refusals_logged(by, "staff.end", person, role=str(role), branch=branch),
            self._engine.begin() as connection,
        ):
            known = _appointments(connection)
            must_be_allowed(known, by, _act_on(known, role))
            ended = [
                one
                for one in _standing(known, person, role)
                if branch in (None, one.branch) and teller_no in (None, one.teller_no)
            ]
            _must_end_well(known, ended, person, role)
            for one in ended:
                _enter(connection, _END, one, by)
        return len(ended)

    def require(
        self,
        person: Person,
        act: Act,
        branch: str | None = None,
        *,
        purpose: str = "",
        granted: bool = False,
    ) -> None:
        """Raise NotAllowed, and log it, unless the person may do an act at ``branch``; None: at all at once.

        Who acts at the command line passes while the register is not in force (``pipeline.staff``).
        """
        session = {"session": person.session} if person.session else {}
        with self.refusals_logged(person.name, str(act), branch or "*", **session):
            if person.session is not None:
                insist(decide(person, act, branch, purpose=purpose, granted=granted))
                return
            known = self.in_effect()
            must_be_allowed(known, person.name, act, branch, purpose=purpose, granted=granted)

    @contextmanager
    def refusals_logged(self, who: str, act: str, subject: str, **told: Any) -> Iterator[None]:
        """Log a refusal in the block, after the act's own transaction was rolled back."""
        try:
            yield
        except NotAllowed as refusal:
            append_refused(self._engine, who, act, subject, refusal.reason, **told)
            raise

    def without_archivist(self, branches: Iterable[str]) -> tuple[str, ...]:
        """Give the branches for which no archivist is appointed (CG-09b).

        Where ``branches`` names none, those are meant that the catalog has streams, pages or staff of.
        """
        with self._engine.connect() as connection:
            known = _in_effect(connection)
            return without_archivist(known, set(branches) or _in_hand(connection, known))


def _in_hand(connection: Connection, known: Iterable[Appointment]) -> set[str]:
    named = {one.branch for one in known if one.branch is not None and one.until is None}
    return named | in_hand(connection)


def _act_on(known: Iterable[Appointment], role: Role) -> Act:
    """Administrators are appointed by the security administrator, as soon as there is one."""
    led = any(one.role is Role.SECURITY_ADMIN and one.until is None for one in known)
    return Act.ADMIN_APPOINT if led and role in ADMINISTRATORS else Act.STAFF_APPOINT


def _must_suit(role: Role, branch: str | None, teller_no: str | None) -> None:
    if branch is not None and role in ADMINISTRATORS | {Role.HEADQUARTERS}:
        raise UserError(
            say("Headquarters stands above all branches; leave --branch out for that role.")
            if role is Role.HEADQUARTERS
            else say(
                "{role} is of no single branch; leave --branch out for that role.",
                role=ROLES[role],
            )
        )
    if role is not Role.TELLER and teller_no is not None:
        raise UserError(say("Only a teller has a teller number; leave --teller out for that role."))


def _must_be_another(known: Iterable[Appointment], person: str, by: str) -> None:
    if in_force(known) and person_key(person) == person_key(by):
        raise NotAllowed(
            say(
                "Nobody appoints themselves; another who may appoint must do it for {person}.",
                person=person,
            ),
            "own appointment",
        )


def _must_not_meet(known: Iterable[Appointment], person: str, role: Role) -> None:
    key = person_key(person)
    held = [one.role for one in known if one.until is None and person_key(one.person) == key]
    why = conflict([*held, role])
    if why is not None:
        raise NotAllowed(
            say(
                "{person} is not registered as {role}: {why}; the attempt is on record. End the other role "
                "first, or appoint somebody else.",
                person=person,
                role=ROLES[role],
                why=why,
            ),
            "separation",
        )


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
    if role in APPOINTING and not in_force(one for one in known if one not in ended):
        raise UserError(
            say(
                "{person} is the last of headquarters; appoint another first, else nobody could.",
                person=person,
            )
            if role is Role.HEADQUARTERS
            else say(
                "{person} is the last who may appoint; appoint another first, else nobody could.",
                person=person,
            )
        )


_ACTS = select(staff).order_by(staff.c.id)
_ACTS_OF = _ACTS.where(staff.c.person_key == bindparam("key"))


def _appointments(connection: Connection, of: str | None = None) -> tuple[Appointment, ...]:
    """Tell the appointments from the acts, in order; ``of``: the key of one person alone."""
    found: dict[tuple[str, str, str | None, str | None], list[Appointment]] = {}
    acts = connection.execute(_ACTS) if of is None else connection.execute(_ACTS_OF, {"key": of})
    for row in acts:
        of_key = found.setdefault((row.person_key, row.role, row.branch, row.teller_no), [])
        if row.kind == _ADD:
            of_key.append(
                Appointment(row.person, Role(row.role), row.branch, row.at, None, row.teller_no)
            )
        else:
            of_key.append(replace(of_key.pop(), until=row.at))
    every = (one for several in found.values() for one in several)
    return tuple(sorted(every, key=lambda one: one.since))


def _in_effect(connection: Connection) -> tuple[Appointment, ...]:
    return successions(connection).with_rights(_appointments(connection))


def end_at(connection: Connection, branch: str, by: str, *, but: Collection[Role] = ()) -> int:
    """End in the caller's transaction who is appointed at one branch alone; gives how many that were."""
    ended = [
        one
        for one in _appointments(connection)
        if one.until is None and one.branch == branch and one.role not in but
    ]
    for one in ended:
        _enter(connection, _END, one, by)
    return len(ended)


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
