"""Accounts as administrators look at them: how each stands, what its person may do, when it was last used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from catalog.catalog import Catalog
from catalog.credentials import Credential
from pipeline.access.accounts import ACCOUNT_STATES, Account, AccountState
from pipeline.language import Message, say
from pipeline.staff import Appointment, person_key


class Standing(StrEnum):
    """How an account stands when failures are looked at too."""

    OPEN = "open"
    LOCKED = "locked"
    FAILURES = "failures"
    """Locked for a while by wrong passwords or codes."""
    ENDED = "ended"


STANDINGS: Mapping[Standing, Message] = {
    Standing.OPEN: ACCOUNT_STATES[AccountState.OPEN],
    Standing.LOCKED: ACCOUNT_STATES[AccountState.LOCKED],
    Standing.FAILURES: say("locked by failures"),
    Standing.ENDED: ACCOUNT_STATES[AccountState.ENDED],
}


@dataclass(frozen=True)
class AccountLine:
    """One account."""

    account: Account
    credential: Credential | None
    """None: the account is ended, or lost what proved it when the catalog was made again."""
    roles: tuple[Appointment, ...]
    """The person's appointments that stand."""
    last_seen: datetime | None
    standing: Standing

    @property
    def has_second_factor(self) -> bool:
        """Whether a code or a device is asked for at each log-in."""
        return self.credential is not None and self.credential.has_second_factor


def account_lines(catalog: Catalog, at: datetime) -> tuple[AccountLine, ...]:
    """Give every account as it stands at a moment, ended ones too, oldest first."""
    credentials, seen = catalog.credentials.all(), catalog.web_sessions.last_seen()
    roles: dict[str, list[Appointment]] = {}
    for one in catalog.staff.appointments():
        if one.until is None:
            roles.setdefault(person_key(one.person), []).append(one)
    return tuple(
        AccountLine(
            one,
            credentials.get(one.key),
            tuple(roles.get(one.key, ())),
            seen.get(one.key),
            _standing(one, credentials.get(one.key), at),
        )
        for one in catalog.accounts.all()
    )


def _standing(account: Account, held: Credential | None, at: datetime) -> Standing:
    if account.state is AccountState.OPEN and held is not None and held.locked_at(at):
        return Standing.FAILURES
    return Standing(account.state.value)
