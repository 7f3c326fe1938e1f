"""What administrators do to accounts: the system's makes and resets, the security's takes factors away.

Two administrators share it so that neither can take another's account over alone: a new password leaves the
second factor, and who takes the factor away gets no password (三员分立).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from catalog.accounts import AccountRegister
from flows.access import Guard
from pipeline.access.accounts import AccountAct, AccountActKind, checked_account_name
from pipeline.access.acts import Act
from pipeline.access.passwords import Hasher, one_time_password
from pipeline.access.policy import NotAllowed
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.staff import Role, person_key


@dataclass(frozen=True)
class AccountActs:
    """What one administrator does to the accounts of others."""

    guard: Guard
    hasher: Hasher = field(default_factory=Hasher)

    def add(self, name: str, at: datetime) -> str:
        """Make an account; returns its one-time password, which is kept nowhere."""
        person = checked_account_name(name)
        self.guard.require(Act.ACCOUNT_ADD)
        password = one_time_password()
        act = self._act(AccountActKind.ADD, person, at)
        self._register.add((act, self.hasher.hashed(password)))
        return password

    def reset(self, name: str, reason: str, at: datetime) -> str:
        """Give a new one-time password; a second factor stays. Returns the password."""
        self._may(Act.ACCOUNT_CHANGE, name)
        password = one_time_password()
        act = self._act(AccountActKind.RESET, name, at, reason)
        self._register.change(act, self.hasher.hashed(password))
        return password

    def lock(self, name: str, reason: str, at: datetime) -> None:
        """Lock an account until it is unlocked."""
        self._change(AccountActKind.LOCK, name, reason, at)

    def unlock(self, name: str, reason: str, at: datetime) -> None:
        """Unlock an account, whether it was locked by hand or by failures."""
        self._change(AccountActKind.UNLOCK, name, reason, at)

    def end(self, name: str, reason: str, at: datetime) -> None:
        """End an account; its record stays. Appointments are ended in the staff register."""
        self._change(AccountActKind.END, name, reason, at)

    def take_factor_away(self, name: str, reason: str, at: datetime) -> None:
        """Take a lost second factor away; the person enrols another at the next log-in."""
        self._may(Act.FACTOR_RESET, name)
        self._register.change(self._act(AccountActKind.FACTOR, name, at, reason))

    def first(self, system: str, security: str, at: datetime) -> tuple[str, str]:
        """Make the first two accounts and appoint them; returns their one-time passwords.

        Raises UserError when there is an account already, or both are one person.
        """
        names = checked_account_name(system), checked_account_name(security)
        if person_key(names[0]) == person_key(names[1]):
            raise UserError(
                say("System and security administrator are two different people; name another.")
            )
        if self._register.all():
            raise UserError(
                say("There are accounts already; make further ones with “paperproof account add”.")
            )
        by = self.guard.person.name
        staff = self.guard.parts.catalog.staff
        for person, role in zip(names, (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN), strict=True):
            staff.add(person, role, None, by)
        passwords = one_time_password(), one_time_password()
        self._register.add(
            *(
                (self._act(AccountActKind.ADD, person, at), self.hasher.hashed(password))
                for person, password in zip(names, passwords, strict=True)
            )
        )
        return passwords

    def _change(self, kind: AccountActKind, name: str, reason: str, at: datetime) -> None:
        self._may(Act.ACCOUNT_CHANGE, name)
        self._register.change(self._act(kind, name, at, reason))

    def _may(self, act: Act, name: str) -> None:
        self.guard.require(act)
        staff = self.guard.parts.catalog.staff
        if person_key(name) == self.guard.person.key:
            with staff.refusals_logged(self.guard.person.name, str(act), name):
                raise NotAllowed(
                    say("Nobody does this to their own account; another administrator must."),
                    "own account",
                )

    def _act(self, kind: AccountActKind, name: str, at: datetime, reason: str = "") -> AccountAct:
        return AccountAct(kind, name, self.guard.person.name, at, reason)

    @property
    def _register(self) -> AccountRegister:
        return self.guard.parts.catalog.accounts
