"""Machines' tokens: made and ended by the security administrator, for one account, some acts, some days."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from catalog.machine_tokens import MachineToken
from flows.access import Guard
from pipeline.access.accounts import AccountState
from pipeline.access.acts import Act
from pipeline.access.policy import RULES
from pipeline.clocks import ZONE
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.staff import person_key

_MOST_DAYS = 366
"""A token is made anew once a year at least."""


@dataclass(frozen=True)
class TokenDesk:
    """What one administrator does with machines' tokens."""

    guard: Guard

    def make(self, name: str, machine: str, acts: Collection[Act], last: date, at: datetime) -> str:
        """Make a token for a machine; it holds to the end of ``last`` in China. Returns it, this once.

        Raises UserError when the account is not open, an act asks for a second factor or the day is unfit.
        """
        self.guard.require(Act.TOKEN_CHANGE)
        catalog = self.guard.parts.catalog
        account = catalog.accounts.one(name)
        if account is None or account.state is not AccountState.OPEN:
            raise UserError(
                say("{person} has no open account; see “paperproof account list”.", person=name)
            )
        stepped = sorted(str(act) for act in acts if RULES[act].step_up)
        if stepped or not acts:
            raise UserError(
                say(
                    "A token needs acts that a machine can do; these ask for a second factor: {acts}.",
                    acts=", ".join(stepped) or "–",
                )
            )
        today = at.astimezone(ZONE).date()
        if not today <= last <= today + timedelta(days=_MOST_DAYS):
            raise UserError(
                say("A token holds for {days} days at most; name its last day.", days=_MOST_DAYS)
            )
        until = datetime.combine(last + timedelta(days=1), time(), ZONE)
        by = self.guard.person.name
        key = person_key(account.person)
        return catalog.machine_tokens.make(
            machine.strip()[:80], key, frozenset(acts), until, by, at
        )

    def end(self, id: str, reason: str, at: datetime) -> None:
        """End a token at once."""
        self.guard.require(Act.TOKEN_CHANGE)
        self.guard.parts.catalog.machine_tokens.end(id, self.guard.person.name, reason, at)

    def all(self) -> tuple[MachineToken, ...]:
        """Give every token there is or was, the newest first."""
        self.guard.require(Act.ACCOUNT_LIST)
        return self.guard.parts.catalog.machine_tokens.all()
