"""Who is who: the people of headquarters and branches, and the roles they are appointed to.

Roles and who appoints are those of the rules for brokerages' customer records (CG-09, CG-14, CG-15).
While nobody is appointed who may appoint others (headquarters, a security administrator) the register is not
in force and binds nobody, so that a fresh workspace works; from the first one on it binds everywhere.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.values import half_width


class Role(StrEnum):
    """What a person is appointed to; the words are those of a discrepancy's owner."""

    OPERATOR = "scan_operator"
    TELLER = "teller"
    REVIEWER = "reviewer"
    ARCHIVIST = "archivist"
    HEADQUARTERS = "headquarters"
    IT = "it"
    COMPLIANCE = "compliance"
    AUDITOR = "auditor"
    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    AUDIT_ADMIN = "audit_admin"


ROLES: Mapping[str, Message] = {
    Role.TELLER: say("Teller (handler)"),
    Role.OPERATOR: say("Scan operator"),
    Role.REVIEWER: say("Reviewer"),
    Role.ARCHIVIST: say("Archivist"),
    Role.HEADQUARTERS: say("Headquarters"),
    Role.IT: say("IT"),
    Role.COMPLIANCE: say("Compliance"),
    Role.AUDITOR: say("Auditor"),
    Role.SYSTEM_ADMIN: say("System administrator"),
    Role.SECURITY_ADMIN: say("Security administrator"),
    Role.AUDIT_ADMIN: say("Audit administrator"),
}


@dataclass(frozen=True)
class Appointment:
    """A person in a role, at one branch or at all."""

    person: str
    role: Role
    branch: str | None
    """None: at every branch."""
    since: datetime
    until: datetime | None = None
    """When it was ended; None while it stands."""
    teller_no: str | None = None
    """The number under which the business system knows the person, of a teller; one may have several."""


APPOINTING = frozenset({Role.HEADQUARTERS, Role.SECURITY_ADMIN})
"""Who may appoint others; without any of them nobody could."""


def in_force(appointments: Iterable[Appointment]) -> bool:
    """Whether the register binds: somebody is appointed who may appoint others."""
    return any(one.role in APPOINTING and one.until is None for one in appointments)


def holders(appointments: Iterable[Appointment], branch: str | None) -> dict[str, str]:
    """Return teller number -> the person who has it at ``branch``; None: at any branch."""
    return {
        one.teller_no: one.person
        for one in appointments
        if one.until is None and one.teller_no and (branch is None or one.branch in (None, branch))
    }


def without_archivist(
    appointments: Iterable[Appointment], branches: Iterable[str]
) -> tuple[str, ...]:
    """Return the branches for which no archivist is appointed (CG-09b)."""
    kept = {one.branch for one in appointments if one.role is Role.ARCHIVIST and one.until is None}
    return () if None in kept else tuple(sorted(set(branches) - kept))


def person_key(name: str) -> str:
    """What tells persons apart: their names without width, case and blanks."""
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def checked_person(name: str) -> str:
    """Return a person's name with its blanks made one; raises UserError when it is none."""
    clean = half_width(name)
    if not clean or not clean.isprintable():
        raise UserError(say("“{name}” is no name of a person; write it out.", name=name))
    return clean
