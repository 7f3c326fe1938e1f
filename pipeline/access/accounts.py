"""An account is one person: made, locked, unlocked, reset and ended by acts, never shared (CG-19f)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.staff import ROLES, checked_person, person_key


class AccountState(StrEnum):
    """How an account stands."""

    OPEN = "open"
    LOCKED = "locked"
    ENDED = "ended"


ACCOUNT_STATES: Mapping[AccountState, Message] = {
    AccountState.OPEN: say("active"),
    AccountState.LOCKED: say("locked"),
    AccountState.ENDED: say("ended"),
}


class AccountActKind(StrEnum):
    """What an administrator does to an account."""

    ADD = "add"
    LOCK = "lock"
    UNLOCK = "unlock"
    RESET = "reset"
    """A new one-time password."""
    FACTOR = "factor"
    """The second factor is taken away."""
    END = "end"


@dataclass(frozen=True)
class AccountAct:
    """One act on an account."""

    kind: AccountActKind
    person: str
    by: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True)
class Account:
    """A person's account as it stands."""

    person: str
    key: str
    state: AccountState
    since: datetime
    """When it was made."""
    made_by: str
    changed_at: datetime


_STATE_AFTER = {
    AccountActKind.ADD: AccountState.OPEN,
    AccountActKind.LOCK: AccountState.LOCKED,
    AccountActKind.UNLOCK: AccountState.OPEN,
    AccountActKind.END: AccountState.ENDED,
}
_SHARED = frozenset(
    (
        *("admin", "administrator", "root", "system", "test", "guest", "user", "demo"),
        *("operator", "public", "shared", "office", "管理员", "测试", "公用", "共享"),
        *("前台", "柜台", "营业部", "值班", "访客", "用户"),
    )
)
"""What accounts of several people are called."""


def accounts_of(acts: Iterable[AccountAct]) -> dict[str, Account]:
    """Return the accounts that acts, in their order, leave behind, by person key."""
    found: dict[str, Account] = {}
    for act in acts:
        key = person_key(act.person)
        before = found.get(key)
        if before is None or act.kind is AccountActKind.ADD:
            found[key] = Account(act.person, key, AccountState.OPEN, act.at, act.by, act.at)
        else:
            state = _STATE_AFTER.get(act.kind, before.state)
            found[key] = Account(before.person, key, state, before.since, before.made_by, act.at)
    return found


def checked_account_name(name: str) -> str:
    """Return the name of one person; raises UserError for what several people would share (CG-19f)."""
    clean = checked_person(name)
    roles = {
        person_key(title.in_language(lang)) for title in ROLES.values() for lang in ("zh", "en")
    }
    if person_key(clean) in _SHARED | roles:
        raise UserError(
            say(
                "“{name}” is no name of a single person; accounts are never shared, write the person's "
                "own name.",
                name=clean,
            )
        )
    return clean
