"""What may never meet in one account: administration and business, and one administration and another.

CG-07b (系统管理权限应与业务操作权限隔离) and 三员分立 (GB/T 22239-2019, 8.1.5.1-3) in the strict form: every
role is of one side, and all roles of a person are of the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pipeline.language import Message, say
from pipeline.staff import ROLES, Appointment, Role, person_key


class Side(StrEnum):
    """What a role belongs to."""

    BUSINESS = "business"
    SYSTEM = "system"
    SECURITY = "security"
    AUDIT = "audit"


SIDES: Mapping[Side, Message] = {
    Side.BUSINESS: say("Business"),
    Side.SYSTEM: say("System administration"),
    Side.SECURITY: say("Security administration"),
    Side.AUDIT: say("Audit"),
}

SIDE_OF: Mapping[Role, Side] = {
    Role.TELLER: Side.BUSINESS,
    Role.OPERATOR: Side.BUSINESS,
    Role.REVIEWER: Side.BUSINESS,
    Role.ARCHIVIST: Side.BUSINESS,
    Role.HEADQUARTERS: Side.BUSINESS,
    Role.COMPLIANCE: Side.BUSINESS,
    Role.IT: Side.SYSTEM,
    Role.SYSTEM_ADMIN: Side.SYSTEM,
    Role.SECURITY_ADMIN: Side.SECURITY,
    Role.AUDITOR: Side.AUDIT,
    Role.AUDIT_ADMIN: Side.AUDIT,
}
ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})
"""三员."""


def conflict(roles: Iterable[Role]) -> Message | None:
    """Say which of a person's roles may not meet, None when all are of one side."""
    first: dict[Side, Role] = {}
    for role in roles:
        first.setdefault(SIDE_OF[role], role)
    if len(first) < 2:
        return None
    (one_side, one), (other_side, other) = list(first.items())[:2]
    return say(
        "{one} ({one_side}) and {other} ({other_side}) may not meet in one person (CG-07b)",
        one=ROLES[one],
        one_side=SIDES[one_side],
        other=ROLES[other],
        other_side=SIDES[other_side],
    )


@dataclass(frozen=True)
class Holding:
    """A person with every role that stands, and what is wrong with them together."""

    person: str
    roles: tuple[Role, ...]
    conflict: Message | None

    @property
    def sides(self) -> tuple[Side, ...]:
        """The sides that the roles belong to; one, where nothing is wrong."""
        return tuple(dict.fromkeys(SIDE_OF[role] for role in self.roles))


def holdings(appointments: Iterable[Appointment]) -> tuple[Holding, ...]:
    """Return each person who holds a role now, in the order of their first appointment."""
    names: dict[str, str] = {}
    held: dict[str, list[Role]] = {}
    for one in appointments:
        if one.until is None:
            key = person_key(one.person)
            names.setdefault(key, one.person)
            held.setdefault(key, []).append(one.role)
    return tuple(
        Holding(names[key], roles, conflict(roles))
        for key, roles in ((key, tuple(dict.fromkeys(several))) for key, several in held.items())
    )
